// Whatever is said on a connection, to a reader that takes nothing and to one that is slow.

import { describe, expect } from 'vitest'
import type { UnsentFigures } from '../../src/http/unsent-bytes.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import {
  frameOf,
  openConnection,
  openUnreadSocket,
  pingFrame,
  type RawConnection,
  requestOf,
} from '../support/raw-connection.ts'
import { test as base } from '../support/server.ts'
import { at, upload } from '../support/uploads.ts'

const connectionBytesMax = 262_144
const feed = { socketBufferBytesMax: connectionBytesMax, stallMs: 1_000 }
const test = base.extend('server', { scope: 'file' }, ({ start }) => start({ feed, edge: { unsentCheckMs: 100 } }))

/** Somebody with a room, in which there is a file. */
interface World {
  readonly ada: Client
  readonly roomId: string
}

/** One kind of thing that is said on a connection. */
interface Kind {
  open?(world: World): Promise<RawConnection>
  /** Asks for so much of it. Numbers are not used twice. */
  ask(connection: RawConnection, world: World, numbers: readonly number[]): Promise<void>
  /** How often it is asked for, so that all of it is more than the kernel holds for a connection, which is some MB. */
  readonly count: number
  /** True if it can be asked for without end. */
  readonly isEndless: boolean
  /** A text that is once in each answer. */
  readonly sign: string
  /** The largest answer. */
  readonly bytesMax: number
}

const numbersFrom = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

const types = '__schema { types { name description fields { name description args { name description } } } }'
const schemaQuery = (times: number) =>
  `{ ${numbersFrom(0, times)
    .map((index) => `s${index}: ${types}`)
    .join(' ')} }`
// in a field, as an operation may have few of its own
const unknownFields = `{ viewer { ${numbersFrom(0, 60)
  .map((index) => `n${index}${'n'.repeat(90)}`)
  .join(' ')} } }`
const roomQuery = `subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { ... on MessageSent { message { number
  ${Array.from({ length: 40 }, (_, index) => `b${index}: body`).join(' ')} } } } }`
const body = 'x'.repeat(4_000)

async function say(connection: RawConnection, frames: readonly Buffer[]): Promise<void> {
  for (let from = 0; from < frames.length; from += 200)
    await connection.write(Buffer.concat(frames.slice(from, from + 200)))
}

async function fill({ ada, roomId }: World, numbers: readonly number[]): Promise<void> {
  await Promise.all(numbers.map(() => send(ada, roomId, body)))
}

const ofSocket: Record<string, Kind> = {
  'pongs of graphql-ws': {
    ask: (connection, _, numbers) =>
      say(
        connection,
        numbers.map((id) => frameOf({ type: 'ping', payload: { id, text: 'x'.repeat(900) } })),
      ),
    ...{ count: 9_000, sign: '"type":"pong"', bytesMax: 1_100, isEndless: true },
  },
  'pongs of WebSocket': {
    ask: (connection, _, numbers) =>
      say(
        connection,
        numbers.map(() => pingFrame(`ping${'x'.repeat(121)}`)),
      ),
    ...{ count: 75_000, sign: 'ping', bytesMax: 127, isEndless: true },
  },
  answers: {
    ask: (connection, _, numbers) =>
      say(
        connection,
        numbers.map((id) => frameOf({ type: 'subscribe', id: `${id}`, payload: { query: schemaQuery(1) } })),
      ),
    ...{ count: 90, sign: '"type":"complete"', bytesMax: 400_000, isEndless: true },
  },
  errors: {
    ask: (connection, _, numbers) =>
      say(
        connection,
        numbers.map((id) => frameOf({ type: 'subscribe', id: `${id}`, payload: { query: unknownFields } })),
      ),
    ...{ count: 6_000, sign: '"type":"error"', bytesMax: 20_000, isEndless: true },
  },
  'frames of streams': {
    async open({ ada, roomId }) {
      const connection = await openUnreadSocket(ada.server, ada.token)
      const payload = { query: roomQuery, variables: { roomId } }
      await connection.write(frameOf({ type: 'subscribe', id: 'room', payload }))
      return connection
    },
    ask: (_, world, numbers) => fill(world, numbers),
    ...{ count: 60, sign: '"number"', bytesMax: 165_000, isEndless: true },
  },
}

const post = (query: string, headers = {}) =>
  requestOf('/graphql', { method: 'POST', body: JSON.stringify({ query }), ...headers })

/** Says a request so often as may wait. */
const repeated = (request: string, count: number) => ({
  isEndless: false,
  ask: (connection: RawConnection, _: World, numbers: readonly number[]) =>
    connection.write(request.repeat(numbers.length)),
  count,
})

