import DataLoader from 'dataloader'
import { databaseLimits } from '../config/database.ts'

/** Bounds of a shared statement. */
export interface SharedStatementBounds {
  /** The maximum of calls that share a statement. */
  readonly keysMax: number
  /** The maximum of statements that run at the same time. */
  readonly underwayMax?: number
  /** Runs the statement of the calls so far: default at the end of this turn of the event loop. */
  schedule?(dispatch: () => void): void
}

/**
 * Turns a statement about many keys into a function of one key.
 *
 * Calls of one turn of the event loop share a statement. When `underwayMax` statements are running, calls wait and share
 * the next one: after a restart thousands of callers read the same values.
 *
 * @param run returns the results in the order of the keys.
 */
export function createSharedStatement<Key, Result>(
  run: (keys: readonly Key[]) => Promise<readonly Result[]>,
  { keysMax, underwayMax = databaseLimits.lookupsUnderwayMax, schedule = setImmediate }: SharedStatementBounds,
): (key: Key) => Promise<Result> {
  const waiting: (() => void)[] = []
  let underway = 0
  const loader = new DataLoader<Key, Result>(
    async (keys) => {
      try {
        return await run(keys)
      } finally {
        const next = waiting.shift()
        // the next statement takes over the slot
        if (next) next()
        else underway -= 1
      }
    },
    {
      cache: false,
      maxBatchSize: keysMax,
      batchScheduleFn(dispatch) {
        if (underway >= underwayMax) {
          waiting.push(dispatch)
          return
        }
        underway += 1
        schedule(dispatch)
      },
    },
  )
  return (key) => loader.load(key)
}
