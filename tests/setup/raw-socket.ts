// WebSockets without a GraphQL client, for what no client would send.

import { request } from 'node:http'
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
