import { bounds } from '../config.ts'
import { KabarError } from '../errors.ts'
import type { PersistedTables, Persistence, TableChange } from './persistence.ts'

/**
 * Opens what is kept. Once it fails, everything goes on in memory.
 *
 * A browser may have no storage in a private window, or no room left.
 */
export async function guarded(
  persistence: Persistence,
  scope: string,
  onError: (error: KabarError) => void,
): Promise<PersistedTables | null> {
  let hasFailed = false

  function failed(cause: unknown): void {
    if (hasFailed) return
    hasFailed = true
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `This browser keeps nothing (${why}): everything goes on in memory, and a reload begins anew.`
    onError(new KabarError('STORAGE', text, { cause }))
  }

  async function attempt<T>(task: () => Promise<T>, instead: T): Promise<T> {
    if (hasFailed) return instead
    try {
      return await task()
    } catch (error) {
      failed(error)
      return instead
    }
  }

  const tables = await attempt(() => persistence.open(scope), null)
  if (!tables) return null
  return {
    get: (table, key) => attempt(() => tables.get(table, key), undefined),
    all: (table, prefix) => attempt(() => tables.all(table, prefix), []),
    write: (changes) => attempt(() => tables.write(changes), undefined),
    clear: () => attempt(() => tables.clear(), undefined),
    close: () => tables.close(),
  }
}

/** Forgets the rooms that were used least recently, when more are kept than may be. */
export async function pruneRooms(tables: PersistedTables): Promise<void> {
  const heads = await tables.all('rooms')
  const usedAt = (value: unknown) => Number(typeof value === 'object' && value !== null && Reflect.get(value, 'usedAt'))
  heads.sort((a, b) => usedAt(b.value) - usedAt(a.value))
  const changes = heads.slice(bounds.roomsMax).flatMap(({ key }): TableChange[] => [
    { table: 'rooms', key, value: undefined },
    { table: 'messages', prefix: `${key} ` },
  ])
  if (changes.length > 0) await tables.write(changes)
}
