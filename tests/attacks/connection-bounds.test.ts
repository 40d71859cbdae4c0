// Bounds of one connection, and of all connections together.

import { once } from 'node:events'
import { setInterval as every } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { handshakeKey } from '../../bench/load/frames.ts'
import { limits } from '../../src/config/config.ts'
import { guest } from '../support/client.ts'
import { frameOf, openConnection, openUnreadSocket, requestOf } from '../support/raw-connection.ts'
import { openInitialised, openRaw } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'

const patient = { stallMs: 600_000 }
const page = requestOf('/graphql', { accept: 'text/html' })

test('of a server that is full the connection that holds most is dropped, and the others stay', async ({ start }) => {
  const whole = await (await fetch(`${(await start()).url}/graphql`, { headers: { accept: 'text/html' } })).text()
  const server = await start({ feed: patient, edge: { unsentBytesMax: 1.5 * whole.length } })
  const unsentBytes = () => server.bytes.figures().unsentBytes
  const first = await openConnection(server)
  await first.write(page)
  await expect.poll(unsentBytes).toBeGreaterThan(0)
  const modest = await openUnreadSocket(server)
  const pings = Buffer.concat(
    Array.from({ length: 9_000 }, () => frameOf({ type: 'ping', payload: { x: 'x'.repeat(900) } })),
  )
  void modest.write(pings)
  await expect.poll(() => server.bytes.figures().pausedSockets).toBe(1)
  const second = await openConnection(server)
  await second.write(page)
  await expect.poll(() => server.bytes.figures().drops).toEqual({ serverFull: 1, stalled: 0, pipelined: 0 })
  expect(unsentBytes()).toBeLessThan(1.5 * whole.length)
  expect(server.bytes.figures().pausedSockets).toBe(1)
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' })
})

describe('requests that do not wait for answers', () => {
  const small = { health: '/healthz', keys: '/.well-known/jwks.json', nothing: '/nothing', root: '/' }
  const waitingMax = 16

  test.for(Object.entries(small))('are answered one after another: %s', async ([, path], { start }) => {
    const server = await start()
    const connection = await openConnection(server)
    let answers = ''
    connection.read((chunk) => (answers += chunk.toString()))
    await connection.write(requestOf(path).repeat(1 + waitingMax))
    await expect.poll(() => answers.split('HTTP/1.1 ').length - 1).toBe(1 + waitingMax)
    await connection.write(requestOf(path))
    await expect.poll(() => answers.split('HTTP/1.1 ').length - 1).toBe(2 + waitingMax)
    expect(server.bytes.figures().drops.pipelined).toBe(0)
  })

  test.for(Object.entries(small))('are too many with one more: %s', async ([, path], { start }) => {
    const server = await start()
    const connection = await openConnection(server)
    connection.read(() => {})
    await connection.write(requestOf(path).repeat(2 + waitingMax))
    await expect.poll(connection.isOpen).toBe(false)
    expect(server.bytes.figures()).toMatchObject({ unsentBytes: 0, drops: { pipelined: 1 } })
  })

  test('are answered in their order, bodies too', async ({ start }) => {
    const connection = await openConnection(await start())
    let answers = ''
    connection.read((chunk) => (answers += chunk.toString()))
    const names = Array.from({ length: 10 }, (_, index) => `name${index}`)
    const post = (name: string) =>
      requestOf('/graphql', { method: 'POST', body: JSON.stringify({ query: `{ ${name}: __typename }` }) })
    await connection.write(names.map(post).join(''))
    await expect.poll(() => answers.match(/name\d/g)).toEqual(names)
  })

  test('become no WebSocket', async ({ start }) => {
    const server = await start()
    const connection = await openConnection(server)
    connection.read(() => {})
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'graphql-transport-ws' }
    const key = { 'sec-websocket-version': '13', 'sec-websocket-key': handshakeKey() }
    await connection.write(requestOf('/readyz') + requestOf('/graphql', { ...headers, ...key }))
    await expect.poll(connection.isOpen).toBe(false)
    expect(server.bytes.figures().drops.pipelined).toBe(1)
  })
})

describe('the payload of a ping', () => {
  const payloadOf = (length: number) => ({ x: 'x'.repeat(length - '{"x":""}'.length) })

  test('is repeated up to a length', async ({ one }) => {
    const socket = await openInitialised(one)
    const payload = payloadOf(limits.pongPayloadLengthMax)
    socket.say({ type: 'ping', payload })
    expect(await socket.next()).toEqual({ type: 'pong', payload })
  })

  test('is not repeated when it is longer', async ({ one }) => {
    const socket = await openInitialised(one)
    socket.say({ type: 'ping', payload: payloadOf(limits.pongPayloadLengthMax + 1) })
    expect(await socket.next()).toEqual({ type: 'pong' })
  })
})

