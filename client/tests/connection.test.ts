// The reason that a connection shows, and how long it waits after a socket has ended.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { type TestSettings, test } from '../../tests/support/server.ts'
import type { ConnectionState } from '../src/api/connection.ts'
import type { Kabar } from '../src/api/kabar.ts'
import { bounds } from '../src/config.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodyOf, follow, makeGuest, makeKabar, makeRoom } from './setup/clients.ts'
import { createSockets, type Sockets } from './setup/sockets.ts'

/** All states of a connection from now on, until the end of the test. */
function statesOf({ connection }: Kabar): ConnectionState[] {
  const states: ConnectionState[] = []
  onTestFinished(connection.subscribe(() => states.push(connection.getSnapshot())))
  return states
}

/** Reads something, and lets the connection try at once each time. */
const retriesOf =
  <Read>({ connection }: Kabar, read: () => Read) =>
  (): Read => {
    connection.retry()
    return read()
  }

const page = { headers: { 'content-type': 'text/html' } }
const refusal = (code: string, more: object = {}) =>
  Response.json({ errors: [{ message: 'No.', extensions: { code, ...more } }] })

const refreshes: { name: string; answer(): Response; code: string }[] = [
  { name: 'is cut', answer: () => Response.error(), code: 'NETWORK' },
  { name: 'meets the page of a hotel', answer: () => new Response('<html>', page), code: 'NOT_KABAR' },
  { name: 'meets a proxy alone', answer: () => new Response('<html>', { ...page, status: 502 }), code: 'NETWORK' },
  { name: 'comes too often', answer: () => refusal('RATE_LIMITED', { retryAfterMs: 9_000 }), code: 'RATE_LIMITED' },
  { name: 'meets a fault of the server', answer: () => refusal('INTERNAL'), code: 'INTERNAL' },
  { name: 'meets a session that was ended', answer: () => refusal('SESSION_EXPIRED'), code: 'SESSION_EXPIRED' },
]
const ways = [
  { way: 'the first socket', transport: 'auto', isFirst: true },
  { way: 'the next socket', transport: 'auto', isFirst: false },
  { way: 'an event stream', transport: 'event-stream', isFirst: true },
] as const

test.for(refreshes.flatMap((refresh) => ways.map((way) => ({ ...refresh, ...way }))))(
  'a refresh that $name while $way opens is the reason that is shown, until it succeeds',
  async ({ answer, code, transport, isFirst }, { one }) => {
    const sockets = createSockets()
    let tries = 0
    let isBroken = false
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (!isBroken || !bodyOf(init).includes('refreshSession')) return await globalThis.fetch(input, init)
      tries += 1
      const made = answer()
      if (made.type === 'error') throw new TypeError('Failed to fetch')
      return made
    }
    const options = { sessionStorage: memorySession(), fetch, transport, WebSocket: sockets.WebSocket }
    const before = await makeGuest(one, 'Ada', options)
    const id = await makeRoom(before)
    const ada = isFirst ? makeKabar(one, options) : before
    const states = statesOf(ada)
    if (!isFirst) {
      follow(ada, id)
      await expect.poll(() => states.at(-1)?.status).toBe('live')
    }
    const { now } = Date
    onTestFinished(() => {
      Date.now = now
    })
    // the access token has run out
    Date.now = () => now() + 86_400_000
    isBroken = true
    if (isFirst) follow(ada, id)
    // a stream alone, without what is read beside it
    onTestFinished(ada.subscribe('subscription { viewerEvents { cursor } }', {}, { next() {} }))
    sockets.cut()
    if (code === 'SESSION_EXPIRED') {
      await expect.poll(() => states.at(-1)).toMatchObject({ status: 'signed-out', error: null })
      expect(ada.session.getSnapshot()).toMatchObject({ status: 'signed-out', reason: 'expired' })
      return
    }
    const reason = await ada.session.accessToken().catch(({ message }) => message)
    const isShown = ({ error }: ConnectionState) => error?.message === reason
    await expect.poll(() => states.some(isShown)).toBe(true)
    const wanted = tries + 5
    await expect
      .poll(
        retriesOf(ada, () => tries),
        { interval: 10 },
      )
      .toBeGreaterThanOrEqual(wanted)
    const shown = states.slice(states.findIndex(isShown))
    expect([...new Set(shown.map(({ status, error }) => `${status} ${error?.message}`))]).toEqual([`offline ${reason}`])
    expect(shown.at(-1)?.error).toMatchObject({ code })
    isBroken = false
    await expect
      .poll(
        retriesOf(ada, () => states.at(-1)?.status),
        { interval: 50 },
      )
      .toBe('live')
    expect(states.at(-1)).toMatchObject({ error: null, transport: transport === 'auto' ? 'socket' : transport })
  },
)

