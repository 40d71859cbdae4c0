// WebSockets that a test can cut or hold, as a network does.

import { WebSocket } from 'ws'

/** The sockets that a client has opened. */
export interface Sockets {
  /** To give to a client. */
  readonly WebSocket: unknown
  /** How many have been opened. */
  readonly count: number
  /** Sends a text on all that are open, beside what the client sends. */
  say(text: string): void
  /** Cuts all that are open. */
  cut(): void
  /** Stops reading them: what the server sends waits. */
  hold(): void
  /** Reads on. */
  release(): void
  /** Subscriptions with this in their texts do not leave, until `unblock`. */
  block(text: string): void
  unblock(): void
  /** New sockets are refused, until `allow`. */
  refuse(): void
  allow(): void
}

/** Makes sockets. `urlOf` may send each to another server. */
export function createSockets(urlOf: (url: string) => string = (url) => url): Sockets {
  const open = new Set<WebSocket>()
  let count = 0
  let isRefused = false
  let blocked: string | null = null
  let kept: (() => void)[] = []
  const construct = (_: object, [url, protocols]: [string, string]): WebSocket => {
    // nobody listens on port 1
    const socket = new WebSocket(isRefused ? 'ws://127.0.0.1:1/' : urlOf(url), protocols)
    const send = socket.send.bind(socket) as (data: unknown) => void
    socket.send = (data: unknown) => {
      if (blocked !== null && String(data).includes(blocked)) kept.push(() => send(data))
      else send(data)
    }
    count += 1
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    return socket
  }
  const all = (task: (socket: WebSocket) => void) => {
    for (const socket of [...open]) task(socket)
  }
  return {
    WebSocket: new Proxy(WebSocket, { construct }),
    get count() {
      return count
    },
    say: (text) => all((socket) => socket.readyState === WebSocket.OPEN && socket.send(text)),
    cut: () => all((socket) => socket.terminate()),
    hold: () => all((socket) => socket.readyState === WebSocket.OPEN && socket.pause()),
    release: () => all((socket) => socket.readyState === WebSocket.OPEN && socket.resume()),
    block(text) {
      blocked = text
    },
    unblock() {
      const waiting = kept
      kept = []
      blocked = null
      for (const task of waiting) task()
    },
    refuse() {
      isRefused = true
    },
    allow() {
      isRefused = false
    },
  }
}