describe('a frame that begins no operation', () => {
  const ping = (length: number, rest = {}) => {
    const text = (filler: string) => JSON.stringify({ type: 'ping', payload: { filler, ...rest } })
    return text('x'.repeat(length - text('').length))
  }
  const max = limits.signalBytesMax

  test('may be as large as its bound', async ({ one }) => {
    const socket = await openInitialised(one)
    socket.say(ping(max))
    expect(await socket.next()).toEqual({ type: 'pong' })
  })

  test.for([
    ['a ping', ping(max + 1)],
    ['a ping that says it is an operation', ping(max + 1, { x: 'subscribe' })],
    ['no JSON', 'x'.repeat(max + 1)],
  ] as const)('closes its socket when it is larger: %s', async ([, frame], { one }) => {
    const socket = await openInitialised(one)
    socket.say(frame)
    expect(await socket.closed).toBe(1009)
  })

  test('closes a socket that was not let in, whatever it says', async ({ one }) => {
    const socket = await openRaw(one)
    socket.say(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: `{ a } # ${'x'.repeat(max)}` } }))
    expect(await socket.closed).toBe(1009)
  })
})

describe('frames in a minute', () => {
  // 40 of a socket, and 200 of an address without a user
  const few = { edge: { operationsPerMinuteMax: 10 } }
  const operation = { id: '1', type: 'subscribe', payload: { query: `{ __typename } # ${'x'.repeat(100_000)}` } }

  test('count by their bytes', async ({ start }) => {
    const socket = await openInitialised(await start(few))
    // each as 25
    socket.say(operation)
    socket.say({ ...operation, id: '2' })
    expect(await socket.closed).toBe(1013)
  })

  test('are counted over all sockets of an address', async ({ start }) => {
    const server = await start(few)
    let answered = 0
    // more than it needs: the count fills up while the test runs
    for (let ended: unknown = null; ended !== 1013 && answered < 60; ) {
      const socket = await openInitialised(server)
      socket.say(operation)
      ended = await Promise.race([socket.closed, socket.next().catch(() => socket.closed)])
      if (ended !== 1013) answered += 1
    }
    expect(answered).toBeGreaterThanOrEqual(8)
    expect(answered).toBeLessThan(60)
  })

  test('of a user are left by those of others at the same address', async ({ start }) => {
    const server = await start(few)
    const ada = await guest(server)
    const anonymous = await Promise.all(Array.from({ length: 30 }, () => openInitialised(server)))
    for (const socket of anonymous) socket.say(operation)
    await Promise.any(anonymous.map(({ closed }) => closed))
    const socket = await openInitialised(server, ada.token)
    socket.say({ type: 'ping' })
    expect(await socket.next()).toEqual({ type: 'pong' })
  })
})

test('pings of the WebSocket protocol are answered with their payload, among frames', async ({ one }) => {
  const socket = new WebSocket(`${one.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  for (const payload of ['', 'x'.repeat(125)]) {
    socket.ping(payload)
    expect(String((await once(socket, 'pong'))[0])).toBe(payload)
  }
})

test('a socket is read no further while what it has asked is more than its bound', async ({ start, databaseUrl }) => {
  const server = await start({ feed: { socketBufferBytesMax: 300_000 } })
  const ada = await guest(server)
  const blocker = new pg.Client(databaseUrl)
  onTestFinished(() => blocker.end())
  await blocker.connect()
  const socket = await openInitialised(server, ada.token)
  await blocker.query('begin')
  await blocker.query('lock table users')
  const query = `{ viewer { user { bio } } } # ${'x'.repeat(200_000)}`
  for (const id of ['1', '2', '3', '4']) socket.say({ id, type: 'subscribe', payload: { query } })
  await expect.poll(() => server.bytes.figures().pausedSockets).toBe(1)
  expect(server.bytes.figures().unsentBytes).toBeLessThan(700_000)
  await blocker.query('commit')
  const types: string[] = []
  while (types.length < 8) types.push((await socket.next()).type)
  expect(types.toSorted()).toEqual([...Array(4).fill('complete'), ...Array(4).fill('next')])
  await expect.poll(() => server.bytes.figures()).toMatchObject({ unsentBytes: 0, pausedSockets: 0 })
})

test('a socket that the server does not read is not taken for dead', async ({ start }) => {
  const server = await start({ feed: { ...patient, heartbeatMs: 200, socketBufferBytesMax: 65_536 } })
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.pause()
  // it lives, and says so as long as it is read
  let paused = 0
  for await (const _ of every(20)) {
    for (let count = 0; count < 200; count++)
      socket.send(JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(900) } }))
    if (server.bytes.figures().pausedSockets === 1) paused += 1
    // several beats of the heart
    if (paused === 50) break
  }
  let pongs = 0
  socket.on('message', () => (pongs += 1))
  socket.resume()
  await expect.poll(() => server.bytes.figures()).toMatchObject({ unsentBytes: 0, pausedSockets: 0 })
  expect(socket.readyState).toBe(WebSocket.OPEN)
  expect(pongs).toBeGreaterThan(1_000)
})
