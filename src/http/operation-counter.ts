import type { EdgeConfig } from '../config/http.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import { createAllowances, minuteMs } from './allowance.ts'

/** Counts operations per caller: a small one counts 1, larger ones more. */
export interface OperationCounter {
  /**
   * Counts work before it is done.
   *
   * @throws AppError RATE_LIMITED with the time to wait, when not enough is left.
   */
  take(caller: Pick<Caller, 'viewer' | 'address'>, amount: number): void
  /** Counts work already done; a negative amount refunds. After an overdraft the next `take` has to wait. */
  charge(caller: Pick<Caller, 'viewer' | 'address'>, amount: number): void
}

/**
 * Creates the operation counter, shared by all connections of a user.
 *
 * Callers who are not signed in are counted by address.
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
      throw new AppError('RATE_LIMITED', `Too many operations in a minute: wait ${retryAfterMs} ms.`, { retryAfterMs })
    },
    charge(caller, amount) {
      if (isCounted(caller) && amount !== 0) allowanceOf(caller).charge(amount)
    },
  }
}
