import DataLoader from 'dataloader'
import { databaseLimits } from '../config/database.ts'

/**
 * Turns a read of many values into a function that reads one value.
 *
 * Calls of one turn of the event loop share a statement. When `underwayMax` statements are running, calls wait and share
 * the next one: after a restart thousands of callers read the same values.
 *
 * @param read returns the values in the order of the keys.
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
