import DataLoader from 'dataloader'
import { databaseLimits } from '../config/database.ts'

/**
 * Makes a reader of single things out of one that reads many in a statement.
 *
 * What is asked in one turn of the event loop goes together. When so many statements are underway already, what is asked
 * waits and makes few of many: after a restart thousands ask the same thing.
 *
 * @param read gives the values in the order of the keys.
 */
export function createBatchedRead<Key, Value>(
  read: (keys: readonly Key[]) => Promise<readonly Value[]>,
  { keysMax, underwayMax = databaseLimits.lookupsUnderwayMax }: { keysMax: number; underwayMax?: number },
): (key: Key) => Promise<Value> {
  const waiting: (() => void)[] = []
  let underway = 0
  const loader = new DataLoader<Key, Value>(
    async (keys) => {
      underway += 1
      try {
        return await read(keys)
      } finally {
        underway -= 1
        waiting.shift()?.()
      }
    },
    {
      cache: false,
      maxBatchSize: keysMax,
      batchScheduleFn(dispatch) {
        if (underway < underwayMax) setImmediate(dispatch)
        else waiting.push(dispatch)
      },
    },
  )
  return (key) => loader.load(key)
}
