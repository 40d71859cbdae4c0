// The handshake of a socket: its subprotocol, and `connection_init`, which signs it in.

import { CloseCode, MessageType } from 'graphql-ws'
import { WebSocket } from 'ws'
import { refusalLimits } from '../config/http.ts'
import { createAllowance, minuteMs } from '../http/allowance.ts'
import { findCaller } from '../http/caller.ts'
import { parseTraceparent } from '../tracing/tracing.ts'
import { closeCodes } from './close-codes.ts'
import { type Connection, say } from './connection.ts'
import type { OperationOptions } from './operations.ts'

/** The handshakes of one server. */
export interface Handshake {
  /** Closes a socket with another subprotocol, or without `connection_init` in time. */
  expect(connection: Connection): void
  /** Signs a socket in with the payload of its `connection_init`, and acknowledges it. */
  letIn(connection: Connection, parameters: Record<string, unknown> | undefined): Promise<void>
}

type HandshakeOptions = Pick<OperationOptions, 'config' | 'log' | 'sessions' | 'parts' | 'authenticate' | 'connections'>

/** Creates the handshakes of one server. */
export function createHandshake(options: HandshakeOptions): Handshake {
  const { config, log, sessions, parts, authenticate, connections } = options
  const mayLog = createAllowance(refusalLimits.loggedPerMinuteMax, minuteMs)

  async function letIn(connection: Connection, parameters: Record<string, unknown> | undefined): Promise<void> {
    if (connection.state !== 'new') {
      connection.writer.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
      return
    }
    connection.state = 'asking'
    endImpatience(connection)
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
    letIn,
  }
}

/** Ends the waiting for `connection_init`. */
export function endImpatience(connection: Connection): void {
  if (connection.impatience) clearTimeout(connection.impatience)
  connection.impatience = null
}

/** The token of `connection_init`: in its payload, or in the `headers` of that; null when there is none. */
function authorizationOf(parameters: unknown): string | null {
  if (typeof parameters !== 'object' || parameters === null) return null
  const [, value] = Object.entries(parameters).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  return typeof value === 'string' && value !== '' ? value : null
}
