import type { EdgeConfig } from '../config/http.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import { createAllowances, minuteMs } from './allowance.ts'

/** Counts what callers ask: a small operation is 1, others what they come to. */
export interface OperationCounter {
  /**
   * Counts what is to be done.
   *
   * @throws AppError RATE_LIMITED with the time to wait, where there is not as much left.
   */
  take(caller: Pick<Caller, 'viewer' | 'address'>, amount: number): void
  /** Counts what was done, or gives back with less than 0. What is not left is owed: the next `take` waits for it. */
  charge(caller: Pick<Caller, 'viewer' | 'address'>, amount: number): void
}

/**
 * Makes the counter of operations, the same for all connections of a user.
 *
 * Those who are not signed in are counted by their address.
 */
export function createOperationCounter({
  operationsPerMinuteMax,
  addressOperationsPerMinuteMax,
}: Pick<EdgeConfig, 'operationsPerMinuteMax' | 'addressOperationsPerMinuteMax'>): OperationCounter {
  const ofUser = createAllowances(operationsPerMinuteMax, minuteMs)
  const ofAddress = createAllowances(addressOperationsPerMinuteMax, minuteMs)
  const isCounted = ({ viewer }: Pick<Caller, 'viewer'>) =>
    (viewer ? operationsPerMinuteMax : addressOperationsPerMinuteMax) !== Number.POSITIVE_INFINITY
  const allowanceOf = ({ viewer, address }: Pick<Caller, 'viewer' | 'address'>) =>
    viewer ? ofUser(viewer.userId) : ofAddress(address ?? '')
  return {
    take(caller, amount) {
      const retryAfterMs = isCounted(caller) && amount > 0 ? allowanceOf(caller).take(amount) : 0
      if (retryAfterMs === 0) return
      throw new AppError('RATE_LIMITED', `Too much was asked in a minute: wait ${retryAfterMs} ms.`, { retryAfterMs })
    },
    charge(caller, amount) {
      if (isCounted(caller) && amount !== 0) allowanceOf(caller).charge(amount)
    },
  }
}