const ofHttp: Record<string, Kind> = {
  'answers to usual requests': { ...repeated(post(schemaQuery(4)), 16), sign: 'HTTP/1.1 200', bytesMax: 1_500_000 },
  'answers by way of Yoga': {
    ...repeated(requestOf(`/graphql?query=${encodeURIComponent(schemaQuery(4))}`), 16),
    ...{ sign: 'HTTP/1.1 200', bytesMax: 1_500_000 },
  },
  'answers in parts': {
    ...repeated(post(schemaQuery(4), { accept: 'multipart/mixed' }), 16),
    ...{ sign: 'HTTP/1.1 200', bytesMax: 1_500_000 },
  },
  GraphiQL: {
    ...repeated(requestOf('/graphql', { accept: 'text/html' }), 2),
    sign: 'HTTP/1.1 200',
    bytesMax: 16_000_000,
  },
  'refusals by Node.js': {
    ...repeated(requestOf('/', { expect: 'nothing' }), 40_000),
    ...{ sign: 'HTTP/1.1 417', bytesMax: 200_000, isEndless: true },
  },
  files: {
    async ask(connection, { ada }, numbers) {
      const bytes = Buffer.from(`beginning ${'x'.repeat(9_000_000)}`)
      const { url } = await upload(ada, bytes)
      const { pathname, search } = new URL(at(ada, url))
      await connection.write(requestOf(pathname + search).repeat(numbers.length))
    },
    ...{ count: 1, sign: 'beginning ', bytesMax: 200_000, isEndless: false },
  },
  'event streams': {
    async open({ ada, roomId }) {
      const connection = await openConnection(ada.server)
      const asked = JSON.stringify({ query: roomQuery, variables: { roomId } })
      const headers = { accept: 'text/event-stream', authorization: `Bearer ${ada.token}` }
      await connection.write(requestOf('/graphql', { method: 'POST', body: asked, ...headers }))
      return connection
    },
    ask: (_, world, numbers) => fill(world, numbers),
    ...{ count: 60, sign: '"number"', bytesMax: 400_000, isEndless: true },
  },
}

const kinds = [
  ...Object.entries(ofSocket).map(([name, kind]) => ({
    name: `${name} on a socket`,
    // as are executed, or are in a page
    atOnce: 16,
    open: ({ ada }: World) => openUnreadSocket(ada.server),
    ...kind,
  })),
  ...Object.entries(ofHttp).map(([name, kind]) => ({
    name: `${name} over HTTP`,
    atOnce: 1,
    open: ({ ada }: World) => openConnection(ada.server),
    ...kind,
  })),
]

async function makeWorld(server: Client['server']): Promise<World> {
  const ada = await guest(server, 'Ada')
  return { ada, roomId: await makeRoom(ada) }
}

/** Looks at an account until it is told to stop. */
function watch(figures: () => UnsentFigures) {
  const peak = { unsentBytes: 0, pausedSockets: 0 }
  const looking = setInterval(() => {
    const { unsentBytes, pausedSockets } = figures()
    peak.unsentBytes = Math.max(peak.unsentBytes, unsentBytes)
    peak.pausedSockets = Math.max(peak.pausedSockets, pausedSockets)
  }, 5)
  return () => {
    clearInterval(looking)
    return peak
  }
}

describe('a reader that takes nothing', () => {
  test.for(kinds)(
    'is ended, and $name stay bounded',
    async ({ open, ask, count, bytesMax, isEndless, atOnce }, { server }) => {
      const world = await makeWorld(server)
      const { stalled } = server.bytes.figures().drops
      const memory = process.memoryUsage.rss()
      const stop = watch(server.bytes.figures)
      const connection = await open(world)
      const isStalled = () => server.bytes.figures().drops.stalled > stalled
      const asking = (async () => {
        for (let from = 0; from === 0 || (isEndless && !isStalled() && connection.isOpen()); from += count) {
          await ask(connection, world, numbersFrom(from, count))
        }
      })()
      // meanwhile others are served
      const { ada } = world
      const quiet = await makeRoom(ada)
      expect(await send(ada, quiet, 'hi')).toMatchObject({ number: 1 })
      await expect.poll(() => server.bytes.figures().drops.stalled).toBe(stalled + 1)
      const { unsentBytes } = stop()
      connection.end()
      await asking
      expect(unsentBytes).toBeGreaterThan(0)
      expect(unsentBytes).toBeLessThan(2 * connectionBytesMax + atOnce * bytesMax)
      expect(process.memoryUsage.rss() - memory).toBeLessThan(400_000_000)
      await expect.poll(() => server.bytes.figures().unsentBytes).toBe(0)
    },
  )
})

describe('a reader that is slow', () => {
  test.for(kinds)('gets all of its $name', async ({ open, ask, count, sign }, { server }) => {
    const world = await makeWorld(server)
    const { stalled, pipelined, serverFull } = server.bytes.figures().drops
    const connection = await open(world)
    const asking = ask(connection, world, numbersFrom(0, count))
    await expect.poll(() => server.bytes.figures().unsentBytes).toBeGreaterThan(0)
    let found = 0
    let rest = ''
    connection.read((chunk) => {
      const text = rest + chunk.toString('latin1')
      found += text.split(sign).length - 1
      rest = text.slice(-(sign.length - 1))
    }, 50_000)
    await Promise.all([asking, expect.poll(() => found).toBe(count)])
    expect(server.bytes.figures().drops).toEqual({ stalled, pipelined, serverFull })
    await expect.poll(() => server.bytes.figures().unsentBytes).toBe(0)
  })
})
