import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import type { Kabar } from '../src/api/kabar.ts'
import { createKabar } from '../src/kabar.ts'
import { memoryPersistence } from '../src/persistence/memory.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodies, follow, makeGuest, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

const dayMs = 86_400_000

test('what is written on a day without a network waits, over a reload too, and then goes in order, each once', async ({
  start,
}) => {
  // the access token of the morning is worth nothing in the evening
  const server = await start({ accessTokenSeconds: 1 })
  const sockets = createSockets()
  let isOff = false
  const options = {
    ...{ url: `${server.url}/graphql`, WebSocket: sockets.WebSocket },
    ...{ sessionStorage: memorySession(), persistence: memoryPersistence() },
    fetch: ((input, init) =>
      isOff ? Promise.reject(new TypeError('Failed to fetch')) : globalThis.fetch(input, init)) as typeof fetch,
  }
  const morning = createKabar(options)
  await morning.session.signInAsGuest({ displayName: 'Ada' })
  const bob = await makeGuest(server, 'Bob')
  const [tea, cake] = [await makeRoom(morning, [bob]), await makeRoom(morning, [bob])]
  const write = (kabar: Kabar, text: string, ...rooms: string[]) => {
    for (const id of rooms)
      void kabar
        .room(id)
        .send({ body: text })
        .catch(() => {})
  }
  const [first, other] = [morning.room(tea), morning.room(cake)]
  const stops = [first.subscribe(() => {}), other.subscribe(() => {})]
  await expect.poll(() => [first, other].every((room) => room.getSnapshot().isLive)).toBe(true)

  isOff = true
  sockets.refuse()
  sockets.cut()
  await expect.poll(() => morning.connection.getSnapshot().status).toBe('offline')
  for (const hour of [1, 2, 3]) write(morning, `hour ${hour}`, tea, cake)
  await expect.poll(() => bodies(other)).toEqual(['hour 1', 'hour 2', 'hour 3'])
  for (const stop of stops) stop()
  await morning.close()

  const { now } = Date
  onTestFinished(() => {
    Date.now = now
  })
  Date.now = () => now() + dayMs
  const evening = createKabar(options)
  onTestFinished(() => evening.close())
  const rooms = [follow(evening, tea), follow(evening, cake)]
  for (const room of rooms) await expect.poll(() => bodies(room)).toEqual(['hour 1', 'hour 2', 'hour 3'])
  write(evening, 'hour 24', tea, cake)
  for (const room of rooms) await expect.poll(() => room.getSnapshot().pending).toHaveLength(4)
  expect(evening.session.getSnapshot().status).toBe('signed-in')
  expect(rooms.map((room) => room.getSnapshot().pending.map(({ state }) => state))).toEqual(
    rooms.map(() => Array.from({ length: 4 }, () => 'sending')),
  )

  // others have gone on meanwhile
  await bob.room(tea).send({ body: 'before them' })
  isOff = false
  sockets.allow()
  await expect
    .poll(() => {
      evening.connection.retry()
      return rooms.flatMap((room) => room.getSnapshot().pending)
    })
    .toEqual([])
  const said = ['hour 1', 'hour 2', 'hour 3', 'hour 24']
  await expect.poll(() => rooms.map(bodies)).toEqual([['before them', ...said], said])
  const ofBob = [follow(bob, tea), follow(bob, cake)]
  await expect.poll(() => ofBob.map(bodies)).toEqual([['before them', ...said], said])
})
