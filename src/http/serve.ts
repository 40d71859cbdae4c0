import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Config } from '../config/config.ts'
import { connectionLimits } from '../config/http.ts'
import { AppError, unavailable } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { runRequest } from '../tracing/request.ts'
import { createProxyAddressTest } from './client-address.ts'
import { type Connections, tooManyConnections } from './connections.ts'
import { mediaPath } from './files.ts'
import type { Gate } from './gate.ts'
import { isHealthPath } from './health.ts'
import { explainListen } from './listen-errors.ts'
import type { OpenStreams } from './open-streams.ts'
import { createPipelines } from './pipelines.ts'
import { dropSlowBody, requestTimeouts } from './request-timeouts.ts'
import { acceptsAnswer, asksForStream, pathOf, prefersStream } from './requests.ts'
import { type Route, sendJson } from './route.ts'
import { setSecurityHeaders } from './security-headers.ts'
import type { UnsentBytes } from './unsent-bytes.ts'
import { graphqlPath } from './yoga.ts'

/** An HTTP server that listens. */
export interface Listening {
  readonly server: Server
  /** Where it is reached, such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** Tells whether a connection has an HTTP request whose answer is not taken yet. */
  isBusy(socket: Socket): boolean
  /** Refuses new connections, and answers new requests with 503. */
  refuse(): void
  /** Waits for running requests, and closes. */
  close(): Promise<void>
}

/** The request handlers and their limits. */
export interface ServeOptions {
  graphql: (request: IncomingMessage, response: ServerResponse) => void
  routes: readonly Route[]
  connections: Connections
  streams: OpenStreams
  bytes: UnsentBytes
  gate: Gate
  metrics: Pick<Metrics, 'counts'>
}

/**
 * Serves GraphQL and the other HTTP routes.
 *
 * @throws StartError when the port is in use or not permitted.
 */
export async function serveHttp(config: Config, options: ServeOptions): Promise<Listening> {
  const { port, host, edge } = config
  const { graphql, routes, connections, streams, bytes, gate, metrics } = options
  const pipelines = createPipelines(edge.requestsWaitingMax, (socket) => bytes.drop(socket, 'pipelined'))
  let refusing = false

  function answer(request: IncomingMessage, response: ServerResponse): void {
    setSecurityHeaders(request, response, config)
    const path = pathOf(request)
    // uploads have other limits
    if (!path.startsWith(mediaPath)) dropSlowBody(request, edge)
    response.setHeader('vary', 'Origin')
    if (!URL.canParse(`http://${request.headers.host ?? 'localhost'}`)) {
      sendJson(response, 400, { error: 'The Host header is not a host name.' })
      return
    }
    const wrongHost = isHealthPath(path) ? null : gate.refuseHost(request)
    if (wrongHost) {
      sendRefusal(response, 403, wrongHost)
      return
    }
    // a page of another origin gets no CORS headers, so it cannot read the answer
    gate.refuseOrigin(request)
    if (routes.some((route) => route(request, response))) return
    if (refusing) {
      response.setHeader('connection', 'close')
      sendRefusal(response, 503, unavailable('The server is stopping. Nothing was changed: try again.'))
      return
    }
    // nginx would hold events back until its buffer is full
    if (asksForStream(request)) response.setHeader('x-accel-buffering', 'no')
    if (prefersStream(request) && !streams.enter(request, response)) {
      sendRefusal(response, 429, tooManyConnections('address'))
      return
    }
    if (path === graphqlPath && !acceptsAnswer(request)) sendRefusal(response, 406, notAcceptable())
    else if (path === graphqlPath) graphql(request, response)
    else sendJson(response, 404, { error: `Not found. GraphQL is at ${graphqlPath}.` })
  }

  const server = createServer(
    { ...requestTimeouts(edge), shouldUpgradeCallback: isWebSocketUpgrade },
    (request, response) => {
      const requestId = requestIdOf(request)
      response.setHeader('x-request-id', requestId)
      // a finite response is counted in full; a stream is slowed down by its socket
      response.once('prefinish', () => bytes.note(request.socket))
      pipelines.enter(request, response, () => runRequest(requestId, () => answer(request, response)))
    },
  )
  const isProxy = createProxyAddressTest(edge.trustedProxies)
  server.on('connection', (socket) => {
    bytes.open(socket)
    const { remoteAddress = '' } = socket
    if (isProxy(remoteAddress)) return
    const leave = connections.ofRemote.enter(remoteAddress)
    if (leave) socket.once('close', leave)
    else {
      metrics.counts.connections_dropped_total.refused += 1
      socket.destroy()
    }
  })
  const closed = new Promise<void>((resolve) => server.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(error, { host, port, names: ['HOST', 'PORT'] })))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    server,
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    isBusy: pipelines.isBusy,
    refuse() {
      refusing = true
      if (server.listening) server.close()
    },
    async close() {
      refusing = true
      if (server.listening) server.close()
      // a connection whose last request was answered meanwhile would wait for another
      const closingIdle = setInterval(() => server.closeIdleConnections(), 50)
      // dropped instead of completed, so that clients reconnect
      streams.breakOff()
      const timer = setTimeout(() => server.closeAllConnections(), connectionLimits.closeMs)
      await closed
      clearInterval(closingIdle)
      clearTimeout(timer)
    },
  }
}

/** The id that a proxy or client gave the request, if it is short and plain; otherwise a new one. */
function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:/+=-]{1,128}$/.test(given) ? given : randomUUID()
}

/** Creates the error of a request that accepts no answer. Nothing runs, because the client would not learn of it. */
function notAcceptable(): AppError {
  const message = 'Answers are JSON: send `Accept: application/json`, or `text/event-stream` for a subscription.'
  return new AppError('BAD_USER_INPUT', message)
}

/** Sends an error in the GraphQL format, which GraphQL clients understand. */
function sendRefusal(
  response: ServerResponse,
  status: number,
  { message, extensions, retryAfterMs = 1_000 }: AppError,
) {
  if (status >= 429) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1_000))
  sendJson(response, status, { errors: [{ message, extensions }] })
}

/** Some clients, such as Java's, offer `Upgrade: h2c` with every request: these are answered as HTTP/1.1. */
function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}
