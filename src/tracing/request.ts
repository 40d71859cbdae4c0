import { AsyncLocalStorage } from 'node:async_hooks'
import type { TraceSpan } from './tracing.ts'

/** The request that runs, or the operation of a socket. */
export interface RunningRequest {
  readonly id: string
  /** The span of its operation; null before it has begun, and without tracing. */
  span: TraceSpan | null
}

/** The current request, or the current operation of a socket. */
export const currentRequest = new AsyncLocalStorage<RunningRequest>()

/** Runs something as a request. */
export const runRequest = <T>(id: string, work: () => T): T => currentRequest.run({ id, span: null }, work)

/** The id of the current request. */
export const requestId = (): string | undefined => currentRequest.getStore()?.id

/** The place of the current operation in its trace; null without one. */
export const currentTrace = (): string | null => currentRequest.getStore()?.span?.traceparent ?? null
