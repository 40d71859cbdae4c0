import { setTimeout as wait } from 'node:timers/promises'
import { databaseLimits } from '../config/database.ts'
import { describeFault } from './faults.ts'

/**
 * Runs a transaction, and all of it again where that can help, `triesMax` times.
 *
 * That is after a deadlock or a serialization failure. The wait in between is random and longer each time, so that the same
 * two do not meet again.
 */
export async function retry<T>(triesMax: number, transaction: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await transaction()
    } catch (error) {
      if (!describeFault(error).retryable || tries >= triesMax) throw error
      await wait(Math.random() * databaseLimits.retryWaitMs * 2 ** tries)
    }
  }
}
