import { type EdgeConfig, operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { createAllowances, minuteMs } from './allowance.ts'

/** The caller that an operation counts against. */
export type CountedCaller = Pick<Caller, 'viewer' | 'address'>

/** Counts operations per caller: a small one counts 1, larger ones more. */
export interface OperationCounter {
  /**
   * Refuses callers that have nothing left, before their request is parsed, and counts the bytes of its body.
   *
   * @throws AppError RATE_LIMITED with the time to wait.
   */
  admit(caller: CountedCaller, bodyBytes: number): void
  /**
   * Counts work before it is done.
   *
   * @throws AppError RATE_LIMITED with the time to wait, when not enough is left.
   */
  take(caller: CountedCaller, amount: number): void
  /** Counts work already done; a negative amount refunds. After an overdraft the next `take` has to wait. */
  charge(caller: CountedCaller, amount: number): void
}

/**
 * Creates the operation counter, shared by all connections of a user.
 *
 * Callers who are not signed in are counted by address.
 */
export function createOperationCounter({
  operationsPerMinuteMax,
  addressOperationsPerMinuteMax,
  metrics,
}: Pick<EdgeConfig, 'operationsPerMinuteMax' | 'addressOperationsPerMinuteMax'> & {
  metrics: Pick<Metrics, 'add'>
}): OperationCounter {
  const ofUser = createAllowances(operationsPerMinuteMax, minuteMs)
  const ofAddress = createAllowances(addressOperationsPerMinuteMax, minuteMs)
  const isCounted = ({ viewer }: CountedCaller) =>
    (viewer ? operationsPerMinuteMax : addressOperationsPerMinuteMax) !== Number.POSITIVE_INFINITY
  const allowanceOf = ({ viewer, address }: CountedCaller) =>
    viewer ? ofUser(viewer.userId) : ofAddress(address ?? '')
  const refuse = (retryAfterMs: number) => {
    if (retryAfterMs === 0) return
    metrics.add('rate_limited_total', { kind: 'operations' })
    throw new AppError('RATE_LIMITED', `Too many operations in a minute: wait ${retryAfterMs} ms.`, { retryAfterMs })
  }
  return {
    admit(caller, bodyBytes) {
      if (!isCounted(caller)) return
      const allowance = allowanceOf(caller)
      refuse(allowance.take(1))
      // the operation itself is counted once it is parsed
      allowance.charge(Math.floor(bodyBytes / operationLimits.bodyBytesPerCount) - 1)
    },
    take(caller, amount) {
      if (isCounted(caller) && amount > 0) refuse(allowanceOf(caller).take(amount))
    },
    charge(caller, amount) {
      if (isCounted(caller) && amount !== 0) allowanceOf(caller).charge(amount)
    },
  }
}
