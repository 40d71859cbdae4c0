// What a server holds of one socket. There are thousands: it holds nothing that could be had when it is needed.

import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Caller } from '../graphql/context.ts'
import type { Take } from '../http/quotas.ts'
import { bytesOf, noTail, type SocketWriter } from './socket-writer.ts'

/** An operation that has begun. */
export interface SocketOperation {
  /** The client's. */
  readonly id: string
  /** Ends its stream; null while there is none. */
  stop: (() => void) | null
}

/** A socket that speaks graphql-transport-ws. */
export interface Connection {
  readonly socket: WebSocket
  /** What carries it. */
  readonly tcp: Socket
  readonly writer: SocketWriter
  caller: Caller
  state: 'new' | 'asking' | 'acknowledged' | 'closed'
  /** Closes a socket that does not say who it is; null when it has. */
  impatience: NodeJS.Timeout | null
  /** What has begun and is not over. */
  operations: readonly SocketOperation[]
  /** The queries and mutations that run. */
  answering: number
  /** Called when none runs any more. */
  onAnswered: (() => void) | null
  readonly takeFrame: Take
  /** The bytes that had come when the other end was last looked for. */
  bytesRead: number
  /** What is to be done when the socket is gone. */
  atEnd: readonly (() => void)[]
}

/** Says something that this socket alone is told. */
export function say({ writer }: Connection, message: object): void {
  writer.send(bytesOf(JSON.stringify(message)), noTail)
}

/** Ends an operation without a word. False when it was over. */
export function endOperation(connection: Connection, operation: SocketOperation): boolean {
  const place = connection.operations.indexOf(operation)
  if (place < 0) return false
  connection.operations = connection.operations.toSpliced(place, 1)
  operation.stop?.()
  return true
}
