import { createSharedStatement } from '../concurrency/shared-statement.ts'
import { databaseLimits } from '../config/database.ts'
import type { Sql } from './sql.ts'

/** Reads one value for each key, in their order. */
export type ReadMany<Value> = (sql: Sql, keys: readonly string[]) => Promise<readonly Value[]>

/** Reads one value, together with all callers of this tick. It caches nothing. */
export type BatchedRead = <Value>(readMany: ReadMany<Value>, key: string) => Promise<Value>

/**
 * Creates the batched reads of one server.
 *
 * Many quiet rooms with a new message each then take one statement together, and not one each. It does not wait for the
 * end of the turn: the earlier an event is read, the less has changed since.
 */
export function createBatchedRead(sql: Sql): BatchedRead {
  const readers = new Map<unknown, (key: string) => Promise<unknown>>()
  return <Value>(readMany: ReadMany<Value>, key: string) => {
    let read = readers.get(readMany)
    if (!read) {
      const keysMax = databaseLimits.gatheredKeysMax
      read = createSharedStatement((keys) => readMany(sql, keys), { keysMax, schedule: afterPromises })
      readers.set(readMany, read)
    }
    // the key of the map is the function that reads the values
    return read(key) as Promise<Value>
  }
}

/** Calls back after all promises that are settled by now, as DataLoader does by itself. */
function afterPromises(dispatch: () => void): void {
  void Promise.resolve().then(() => process.nextTick(dispatch))
}