interface Close {
  readonly name: string
  readonly settings?: TestSettings
  end(parts: { sockets: Sockets; server: { close(): Promise<void> } }): unknown
  readonly code: string
  /** The waits with the least and with the greatest random number. */
  readonly waits: readonly [number, number]
}

const closes: Close[] = [
  {
    name: 'that restarts (1012) comes back at random within a bound',
    end: ({ server }) => server.close(),
    code: 'SERVICE_UNAVAILABLE',
    waits: [0, bounds.restartMs],
  },
  {
    name: 'that cannot serve now (1013) waits longer',
    settings: { edge: { operationsPerMinuteMax: 300 } },
    end: ({ sockets }) => Array.from({ length: 1_300 }, () => sockets.say('{"type":"ping"}')),
    code: 'SERVICE_UNAVAILABLE',
    waits: [bounds.laterMs, 2 * bounds.laterMs],
  },
  {
    name: 'that is cut off (1006) begins with short waits',
    end: ({ sockets }) => sockets.cut(),
    code: 'NETWORK',
    waits: [0, bounds.retryFirstMs],
  },
]

test.for(closes.flatMap((close) => close.waits.map((waitMs, random) => ({ ...close, waitMs, random }))))(
  'a socket to a server $name: $waitMs ms with the random number $random',
  async ({ settings, end, code, waitMs, random }, { start }) => {
    const server = await start(settings)
    const sockets = createSockets()
    const ada = await makeGuest(server, 'Ada', { WebSocket: sockets.WebSocket })
    follow(ada, await makeRoom(ada))
    await expect.poll(() => ada.connection.getSnapshot().status).toBe('live')
    const states = statesOf(ada)
    const chance = vi.spyOn(Math, 'random').mockReturnValue(random)
    onTestFinished(() => chance.mockRestore())
    const endedAt = Date.now()
    const ended = Promise.resolve(end({ sockets, server }))
    const waiting = () => states.find(({ retryAt }) => retryAt !== null)
    await expect.poll(waiting, { interval: 5 }).toMatchObject({ status: 'offline', error: { code } })
    const { retryAt } = waiting() ?? {}
    expect(Number(retryAt) - endedAt).toBeGreaterThanOrEqual(waitMs)
    expect(Number(retryAt) - Date.now()).toBeLessThanOrEqual(waitMs)
    await ended
  },
)

const strangers: { name: string; meet(socket: { close(code: number): void; send(text: string): void }): void }[] = [
  ...[1008, 4400, 4500].map((code) => ({
    name: `closes with ${code}`,
    meet: (socket: { close(code: number): void }) => socket.close(code),
  })),
  { name: 'speaks another protocol', meet: (socket) => socket.send('{"type":"welcome"}') },
]

test.for(strangers)('a server of sockets that $name is shown as not Kabar', async ({ meet }, { one }) => {
  const stranger = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  stranger.on('connection', meet)
  await once(stranger, 'listening')
  onTestFinished(() => stranger.close())
  const socketUrl = `ws://127.0.0.1:${(stranger.address() as AddressInfo).port}/`
  const ada = await makeGuest(one, 'Ada', { socketUrl, transport: 'socket' })
  follow(ada, await makeRoom(ada))
  const state = { status: 'offline', error: { code: 'NOT_KABAR' } }
  await expect.poll(() => ada.connection.getSnapshot()).toMatchObject(state)
})
