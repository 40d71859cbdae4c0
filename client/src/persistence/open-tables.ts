import { KabarError } from '../errors.ts'
import type { SyncParts } from '../sync/parts.ts'
import type { Persistence } from './persistence.ts'

/** Opens what is kept for an account. The code for that is loaded only where something is to be kept. */
export async function openTables(
  persistence: Persistence | undefined,
  scope: string,
  onError: (error: KabarError) => void,
): Promise<Pick<SyncParts, 'tables' | 'keeper'>> {
  const nothing = { tables: null, keeper: null }
  if (!persistence) return nothing
  try {
    const [{ roomKeeper }, { guarded, pruneRooms }] = await Promise.all([
      import('../sync/room-keep.ts'),
      import('./guarded.ts'),
    ])
    const tables = await guarded(persistence, scope, onError)
    if (!tables) return nothing
    void pruneRooms(tables).catch(() => {})
    return { tables, keeper: roomKeeper }
  } catch (cause) {
    onError(
      new KabarError('STORAGE', 'A part of this page could not be loaded: nothing is kept until a reload.', { cause }),
    )
    return nothing
  }
}
