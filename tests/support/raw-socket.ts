// WebSockets without a GraphQL client, for what no client would send.

import { request } from 'node:http'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import type { Server } from './client.ts'
import { createInbox } from './inbox.ts'

/** A message of graphql-transport-ws. */
export interface Frame {
  type: string
  id?: string
  payload?: unknown
}

/** A WebSocket on which a test says whatever it likes. */
export interface RawSocket {
  /** Sends a message, or a text as it is. */
  say(frame: Frame | string): void
  /** The next message of the server. */
  next(): Promise<Frame>
  /** The close code, once the socket is closed. */
  readonly closed: Promise<number>
}

/** Opens a socket, which is closed at the end of the test. */
export async function openRaw(
  server: Server,
  protocols: string[] = ['graphql-transport-ws'],
  options: ClientOptions = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, protocols, options)
  const frames = createInbox<Frame>()
  const closed = new Promise<number>((resolve) => {
    socket.once('close', (code) => {
      resolve(code)
      frames.fail(new Error(`the socket closed with ${code}`))
    })
  })
  socket.on('message', (data) => frames.put(JSON.parse((data as Buffer).toString()) as Frame))
  onTestFinished(() => {
    socket.terminate()
    return closed.then(() => {})
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return {
    say: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    next: frames.take,
    closed,
  }
}

/** Opens a socket that the server has let in, with a token or without. */
export async function openInitialised(server: Server, token?: string): Promise<RawSocket> {
  const socket = await openRaw(server)
  socket.say({ type: 'connection_init', ...(token && { payload: { authorization: `Bearer ${token}` } }) })
  const { type } = await socket.next()
  if (type !== 'connection_ack') throw new Error(`not let in: ${type}`)
  return socket
}

/** Asks for an upgrade, and gives the status of the answer: 101 when it was granted. */
export function upgradeStatus(server: Server, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url)
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-protocol': 'graphql-transport-ws',
    }
    const asked = request({ hostname, port, path, headers: { ...upgrade, ...headers } })
    asked.once('error', reject)
    asked.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode ?? 0)
    })
    asked.end()
  })
}

/** A WebSocket that goes on talking when it was told to close. */
export interface RudeSocket {
  /** Sends a message. */
  say(frame: Frame): void
  /** Resolves with the code of the server's close frame. */
  readonly toldToClose: Promise<number>
  /** Breaks the protocol, and resolves when the server has dropped the connection. */
  breakOff(): Promise<void>
}

/** Opens a socket of a user that answers no close frame, which is dropped at the end of the test. */
export async function openRude(server: Server, token: string): Promise<RudeSocket> {
  const { hostname, port } = new URL(server.url)
  const tcp = connect(Number(port), hostname)
  onTestFinished(() => void tcp.destroy())
  const dropped = new Promise<void>((resolve) => tcp.once('close', () => resolve()))
  const told = Promise.withResolvers<number>()
  const letIn = Promise.withResolvers<void>()
  let bytes = Buffer.alloc(0)
  tcp.on('error', () => {}) // what is dropped also closes
  tcp.on('data', (part: Buffer) => {
    bytes = Buffer.concat([bytes, part])
    if (bytes.includes('connection_ack')) letIn.resolve()
    // a close frame: no mask, a payload that begins with the code; other frames are short text
    const at = bytes.indexOf(0x88)
    if (at >= 0 && bytes.length >= at + 4) told.resolve(bytes.readUInt16BE(at + 2))
  })
  const upgrade = ['GET /graphql HTTP/1.1', `Host: ${hostname}:${port}`, 'Connection: Upgrade', 'Upgrade: websocket']
  const key = ['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`]
  tcp.write([...upgrade, ...key, 'Sec-WebSocket-Protocol: graphql-transport-ws', '', ''].join('\r\n'))
  const say = (frame: Frame) => {
    const text = Buffer.from(JSON.stringify(frame))
    const head = Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 0xff, 0, 0, 0, 0])
    tcp.write(Buffer.concat([head, text]))
  }
  say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
  await letIn.promise
  return {
    say,
    toldToClose: told.promise,
    breakOff() {
      tcp.write(Buffer.from([0xff, 0x80, 0, 0, 0, 0]))
      return dropped
    },
  }
}
