// What a server holds of one socket. There are thousands: it holds nothing that could be had when it is needed.

import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Caller } from '../graphql/context.ts'
import type { ConnectionBytes, Speaker } from '../http/byte-account.ts'
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
export interface Connection extends Speaker {
  readonly socket: WebSocket
  /** What carries it. */
  readonly tcp: Socket
  readonly writer: SocketWriter
  readonly bytes: ConnectionBytes
  caller: Caller
  state: 'new' | 'asking' | 'acknowledged' | 'closed'
  /** Closes a socket that does not say who it is; null when it has. */
  impatience: NodeJS.Timeout | null
  /** What has begun and is not over. */
  operations: readonly SocketOperation[]
  /** The queries and mutations that run or wait. */
  answering: number
  /** Those that are executed. */
  executing: number
  /** Called in this order when those that wait may be executed. */
  waiting: (() => void)[]
  /** Called when none runs any more. */
  onAnswered: (() => void) | null
  readonly takeFrame: Take
  /** Whether a frame has come. */
  hasSpoken: boolean
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

/** Takes a place among the operations that are executed at once. A promise when it must wait for one. */
export function takePlace(connection: Connection, placesMax: number): Promise<void> | null {
  if (connection.waiting.length === 0 && hasPlace(connection, placesMax)) {
    connection.executing += 1
    return null
  }
  return new Promise((resolve) => connection.waiting.push(resolve))
}

/** Gives free places to those that wait. When the socket is gone they all get one, to find that out. */
export function givePlaces(connection: Connection, placesMax: number): void {
  while (hasPlace(connection, placesMax)) {
    const next = connection.waiting.shift()
    if (!next) return
    connection.executing += 1
    next()
  }
}

/** Whether one more may be executed. No answer is made for a reader that has not taken those before. */
function hasPlace({ state, executing, bytes }: Connection, placesMax: number): boolean {
  return state === 'closed' || (executing < placesMax && !bytes.isFull)
}
