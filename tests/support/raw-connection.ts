// A TCP connection that reads when it is told to: for readers that are slow, or do not read at all.

import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { handshakeKey, textFrame } from '../../bench/load/frames.ts'
import type { Server } from './client.ts'

/** A connection on which a test writes bytes. */
export interface RawConnection {
  /** Writes, and resolves when the system has taken it, or the connection is gone. */
  write(bytes: Buffer | string): Promise<void>
  /** Reads from now on, up to so many bytes in 10 ms. What comes goes to the listener. */
  read(listener: (chunk: Buffer) => void, bytesPerLook?: number): void
  /** Resolves when a text has come. What came with it is read. */
  heard(text: string): Promise<void>
  isOpen(): boolean
  end(): void
}

/** Opens a connection that reads nothing, and is dropped at the end of the test. */
export async function openConnection(server: Server): Promise<RawConnection> {
  const { hostname, port } = new URL(server.url)
  const tcp = connect({ host: hostname, port: Number(port), noDelay: true })
  tcp.on('error', () => {}) // what fails also closes
  tcp.pause()
  onTestFinished(() => void tcp.destroy())
  await new Promise<void>((resolve, reject) => tcp.once('connect', resolve).once('error', reject))
  return {
    write: (bytes) => write(tcp, bytes),
    read(listener, bytesPerLook = Number.POSITIVE_INFINITY) {
      const reading = setInterval(() => take(tcp, listener, bytesPerLook), 10)
      tcp.once('close', () => clearInterval(reading))
    },
    heard: (text) => heard(tcp, text),
    isOpen: () => !tcp.destroyed,
    end: () => tcp.destroy(),
  }
}

function write(tcp: Socket, bytes: Buffer | string): Promise<void> {
  if (tcp.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      tcp.off('close', done)
      resolve()
    }
    tcp.once('close', done)
    tcp.write(bytes, done)
  })
}

function heard(tcp: Socket, text: string): Promise<void> {
  let all = ''
  return new Promise((resolve, reject) => {
    const look = () => {
      all += (tcp.read() as Buffer | null)?.toString('latin1') ?? ''
      if (!all.includes(text)) return
      tcp.off('readable', look)
      resolve()
    }
    tcp.on('readable', look)
    tcp.once('close', () => reject(new Error(`${text} did not come, but ${all}`)))
  })
}

function take(tcp: Socket, listener: (chunk: Buffer) => void, bytesMax: number): void {
  let taken = 0
  while (taken < bytesMax) {
    const chunk = tcp.read() as Buffer | null
    if (!chunk) return
    taken += chunk.byteLength
    listener(chunk)
  }
}

/** Opens a WebSocket that has been let in, and reads nothing more. */
export async function openUnreadSocket(server: Server, token?: string): Promise<RawConnection> {
  const connection = await openConnection(server)
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'graphql-transport-ws' }
  const key = { 'sec-websocket-version': '13', 'sec-websocket-key': handshakeKey() }
  await connection.write(requestOf('/graphql', { ...headers, ...key }))
  const payload = token ? { authorization: `Bearer ${token}` } : {}
  await connection.write(frameOf({ type: 'connection_init', payload }))
  await connection.heard('connection_ack')
  return connection
}

/** A text frame of a client. */
export const frameOf = (message: object): Buffer => textFrame(JSON.stringify(message))

/** A ping of the WebSocket protocol, with up to 125 bytes. */
export function pingFrame(payload: string): Buffer {
  const mask = [0, 0, 0, 0]
  return Buffer.concat([Buffer.from([0x89, 0x80 | payload.length, ...mask]), Buffer.from(payload)])
}

/** A request of HTTP/1.1 as text. */
export function requestOf(
  path: string,
  {
    method = 'GET',
    body = '',
    ...headers
  }: { method?: string; body?: string; [header: string]: string | undefined } = {},
): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`)
  if (body !== '') lines.push(`content-length: ${Buffer.byteLength(body)}`, 'content-type: application/json')
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n')
}
