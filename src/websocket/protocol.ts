// The graphql-transport-ws protocol, as graphql-ws specifies it: the handshake and the messages of operations.
//
// The server of graphql-ws (`makeServer`) is not used: it would replace the handshake below, for 1.9 KB more a socket with a
// subscription, and the rest would go around it. Frames of streams are made once for many sockets, where it makes JSON for
// each; answers wait for a slot and for clients that read, and large ones for a turn; every byte said is counted. Each
// socket would have two lists of its operations, one there and one here.

import { CloseCode, MessageType, parseMessage, type SubscribeMessage } from 'graphql-ws'
import { WebSocket } from 'ws'
import { limits } from '../config/config.ts'
import { refusalLimits } from '../config/http.ts'
import { createAllowance, minuteMs } from '../http/allowance.ts'
import { findCaller } from '../http/caller.ts'
import type { TrustedDocuments } from '../http/trusted-documents.ts'
import { parseTraceparent } from '../tracing/tracing.ts'
import { type Connection, endOperation, say } from './connection.ts'
import { createOperations, type OperationOptions } from './operations.ts'

/** Close codes. After all but `notUtf8` and `tooLarge` (RFC 6455) graphql-ws clients reconnect. */
export const closeCodes = { sessionEnded: 4403, restart: 1012, tryLater: 1013, notUtf8: 1007, tooLarge: 1009 } as const

/** The protocol of one server. */
export interface Protocol {
  /** Closes a socket with another subprotocol, or without `connection_init` in time. */
  expect(connection: Connection): void
  /** Handles a text frame. Rejects with errors that the client did not cause. */
  receive(connection: Connection, text: string): Promise<void>
  /** Ends all operations of a closed socket. */
  forget(connection: Connection): void
}

/** Creates the protocol of one server. */
export function createProtocol(options: OperationOptions): Protocol {
  const { config, log, sessions, parts, authenticate, connections } = options
  const begin = createOperations(options)
  const mayLog = createAllowance(refusalLimits.loggedPerMinuteMax, minuteMs)

  async function letIn(connection: Connection, parameters: Record<string, unknown> | undefined): Promise<void> {
    if (connection.state !== 'new') {
      connection.writer.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
      return
    }
    connection.state = 'asking'
    clearImpatience(connection)
    try {
      const { traceparent, ...others } = parameters ?? {}
      // a text that is no place in a trace is not kept
      if (typeof traceparent === 'string' && parseTraceparent(traceparent)) connection.traceparent = traceparent
      const authorization = authorizationOf(others) ?? authorizationOf(others.headers)
      if (authorization) await signIn(connection, authorization)
      else if (Object.keys(others).length > 0 && mayLog() === 0) {
        const keys = Object.keys(others)
          .slice(0, 10)
          .map((key) => key.slice(0, 100))
        log.info({ keys }, 'a socket is anonymous: its connection_init has a payload without `authorization`')
      }
    } catch (error) {
      log.warn({ err: error }, 'a socket could not sign in')
      connection.writer.close(closeCodes.tryLater, 'Try again later')
    }
    if (connection.state !== 'asking') return
    connection.state = 'acknowledged'
    say(connection, { type: MessageType.ConnectionAck })
  }

  async function signIn(connection: Connection, authorization: string): Promise<void> {
    connection.caller = await findCaller(authenticate, { ...connection.caller, authorization })
    const { viewer, viewerError } = connection.caller
    const { writer, socket } = connection
    if (viewerError) writer.close(CloseCode.Forbidden, 'Forbidden')
    if (!viewer || socket.readyState !== WebSocket.OPEN) return
    const leave = connections.ofUser.enter(viewer.userId)
    if (!leave) {
      writer.close(closeCodes.tryLater, 'Too many sockets of this user')
      return
    }
    const stop = sessions.watch(viewer, (error) => writer.close(closeCodes.sessionEnded, error.code))
    connection.atEnd = [...connection.atEnd, leave, stop, parts.presenceTracker.enter(viewer.userId)]
  }

  async function subscribe(connection: Connection, { id, payload }: SubscribeMessage): Promise<void> {
    const { writer, operations, state } = connection
    if (state !== 'acknowledged') writer.close(CloseCode.Unauthorized, 'Unauthorized')
    else if (id.length > limits.operationIdLengthMax) writer.close(CloseCode.BadRequest, 'Invalid message received')
    else if (operations.some((operation) => operation.id === id)) {
      writer.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    } else await begin(connection, id, payload)
  }

  return {
    expect(connection) {
      if (connection.socket.protocol === '') {
        connection.writer.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
        return
      }
      connection.impatience = setTimeout(() => {
        connection.writer.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
      }, config.feed.connectionInitMs)
    },
    async receive(connection, text) {
      const message = parse(text, options.trusted)
      // who hides another word in a message is found here
      if (message && message.type !== MessageType.Subscribe && text.length > limits.signalBytesMax) {
        connection.writer.expel(closeCodes.tooLarge, 'Message too large')
        return
      }
      switch (message?.type) {
        case MessageType.ConnectionInit:
          return letIn(connection, message.payload)
        case MessageType.Subscribe:
          return subscribe(connection, message)
        case MessageType.Complete:
          return complete(connection, message.id)
        case MessageType.Ping:
          return say(connection, { type: MessageType.Pong, payload: repeated(message.payload) })
        case MessageType.Pong:
          return
        // not a message, or one that only servers send
        case undefined:
        case MessageType.ConnectionAck:
        case MessageType.Next:
        case MessageType.Error:
          connection.writer.close(CloseCode.BadRequest, 'Invalid message received')
      }
    },
    forget(connection) {
      connection.state = 'closed'
      clearImpatience(connection)
      for (const end of connection.atEnd) end()
      for (const operation of connection.operations) endOperation(connection, operation)
      connection.goOn()
    },
  }
}

/** The token of `connection_init`: in its payload, or in the `headers` of that; null when there is none. */
function authorizationOf(parameters: unknown): string | null {
  if (typeof parameters !== 'object' || parameters === null) return null
  const [, value] = Object.entries(parameters).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  return typeof value === 'string' && value !== '' ? value : null
}

/** The payload of a ping, unless it is too large. */
function repeated(payload: unknown): unknown {
  return JSON.stringify(payload ?? null).length <= limits.pongPayloadLengthMax ? payload : undefined
}

/** Parses a message; null when it is invalid. */
function parse(text: string, trusted: TrustedDocuments) {
  try {
    return parseMessage(text.includes('"documentId"') ? resolveText(text, trusted) : text)
  } catch {
    return null
  }
}

/** Puts the text of `documentId` into a message; an empty one for an unknown id, which is refused like an operation. */
function resolveText(text: string, trusted: TrustedDocuments): unknown {
  const { payload, ...message } = JSON.parse(text)
  if (typeof payload !== 'object' || payload === null || !('documentId' in payload)) return JSON.parse(text)
  const { documentId, ...rest } = payload
  const query = rest.query ?? (typeof documentId === 'string' ? trusted.textOf(documentId) : null) ?? ''
  return { ...message, payload: { ...rest, query } }
}

/** Ends an operation that the client has completed. */
function complete(connection: Connection, id: string): void {
  const operation = connection.operations.find((known) => known.id === id)
  if (operation) endOperation(connection, operation)
}

function clearImpatience(connection: Connection): void {
  if (connection.impatience) clearTimeout(connection.impatience)
  connection.impatience = null
}
