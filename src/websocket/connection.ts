// The state of one socket. There are thousands: it stores nothing that can be computed when needed.

import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Caller } from '../graphql/context.ts'
import type { Take } from '../http/allowance.ts'
import type { ConnectionBytes, Speaker } from '../http/unsent-bytes.ts'
import type { SocketWriter } from './socket-writer.ts'

/** A started operation. */
export interface SocketOperation {
  /** The id that the client chose. */
  readonly id: string
  /** Ends its stream; null when there is none. */
  stop: (() => void) | null
}

/** A socket that speaks graphql-transport-ws. */
export interface Connection extends Speaker {
  readonly socket: WebSocket
  /** The TCP socket below it. */
  readonly tcp: Socket
  readonly writer: SocketWriter
  readonly bytes: ConnectionBytes
  caller: Caller
  /** The place in a trace that `connection_init` gave, for operations that give none. */
  traceparent: string | null
  state: 'new' | 'asking' | 'acknowledged' | 'closed'
  /** The timer that closes a socket without `connection_init`; null after it. */
  impatience: NodeJS.Timeout | null
  /** Operations that have started and not ended. */
  operations: readonly SocketOperation[]
  /** The queries and mutations that run or wait. */
  answering: number
  /** The ones being executed. */
  executing: number
  /** Callbacks of waiting ones, called in order when a slot is free. */
  waiting: (() => void)[]
  /** Called when none is running any more. */
  onAnswered: (() => void) | null
  readonly takeFrame: Take
  /** True if a frame has arrived. */
  hasSpoken: boolean
  /** The bytes received at the last heartbeat check. */
  bytesRead: number
  /** Callbacks for when the socket has closed. */
  atEnd: readonly (() => void)[]
}

/** Sends a message to this socket only. */
export function say({ writer }: Connection, message: object): void {
  writer.sendText(JSON.stringify(message))
}

/** Ends an operation silently. False when it had ended already. */
export function endOperation(connection: Connection, operation: SocketOperation): boolean {
  const place = connection.operations.indexOf(operation)
  if (place < 0) return false
  connection.operations = connection.operations.toSpliced(place, 1)
  operation.stop?.()
  return true
}

/** Takes an execution slot. Returns a promise when it must wait for one. */
export function takePlace(connection: Connection, placesMax: number): Promise<void> | null {
  if (connection.waiting.length === 0 && hasPlace(connection, placesMax)) {
    connection.executing += 1
    return null
  }
  return new Promise((resolve) => connection.waiting.push(resolve))
}

/** Gives free slots to waiting operations. On a closed socket all get one, and find that out. */
export function givePlaces(connection: Connection, placesMax: number): void {
  while (hasPlace(connection, placesMax)) {
    const next = connection.waiting.shift()
    if (!next) return
    connection.executing += 1
    next()
  }
}

/** Tells whether one more may be executed: not while the client has not taken earlier answers. */
function hasPlace({ state, executing, bytes }: Connection, placesMax: number): boolean {
  return state === 'closed' || (executing < placesMax && !bytes.isFull)
}
