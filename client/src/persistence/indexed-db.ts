import { KabarError } from '../errors.ts'
import type { Persistence } from './persistence.ts'

/** Keeps rooms and unsent messages in IndexedDB. */
export function indexedDb(): Persistence {
  throw new KabarError('STORAGE', 'This part is not there yet.')
}
