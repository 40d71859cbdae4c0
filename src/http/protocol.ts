// graphql-transport-ws: who is let in, and what becomes of each operation.

import type { IncomingMessage } from 'node:http'
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  validateSubscriptionArgs,
} from 'graphql'
import { type Context as ConnectionContext, makeServer, type SubscribePayload } from 'graphql-ws'
import type { Logger } from 'pino'
import { WebSocket } from 'ws'
import type { SessionAuthority } from '../access/context.ts'
import { type Config, limits } from '../config.ts'
import { AppError, unavailable } from '../errors.ts'
import { isFeedStream } from '../feed/stream.ts'
import { type Caller, createContext, type ServerParts } from '../graphql/context.ts'
import { toClientError } from '../graphql/errors.ts'
import { type Authenticate, findCaller } from './caller.ts'
import { createFanOut } from './fan-out.ts'
import type { Connections } from './quotas.ts'
import type { SocketWriter } from './socket-writer.ts'
import { type GraphQLServer, operationRequest } from './yoga.ts'

/** Close codes on which graphql-ws clients come back. */
export const closeCodes = { sessionEnded: 4403, restart: 1012, tryLater: 1013 } as const

/** What belongs to one socket. */
export interface Extra {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  readonly writer: SocketWriter
  /** Queries and mutations that run. */
  readonly running: Set<Promise<unknown>>
  caller: Caller
  /** What is to be done when the socket is gone. */
  readonly atEnd: (() => void)[]
}

type Connection = ConnectionContext<Record<string, unknown>, Extra>

/** An operation that is ready to run, with what fanning it out needs. */
interface Prepared extends ExecutionArgs {
  readonly text: string
  /** The caller's own token where the operation brought one; otherwise the socket's. */
  readonly operationCaller: Caller | null
}

/** What graphql-ws hands from the preparation of an operation to its execution. */
interface Root {
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult> | ExecutionResult
  readonly running: Set<Promise<unknown>>
}

/** The parts of the server that the protocol needs. */
export interface ProtocolOptions {
  graphql: GraphQLServer
  parts: ServerParts
  sessions: SessionAuthority
  config: Config
  log: Logger
  authenticate: Authenticate
  connections: Connections
  /** Whether the server takes no new operations, because it is about to stop. */
  isDraining: () => boolean
}

/** Makes the protocol, to which sockets are opened. */
export function createProtocol(options: ProtocolOptions) {
  const { graphql, parts, sessions, config, log, authenticate, connections, isDraining } = options
  const fanOut = createFanOut({ parts, log })

  /** Lets a socket in. It never throws: that would close the socket with a code on which clients give up. */
  async function onConnect({ connectionParams, extra }: Connection): Promise<boolean | undefined> {
    try {
      const authorization = connectionParams?.authorization ?? connectionParams?.Authorization
      if (typeof authorization !== 'string' || authorization === '') return undefined
      extra.caller = await findCaller(authenticate, { ...extra.caller, authorization })
      if (extra.caller.viewerError) return false
      const { viewer } = extra.caller
      if (!viewer || extra.socket.readyState !== WebSocket.OPEN) return undefined
      const leave = connections.ofUser.enter(viewer.userId)
      if (!leave) {
        extra.writer.close(closeCodes.tryLater, 'Too many sockets of this user')
        return undefined
      }
      const stop = sessions.watch(viewer, (error) => extra.writer.close(closeCodes.sessionEnded, error.code))
      extra.atEnd.push(leave, stop, parts.attendance.enter(viewer.userId))
      return undefined
    } catch (error) {
      log.warn({ err: error }, 'a socket could not be let in')
      extra.writer.close(closeCodes.tryLater, 'Try again later')
      return undefined
    }
  }

  async function onSubscribe(connection: Connection, _id: string, payload: SubscribePayload) {
    try {
      return await prepare(connection, payload)
    } catch (error) {
      return [toClientError(error, log)]
    }
  }

  async function prepare(connection: Connection, payload: SubscribePayload): Promise<Prepared | GraphQLError[]> {
    if (Object.keys(connection.subscriptions).length > limits.subscriptionsPerSocketMax) {
      const message = `A socket may have ${limits.subscriptionsPerSocketMax} operations at once.`
      throw new AppError('TOO_MANY_SUBSCRIPTIONS', message)
    }
    const { extra } = connection
    if (isDraining()) throw unavailable('The server is about to stop. Nothing was done: try again.')
    const operationCaller = await operationCallerOf(payload, extra)
    const caller = operationCaller ?? extra.caller
    if (caller.viewer) parts.attendance.touch(caller.viewer.userId)
    const socketContext = createContext(parts, caller)
    const enveloped = graphql.getEnveloped({ socketContext, request: operationRequest, params: payload })
    const document = enveloped.parse(payload.query)
    const errors = enveloped.validate(enveloped.schema, document)
    if (errors.length > 0) return errors.map((error: unknown) => toClientError(error, log))
    return {
      schema: enveloped.schema,
      document,
      text: payload.query,
      operationName: payload.operationName,
      variableValues: payload.variables,
      contextValue: await enveloped.contextFactory(),
      rootValue: { execute: enveloped.execute, running: extra.running } satisfies Root,
      operationCaller,
    }
  }

  /** GraphiQL has one socket for all tabs and sends each tab's headers with the operation. */
  async function operationCallerOf(payload: SubscribePayload, extra: Extra): Promise<Caller | null> {
    const headers = payload.extensions?.headers
    if (typeof headers !== 'object' || headers === null) return null
    const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')
    const authorization: unknown = entry?.[1]
    if (typeof authorization !== 'string') return null
    return findCaller(authenticate, { ...extra.caller, authorization })
  }

  return makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: config.feed.connectionInitMs,
    onConnect,
    onSubscribe,
    execute(args) {
      const { execute, running } = args.rootValue as Root
      const result = Promise.resolve(execute(args))
      running.add(result)
      return result.finally(() => running.delete(result))
    },
    async subscribe(args) {
      // a stream of the feed is fanned out below; graphql's own subscribe would execute it per subscriber
      const valid = validateSubscriptionArgs({ ...args, rootValue: undefined })
      if (!('schema' in valid)) return clientResult({ errors: valid })
      const source = await createSourceEventStream(valid)
      return Symbol.asyncIterator in source ? (source as AsyncGenerator<ExecutionResult>) : clientResult(source)
    },
    onOperation({ extra }, id, _payload, args, result) {
      if (!isFeedStream(result)) return undefined
      const { operationCaller, document, text, schema, operationName, variableValues } = args as Prepared
      // graphql-ws keeps these for as long as the stream lives, and nobody needs them any more
      Object.assign(args, { contextValue: undefined, rootValue: undefined, variableValues: undefined })
      return fanOut(result, {
        id,
        writer: extra.writer,
        operation: { schema, document, text, operationName: operationName ?? null, variables: variableValues ?? {} },
        onSessionEnd: (callback) =>
          operationCaller?.viewer ? sessions.watch(operationCaller.viewer, callback) : () => {},
      })
    },
  })

  function clientResult(result: ExecutionResult): ExecutionResult {
    return { ...result, ...(result.errors && { errors: result.errors.map((error) => toClientError(error, log)) }) }
  }
}
