import type { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { request as askServer } from 'node:http'
import { connect, type Socket } from 'node:net'

/** One of the two users of the page: its requests say so, as in `/graphql?side=left`. */
export type Side = 'left' | 'right'

/** Connections of the page, each of a side or of none. */
export interface Sides {
  /** Hands a request on to the server. */
  forward(request: IncomingMessage, response: ServerResponse): void
  /** Breaks all connections of a side, as a network does. Those of a paused side too. */
  cut(side: Side): void
  /**
   * Holds the connections of a side, as when a browser suspends a tab: WebSockets and answers that have not begun.
   */
  pause(side: Side): void
  resume(side: Side): void
  close(): void
}

interface Link {
  readonly side: Side | null
  pause(): void
  resume(): void
  cut(): void
}

/** Connects an HTTP server with another one, at a port of this machine, so that each side can be disturbed alone. */
export function createSides(server: Server, port: number): Sides {
  const links = new Set<Link>()
  const paused = new Set<Side>()
  const of = (side: Side) => [...links].filter((link) => link.side === side)

  function add(link: Link, ends: EventEmitter): void {
    links.add(link)
    ends.once('close', () => links.delete(link))
    if (link.side && paused.has(link.side)) link.pause()
    else link.resume()
  }

  server.on('upgrade', (request, client: Socket, head) => {
    const { side, path } = addressOf(request)
    const upstream = connect(port, '127.0.0.1')
    upstream.write(headOf(request, path))
    upstream.write(head)
    add({ side, ...joinSockets(client, upstream) }, client)
  })

  return {
    forward(request, response) {
      const { side, path } = addressOf(request)
      // the connection stays for requests of either side
      add({ side, ...joinRequest({ request, response, path, port }) }, response)
    },
    cut(side) {
      for (const link of of(side)) link.cut()
    },
    pause(side) {
      paused.add(side)
      for (const link of of(side)) link.pause()
    },
    resume(side) {
      paused.delete(side)
      for (const link of of(side)) link.resume()
    },
    close() {
      for (const link of links) link.cut()
    },
  }
}

/** The side of a request, and its path without that. */
function addressOf({ url = '/' }: IncomingMessage): { side: Side | null; path: string } {
  const [, path = '/', side] = /^(.*)\?side=(left|right)$/.exec(url) ?? [url, url]
  return { path, side: side === 'left' || side === 'right' ? side : null }
}

function headOf({ method, rawHeaders }: IncomingMessage, path: string): string {
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []))
  return [`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

function joinSockets(client: Socket, upstream: Socket): Omit<Link, 'side'> {
  const both = [
    [client, upstream],
    [upstream, client],
  ] as const
  for (const [one, other] of both) {
    one.on('error', () => other.destroy())
    one.once('close', () => other.destroy())
  }
  return {
    pause() {
      for (const [one] of both) one.unpipe().pause()
    },
    resume() {
      for (const [one, other] of both) one.unpipe().pipe(other)
    },
    cut: () => client.resetAndDestroy(),
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly port: number
}

/** Asks the server once the side is not paused, and gives its answer while it is not. */
function joinRequest({ request, response, path, port }: Exchange): Omit<Link, 'side'> {
  const { method, headers, socket } = request
  let isAsked = false
  let isPaused = false
  let give: (() => void) | null = null

  function ask(): void {
    isAsked = true
    const own = { ...headers, connection: 'close' }
    const upstream = askServer({ host: '127.0.0.1', port, path, method, headers: own, agent: false })
    upstream.on('response', (answer) => {
      // killed in the middle of its answer, also while the side is paused
      answer.on('error', () => {}).once('close', () => answer.complete || socket.destroy())
      give = () => {
        give = null
        const { connection: _, ...rest } = answer.headers
        response.writeHead(answer.statusCode ?? 502, rest)
        answer.pipe(response)
      }
      if (!isPaused) give()
    })
    // the server is away: the page sees a connection that broke
    upstream.on('error', () => socket.destroy())
    response.once('close', () => upstream.destroy())
    request.pipe(upstream)
  }

  return {
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
      if (!isAsked) ask()
      give?.()
    },
    cut: () => socket.resetAndDestroy(),
  }
}
