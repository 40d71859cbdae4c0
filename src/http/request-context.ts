import type { IncomingMessage } from 'node:http'
import type { DocumentNode } from 'graphql'
import type { Caller } from '../graphql/context.ts'
import type { TraceSpan } from '../tracing/tracing.ts'

/** An operation from its arrival to its answer. */
export interface WatchedOperation {
  readonly transport: 'http' | 'websocket'
  readonly requestId: string
  readonly arrivedAt: number
  readonly span: TraceSpan | null
  /** Null until it is parsed. */
  document: DocumentNode | null
  operationName: string | null
  userId: string | null
  /** The network address of the caller. */
  address: string | null
}

/** The data of a request in the context of Yoga, beside its own. */
export interface RequestContext {
  /** The caller, once the request is read. */
  caller?: Caller
  /** The metrics and the log line of the operation. */
  watched?: WatchedOperation
  /** The Node.js request. */
  readonly req?: IncomingMessage
}
