import type { IncomingMessage, Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { limits } from '../config.ts'
import type { AddressOf } from './address.ts'
import { isAllowedOrigin } from './origin.ts'
import { closeCodes, createProtocol, type Extra, type ProtocolOptions } from './protocol.ts'
import { createAllowance, minuteMs } from './quotas.ts'
import { pathOf } from './requests.ts'
import { bytesOf, createSocketWriters, noTail } from './socket-writer.ts'
import { graphqlPath } from './yoga.ts'

/** The parts of the server that WebSockets need. */
export interface WebSocketOptions extends ProtocolOptions {
  server: Server
  addressOf: AddressOf
}

/** Beside the beginning of an operation a client sends its end, and pings. */
const framesPerOperation = 4

/** When the server stops, operations have so long to be answered. */
const answerMs = 5_000

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
  const { server, config, log, addressOf, connections, isDraining } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.requestBytesMax,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  })
  const { operationsPerMinuteMax } = config.edge
  const protocol = createProtocol(options)
  const alive = new WeakSet<WebSocket>()
  const extras = new Map<WebSocket, Extra>()
  const writerOf = createSocketWriters()

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.debug({ err: error }, 'a socket failed'))
    const { origin = null, host = null } = request.headers
    const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    if (pathOf(request) !== graphqlPath) return refuse('404 Not Found')
    if (!isAllowedOrigin(config, { origin, host })) return refuse('403 Forbidden')
    if (isDraining()) return refuse('503 Service Unavailable\r\nRetry-After: 1')
    const leave = connections.ofAddress.enter(addressOf(request))
    // a client takes it as a failed connection and comes back
    if (!leave) return refuse('429 Too Many Requests\r\nRetry-After: 5')
    socket.once('close', leave)
    return sockets.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, request))
  })

  function open(socket: WebSocket, request: IncomingMessage): void {
    const writer = writerOf(socket, request.socket)
    const userAgent = request.headers['user-agent'] ?? null
    const extra: Extra = {
      socket,
      request,
      writer,
      running: new Set(),
      caller: { viewer: null, viewerError: null, userAgent, address: addressOf(request) },
      atEnd: [() => extras.delete(socket)],
    }
    extras.set(socket, extra)
    const takeFrame = createAllowance(framesPerOperation * operationsPerMinuteMax, minuteMs)
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => writer.send(bytesOf(text), noTail),
        close: writer.close,
        onMessage(listener) {
          socket.on('message', (data) => {
            if (takeFrame() > 0) {
              writer.close(closeCodes.tryLater, 'Too many messages')
              return
            }
            // ws gives buffers where nobody asked for something else
            listener(Buffer.isBuffer(data) ? data.toString() : '').catch((error: unknown) => {
              // clients may not fill the log: graphql-ws throws at a message that only servers send
              const isTheirFault = error instanceof Error && error.message.startsWith('Unexpected message')
              log[isTheirFault ? 'debug' : 'error']({ err: error }, 'a frame could not be handled')
              // a fault of ours is nothing to give up for
              if (isTheirFault) writer.close(4400, 'Invalid message received')
              else writer.close(closeCodes.tryLater, 'Try again later')
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
      for (const end of extra.atEnd) end()
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
      const { closeSpreadMs } = config.edge
      await Promise.all(
        [...extras].map(async ([socket, { running, writer }]) => {
          if (socket.readyState === WebSocket.CLOSED) return
          const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
          if (closeSpreadMs > 0) await Promise.race([wait(Math.random() * closeSpreadMs), gone])
          // what runs gets its answer: each is bounded by the time of an operation, and all by that of the stop
          if (running.size > 0) await Promise.race([Promise.allSettled(running), wait(answerMs), gone])
          // what has settled is sent in this turn of the event loop
          await new Promise(setImmediate)
          writer.close(closeCodes.restart, 'The server restarts')
          setTimeout(() => socket.terminate(), config.feed.closeMs).unref()
          await gone
        }),
      )
    },
  }
}
