import type { IncomingMessage } from 'node:http'
import type { DocumentNode } from 'graphql'
import type { Caller, Context } from '../graphql/context.ts'
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

/** The context of an operation whose caller is known. */
export interface SocketContext {
  readonly socketContext?: Context
  /** The caller, when Yoga read the request. */
  caller?: Caller
  /** The metrics and the log line of the operation. */
  watched?: WatchedOperation
  /** The Node.js request, over HTTP. */
  readonly req?: IncomingMessage
}
