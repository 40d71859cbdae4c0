import type { Kabar, KabarOptions } from './api/kabar.ts'
import { KabarError } from './errors.ts'

/** Makes a client of a server. It connects when something of it is used. */
export function createKabar(options: KabarOptions): Kabar {
  throw new KabarError('VERSION_MISMATCH', `This part is not there yet: ${options.url}`)
}
