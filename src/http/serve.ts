import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Config } from '../config/config.ts'
import { connectionLimits } from '../config/http.ts'
import { StartError } from '../database/start-error.ts'
import { type AppError, unavailable } from '../errors.ts'
import { requestIds } from '../graphql/errors.ts'
import type { ByteAccount } from './byte-account.ts'
import { type AddressOf, createProxyAddressTest } from './client-address.ts'
import { type Connections, tooManyConnections } from './connections.ts'
import { mediaPath } from './files.ts'
import type { Gate } from './gate.ts'
import { isHealthPath } from './health.ts'
import { createPipelines } from './pipelines.ts'
import { dropSlowBody, requestTimeouts } from './request-timeouts.ts'
import { asksForStream, pathOf } from './requests.ts'
import { type Route, sendJson } from './route.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { graphqlPath } from './yoga.ts'

/** An HTTP server that listens. */
export interface Listening {
  readonly server: Server
  /** Where it is reached, such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** Whether a connection has an HTTP request whose answer was not taken. */
  isBusy(socket: Socket): boolean
  /** Takes no new connections, and answers new requests with 503. */
  refuse(): void
  /** Lets what runs complete, and ends. */
  close(): Promise<void>
}

/** What answers requests. */
export interface ServeOptions {
  graphql: (request: IncomingMessage, response: ServerResponse) => void
  routes: readonly Route[]
  connections: Connections
  bytes: ByteAccount
  addressOf: AddressOf
  gate: Gate
}

/**
 * Serves GraphQL and the small routes beside it.
 *
 * @throws StartError when the port is taken or may not be used.
 */
export async function serveHttp(config: Config, options: ServeOptions): Promise<Listening> {
  const { port, host, edge } = config
  const { graphql, routes, connections, bytes, addressOf, gate } = options
  const streams = new Set<ServerResponse>()
  const pipelines = createPipelines(edge.requestsWaitingMax, (socket) => bytes.drop(socket, 'pipelined'))
  let refusing = false

  function answer(request: IncomingMessage, response: ServerResponse): void {
    setSecurityHeaders(request, response, config)
    const path = pathOf(request)
    // uploads have bounds of their own
    if (!path.startsWith(mediaPath)) dropSlowBody(request, edge)
    response.setHeader('vary', 'Origin')
    if (!URL.canParse(`http://${request.headers.host ?? 'localhost'}`)) {
      sendJson(response, 400, { error: 'The Host header is no name of a host.' })
      return
    }
    const wrongHost = isHealthPath(path) ? null : gate.refuseHost(request)
    if (wrongHost) {
      sendRefusal(response, 403, wrongHost)
      return
    }
    // a page of another origin is answered without the headers that would let it read the answer
    gate.refuseOrigin(request)
    if (routes.some((route) => route(request, response))) return
    if (refusing) {
      response.setHeader('connection', 'close')
      sendRefusal(response, 503, unavailable('The server is about to stop. Nothing was done: try again.'))
      return
    }
    if (asksForStream(request)) {
      const leave = connections.ofAddress.enter(addressOf(request))
      if (!leave) {
        sendRefusal(response, 429, tooManyConnections('address'))
        return
      }
      streams.add(response)
      response.once('close', () => {
        streams.delete(response)
        leave()
      })
    }
    if (path === graphqlPath) graphql(request, response)
    else sendJson(response, 404, { error: `There is nothing here. GraphQL is at ${graphqlPath}.` })
  }

  const server = createServer(
    { ...requestTimeouts(edge), shouldUpgradeCallback: isWebSocketUpgrade },
    (request, response) => {
      const requestId = randomUUID()
      response.setHeader('x-request-id', requestId)
      // an answer that ends is counted in full; one that goes on is pushed back by its socket
      response.once('prefinish', () => bytes.note(request.socket))
      pipelines.enter(request, response, () => requestIds.run(requestId, () => answer(request, response)))
    },
  )
  const isProxy = createProxyAddressTest(edge.trustedProxies)
  server.on('connection', (socket) => {
    bytes.open(socket)
    const { remoteAddress = '' } = socket
    if (isProxy(remoteAddress)) return
    const leave = connections.ofRemote.enter(remoteAddress)
    if (leave) socket.once('close', leave)
    else socket.destroy()
  })
  const closed = new Promise<void>((resolve) => server.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(startError(error, host, port)))
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
      // a connection whose last request was answered meanwhile would wait for the next
      const closingIdle = setInterval(() => server.closeIdleConnections(), 50)
      // cut off rather than completed, so that their readers come back
      for (const stream of streams) if (stream.headersSent) stream.destroy()
      const timer = setTimeout(() => server.closeAllConnections(), connectionLimits.closeMs)
      await closed
      clearInterval(closingIdle)
      clearTimeout(timer)
    },
  }
}

/** Answers as GraphQL does, for clients that know nothing else. */
function sendRefusal(
  response: ServerResponse,
  status: number,
  { message, extensions, retryAfterMs = 1_000 }: AppError,
) {
  if (status !== 403) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1_000))
  sendJson(response, status, { errors: [{ message, extensions }] })
}

/** Java's HTTP client, for one, offers `Upgrade: h2c` with every request: that is to be answered as HTTP/1.1. */
function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

function startError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(`Port ${port} of ${host} is in use. Stop what listens there, or set PORT to another port.`)
  }
  if (error.code === 'EACCES') {
    return new StartError(`Port ${port} may not be used by this user. Set PORT to one above 1023.`)
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new StartError(`${host} is not an address of this machine. Set HOST to one that is, or to 0.0.0.0 for all.`)
  }
  return error
}
