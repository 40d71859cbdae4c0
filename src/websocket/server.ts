import { isUtf8 } from 'node:buffer'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { limits } from '../config/config.ts'
import { socketRatios } from '../config/websocket.ts'
import { translateFault } from '../database/faults.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import { createAllowance, minuteMs } from '../http/allowance.ts'
import type { AddressOf } from '../http/client-address.ts'
import { createFrameCounter } from '../http/frame-counter.ts'
import type { Gate } from '../http/gate.ts'
import { reachedAt } from '../http/reached-at.ts'
import { pathOf } from '../http/requests.ts'
import type { UnsentBytes } from '../http/unsent-bytes.ts'
import { graphqlPath } from '../http/yoga.ts'
import { metricList } from '../metrics/list.ts'
import { closeCodes } from './close-codes.ts'
import { type Connection, givePlaces } from './connection.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { OperationOptions } from './operations.ts'
import { createProtocol } from './protocol.ts'
import { createSocketWriters } from './socket-writer.ts'

/** The parts of the server that WebSockets need. */
export interface WebSocketOptions extends OperationOptions {
  server: Server
  bytes: UnsentBytes
  addressOf: AddressOf
  /** Tells whether a connection has an HTTP request whose answer is not taken yet. */
  isBusy(socket: Socket): boolean
  gate: Gate
}

/** The WebSocket side of a server. */
export interface WebSockets {
  /** The number of open sockets. */
  size(): number
  /** Closes all sockets with a code after which clients reconnect, and refuses new ones. */
  close(): Promise<void>
}

/**
 * Serves graphql-transport-ws: operations as over HTTP, and fanned-out streams.
 *
 * A socket belongs to its session: it is closed when the session ends.
 */
