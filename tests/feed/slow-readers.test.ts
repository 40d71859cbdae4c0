import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { testMs } from '../support/patience.ts'
import { test } from '../support/server.ts'

const light =
  'subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename ... on MessageSent { message { number body } } } }'

/** More than the kernel holds for a socket that is not read. */
const messages = 2_500
const body = 'x'.repeat(4_000)

/** A subscriber on a socket that can be left unread. */
async function openReader(
  { server, token }: Client,
  roomId: string,
  { query, count } = { query: light, count: messages },
) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  socket.on('error', () => {}) // what fails also closes
  const numbers: number[] = []
  const synced = Promise.withResolvers<void>()
  const complete = Promise.withResolvers<void>()
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('message', (data: Buffer) => {
    const { type, payload } = JSON.parse(data.toString())
    if (type === 'connection_ack') {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { roomId } } }))
    }
    if (type !== 'next') return
    const event = payload.data.roomEvents
    if (event.__typename === 'Synced') synced.resolve()
    if (event.__typename === 'MessageSent') numbers.push(event.message.number)
    if (numbers.length === count) complete.resolve()
  })
  socket.once('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
  })
  await synced.promise
  return { socket, numbers, closed, complete: complete.promise }
}

async function fill(author: Client, roomId: string, count = messages): Promise<void> {
  for (let sent = 0; sent < count; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => send(author, roomId, body)))
  }
}

const all = Array.from({ length: messages }, (_, index) => index + 1)

test('P9 a client that does not read holds up nobody and misses nothing', async ({ start }) => {
  const server = await start({ feed: { socketBufferBytesMax: 262_144, stallMs: testMs } })
  const ada = await guest(server, 'Ada')
  const roomId = await makeRoom(ada)
  const idle = await openReader(ada, roomId)
  const keen = await openReader(ada, roomId)
  idle.socket.pause()
  await fill(ada, roomId)
  await keen.complete
  expect(keen.numbers).toEqual(all)
  idle.socket.resume()
  await idle.complete
  expect(idle.numbers).toEqual(all)
})

test('P9 a client that takes nothing for too long is closed with a code on which clients come back', async ({
  start,
}) => {
  const server = await start({ feed: { socketBufferBytesMax: 262_144, stallMs: 300 } })
  const ada = await guest(server, 'Ada')
  const roomId = await makeRoom(ada)
  const idle = await openReader(ada, roomId)
  idle.socket.pause()
  await fill(ada, roomId)
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(0)
  idle.socket.resume()
  expect([1006, 1013]).toContain(await idle.closed)
})

test('P9 a stream of events that take long to make stays in order while its feed runs ahead', async ({ start }) => {
  const server = await start({
    feed: { pageEventsMax: 4, eventsAheadMax: 8, socketBufferBytesMax: 65_536, stallMs: testMs },
  })
  const ada = await guest(server, 'Ada')
  const roomId = await makeRoom(ada)
  const bodies = Array.from({ length: 40 }, (_, index) => `b${index}: body`).join(' ')
  const heavy = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) { __typename ... on MessageSent { message { number ${bodies} } } }
  }`
  const reader = await openReader(ada, roomId, { query: heavy, count: 300 })
  await fill(ada, roomId, 300)
  await reader.complete
  expect(reader.numbers).toEqual(all.slice(0, 300))
})
