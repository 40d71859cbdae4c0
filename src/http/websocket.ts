import type { IncomingMessage, Server } from 'node:http'
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  validateSubscriptionArgs,
} from 'graphql'
import { type Context as ConnectionContext, makeServer, type SubscribePayload } from 'graphql-ws'
import type { Logger } from 'pino'
import { WebSocket, WebSocketServer } from 'ws'
import type { SessionAuthority } from '../access/context.ts'
import { type Config, limits } from '../config.ts'
import { AppError } from '../errors.ts'
import { isFeedStream } from '../feed/stream.ts'
import { type Caller, createContext, type ServerParts } from '../graphql/context.ts'
import { toClientError } from '../graphql/errors.ts'
import type { AddressOf } from './address.ts'
import { type Authenticate, findCaller } from './caller.ts'
import { createFanOut } from './fan-out.ts'
import { isAllowedOrigin } from './origin.ts'
import { pathOf } from './requests.ts'
import { bytesOf, createSocketWriters, noTail, type SocketWriter } from './socket-writer.ts'
import { type GraphQLServer, graphqlPath, operationRequest } from './yoga.ts'

/** Close codes on which graphql-ws clients come back. */
const closeCodes = { sessionEnded: 4403, restart: 1012, tryLater: 1013 } as const

/** What belongs to one socket. */
interface Extra {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  readonly writer: SocketWriter
  caller: Caller
  stopWatching(): void
}

type Connection = ConnectionContext<Record<string, unknown>, Extra>

/** An operation that is ready to run, with what fanning it out needs. */
interface Prepared extends ExecutionArgs {
  readonly text: string
  /** The caller's own token where the operation brought one; otherwise the socket's. */
  readonly operationCaller: Caller | null
}

/** The parts of the server that WebSockets need. */
export interface WebSocketOptions {
  server: Server
  graphql: GraphQLServer
  parts: ServerParts
  sessions: SessionAuthority
  config: Config
  log: Logger
  authenticate: Authenticate
  addressOf: AddressOf
}

/** The WebSocket side of a server. */
export interface WebSockets {
  /** Sockets that are open now. */
  size(): number
  /** Closes all sockets with a code on which clients come back, and takes no new ones. */
  close(): Promise<void>
}

/**
 * Serves graphql-transport-ws: operations as over HTTP, and streams fanned out.
 *
 * A socket is bound to its session: when that ends, the socket is closed.
 */
export function serveWebSockets(options: WebSocketOptions): WebSockets {
  const { server, config, log, addressOf } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.requestBytesMax,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  })
  const protocol = createProtocol(options)
  const alive = new WeakSet<WebSocket>()
  const writerOf = createSocketWriters()

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.debug({ err: error }, 'a socket failed'))
    const { origin = null, host = null } = request.headers
    const path = pathOf(request)
    if (path !== graphqlPath || !isAllowedOrigin(config, { origin, host })) {
      socket.end(`HTTP/1.1 ${path === graphqlPath ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, request))
  })

  function open(socket: WebSocket, request: IncomingMessage): void {
    const writer = writerOf(socket, request.socket)
    const userAgent = request.headers['user-agent'] ?? null
    const caller = { viewer: null, viewerError: null, userAgent, address: addressOf(request) }
    const extra: Extra = { socket, request, writer, caller, stopWatching: () => {} }
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => writer.send(bytesOf(text), noTail),
        close: writer.close,
        onMessage(listener) {
          socket.on('message', (data) => {
            // ws gives buffers where nobody asked for something else
            listener(Buffer.isBuffer(data) ? data.toString() : '').catch((error: unknown) => {
              // clients may not fill the log: graphql-ws throws at a message that only servers send
              const isTheirFault = error instanceof Error && error.message.startsWith('Unexpected message')
              log[isTheirFault ? 'debug' : 'error']({ err: error }, 'a frame could not be handled')
              writer.close(4400, 'Invalid message received')
            })
          })
        },
      },
      extra,
    )
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
    socket.on('error', (error) => log.debug({ err: error }, 'a socket failed'))
    socket.once('close', (code, reason) => {
      extra.stopWatching()
      closed(code, String(reason)).catch((error: unknown) => log.error({ err: error }, 'a socket was not cleaned up'))
    })
  }

  /** Finds sockets whose other end is gone: they do not answer a ping by the next round. */
  const heartbeat = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, config.feed.heartbeatMs)

  return {
    size: () => sockets.clients.size,
    async close() {
      clearInterval(heartbeat)
      sockets.close()
      const gone = [...sockets.clients].map((socket) => {
        const done = new Promise<void>((resolve) => socket.once('close', () => resolve()))
        socket.close(closeCodes.restart, 'The server restarts')
        setTimeout(() => socket.terminate(), config.feed.closeMs).unref()
        return done
      })
      await Promise.all(gone)
    },
  }
}

function createProtocol(options: WebSocketOptions) {
  const { graphql, parts, sessions, config, log, authenticate } = options
  const fanOut = createFanOut({ parts, log })

  /** Lets a socket in. It never throws: that would close the socket with a code on which clients give up. */
  async function onConnect({ connectionParams, extra }: Connection): Promise<boolean | undefined> {
    try {
      const authorization = connectionParams?.authorization ?? connectionParams?.Authorization
      if (typeof authorization !== 'string' || authorization === '') return undefined
      extra.caller = await findCaller(authenticate, { ...extra.caller, authorization })
      if (extra.caller.viewerError) return false
      if (extra.caller.viewer && extra.socket.readyState === WebSocket.OPEN) {
        const stop = sessions.watch(extra.caller.viewer, (error) =>
          extra.writer.close(closeCodes.sessionEnded, error.code),
        )
        const leave = parts.attendance.enter(extra.caller.viewer.userId)
        extra.stopWatching = () => {
          stop()
          leave()
        }
      }
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
      rootValue: { execute: enveloped.execute },
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
    execute: (args) => (args.rootValue as { execute: (args: ExecutionArgs) => Promise<ExecutionResult> }).execute(args),
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
