import { setTimeout as wait } from 'node:timers/promises'
import { databaseLimits } from '../config/database.ts'
import { describeFault } from './faults.ts'

/**
 * Runs a transaction, and retries it up to `triesMax` tries.
 *
 * It retries after a deadlock or a serialization failure. The wait is random and grows, so that the same two transactions
 * do not collide again.
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