export function serveWebSockets(options: WebSocketOptions): WebSockets {
  const { server, config, log, bytes, addressOf, connections, gate, isDraining, isBusy } = options
  const { counts } = options.parts.metrics
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.requestBytesMax,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (protocols) => (protocols.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  })
  const framesMax = socketRatios.framesPerOperation * config.edge.operationsPerMinuteMax
  const takeFramesOf = createFrameCounter(socketRatios.callerFramesPerFrame * framesMax)
  const protocol = createProtocol(options)
  const open = new Map<WebSocket, Connection>()
  const writerOf = createSocketWriters()

  server.on('upgrade', (request, tcp, head) => {
    tcp.on('error', onFault)
    // frames would be mixed with pending answers
    if (isBusy(request.socket)) {
      bytes.drop(request.socket, 'pipelined')
      return
    }
    const refuse = (status: string, body = '') => {
      // the peer may keep its half open
      tcp.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n${body}`, () => tcp.destroy())
    }
    if (pathOf(request) !== graphqlPath) return refuse('404 Not Found')
    const foreign = gate.refuseHost(request) ?? gate.refuseOrigin(request)
    if (foreign) {
      const { message, extensions } = foreign
      const body = JSON.stringify({ errors: [{ message, extensions }] })
      return refuse(`403 Forbidden\r\nContent-Type: application/json`, body)
    }
    if (isDraining()) return refuse('503 Service Unavailable\r\nRetry-After: 1')
    const address = addressOf(request)
    const leave = connections.ofAddress.enter(address)
    // clients treat it as a failed connection and reconnect
    if (!leave) return refuse('429 Too Many Requests\r\nRetry-After: 5')
    let isOpen = false
    sockets.handleUpgrade(request, tcp, head, (socket) => {
      isOpen = true
      tcp.off('error', onFault) // ws has added its listener by now
      const userAgent = request.headers['user-agent'] ?? null
      const from = { userAgent, address, reachedAt: reachedAt(request.headers) }
      connect(socket, request.socket, { caller: { viewer: null, viewerError: null, ...from }, leave })
    })
    // ws has refused it
    if (!isOpen) leave()
  })

  function connect(socket: WebSocket, tcp: Socket, { caller, leave }: { caller: Caller; leave: () => void }): void {
    const account = bytes.open(tcp)
    const writer = writerOf(socket, account)
    const connection: Connection = {
      socket,
      tcp,
      writer,
      bytes: account,
      caller,
      state: 'new',
      impatience: null,
      operations: [],
      answering: 0,
      executing: 0,
      waiting: [],
      onAnswered: null,
      takeFrame: createAllowance(framesMax, minuteMs),
      traceparent: null,
      hasSpoken: false,
      bytesRead: -1,
      atEnd: [leave],
      ...{ pause, resume, goOn, abandon },
    }
    account.speaker = connection
    open.set(socket, connection)
    // shared by all sockets
    socket.on('message', onMessage).on('ping', onPing).on('pong', onPong).on('error', onFault).on('close', onClose)
    protocol.expect(connection)
  }

  function onFault(error: Error): void {
    log.debug({ err: error }, 'a socket failed')
  }

  function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
    const connection = open.get(this)
    // frames of a closing socket are ignored; ws passes Buffers by default
    if (!connection || this.readyState !== WebSocket.OPEN || !Buffer.isBuffer(data)) return
    if (!takesFrame(connection, data)) return
    if (!mayBegin(connection, data)) {
      connection.writer.expel(closeCodes.tooLarge, 'Message too large')
      return
    }
    // ws has validated text frames
    if (isBinary && !isUtf8(data)) {
      connection.writer.close(closeCodes.notUtf8, 'Invalid UTF-8')
      return
    }
    void handle(connection, data)
  }

  async function handle(connection: Connection, data: Buffer): Promise<void> {
    const account = connection.bytes
    account.inHandBytes += data.byteLength
    if (account.inHandBytes > config.feed.socketBufferBytesMax) account.note()
    try {
      await protocol.receive(connection, data.toString())
    } catch (error) {
      // a database that is away or has no connection left is no fault of this server
      const level = translateFault(error) instanceof AppError ? 'warn' : 'error'
      log[level]({ err: error }, 'a frame could not be handled')
      // our error: let the client reconnect
      connection.writer.close(closeCodes.tryLater, 'Try again later')
    } finally {
      account.inHandBytes -= data.byteLength
      if (account.isPaused) account.note()
    }
  }

  function onPing(this: WebSocket, payload: Buffer): void {
    const connection = open.get(this)
    if (connection && takesFrame(connection, payload)) connection.writer.pong(payload)
  }

  function onPong(this: WebSocket, payload: Buffer): void {
    const connection = open.get(this)
    if (connection) takesFrame(connection, payload)
  }

  /** Tells whether a socket, and its user or address, may send one more frame. A large frame counts as several. */
  function takesFrame(connection: Connection, { byteLength }: Buffer): boolean {
    const { takeFrame, caller, writer, socket } = connection
    if (socket.readyState !== WebSocket.OPEN) return false
    const frames = 1 + Math.floor(byteLength / socketRatios.bytesPerFrame)
    // the first frame tells which user it is, so the address does not pay for it: strangers may have used up its rate
    const isFree = !connection.hasSpoken
    connection.hasSpoken = true
    if (takeFrame(frames) === 0 && (isFree || takeFramesOf(caller, frames) === 0)) return true
    counts.connections_dropped_total.flood += 1
    writer.expel(closeCodes.tryLater, 'Too many messages')
    return false
  }

  function pause(this: Connection): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.pause()
  }

  function resume(this: Connection): void {
    // bytes that were not read did not count as a sign of life
    this.bytesRead = -1
    this.socket.resume()
  }

  function goOn(this: Connection): void {
    givePlaces(this, config.edge.answersAtOnceMax)
  }

  function abandon(this: Connection): void {
    this.writer.abandon()
  }

  function onClose(this: WebSocket, code: number): void {
    counts.socket_closes_total[codeLabel(code)] += 1
    const connection = open.get(this)
    open.delete(this)
    if (connection) protocol.forget(connection)
  }

  const stopHeartbeat = startHeartbeat({
    open,
    everyMs: config.feed.heartbeatMs,
    onDead() {
      counts.connections_dropped_total.dead += 1
    },
  })

  return {
    size: () => sockets.clients.size,
    async close() {
      stopHeartbeat()
      sockets.close()
      const { closeSpreadMs, answerMs } = config.edge
      await Promise.all(
        [...open].map(async ([socket, connection]) => {
          if (socket.readyState === WebSocket.CLOSED) return
          const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
          if (closeSpreadMs > 0) await Promise.race([wait(Math.random() * closeSpreadMs), gone])
          // running operations get their answers, within the operation timeout and the stop timeout
          if (connection.answering > 0) await Promise.race([answered(connection), wait(answerMs), gone])
          // settled answers are sent in this turn of the event loop
          await new Promise(setImmediate)
          connection.writer.close(closeCodes.restart, 'The server restarts')
          setTimeout(() => socket.terminate(), config.feed.closeMs).unref()
          await gone
        }),
      )
    },
  }
}

const codeLabels = metricList.socket_closes_total.labels.code

function codeLabel(code: number): (typeof codeLabels)[number] {
  return codeLabels.find((label) => label === String(code)) ?? 'other'
}

/**
 * Tells whether a frame may be parsed, by its size and its bytes alone.
 *
 * A frame larger than `signalBytesMax` can only be a subscribe of a socket that has been acknowledged. Others would make the
 * server parse much JSON before it refuses them.
 */
function mayBegin({ state }: Connection, data: Buffer): boolean {
  return data.byteLength <= limits.signalBytesMax || (state === 'acknowledged' && data.includes('"subscribe"'))
}

/** Resolves when no query or mutation runs. */
function answered(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    connection.onAnswered = resolve
  })
}
