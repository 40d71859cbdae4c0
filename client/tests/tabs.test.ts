import { Worker } from 'node:worker_threads'
import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { bounds } from '../src/config.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodies, follow, makeGuest, makeKabar, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

/** A tab waits for a silent leader longer than a poll does. */
const patience = { timeout: bounds.leaderSilentMs + 10_000 }

test('tabs of one account share one socket, and the next goes on without a gap when the first is gone', async ({
  one,
}) => {
  const sockets = createSockets()
  const sessionStorage = memorySession()
  const options = { sessionStorage, WebSocket: sockets.WebSocket, sharesConnection: true }
  const first = await makeGuest(one, 'Ada', options)
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(first, [bob])
  const bobs = follow(bob, id)
  const shown = follow(first, id)
  await expect.poll(() => shown.getSnapshot().isLive).toBe(true)
  const others = [makeKabar(one, options), makeKabar(one, options)]
  const rooms = others.map((tab) => follow(tab, id))
  await expect.poll(() => rooms.map((room) => room.getSnapshot().isLive)).toEqual([true, true])
  await bobs.send({ body: 'to all' })
  for (const room of [shown, ...rooms]) await expect.poll(() => bodies(room)).toEqual(['to all'])
  expect(sockets.count).toBe(1)
  expect(others.map((tab) => tab.connection.getSnapshot().transport)).toEqual(['tab', 'tab'])
  const closing = first.close()
  await bobs.send({ body: 'while nobody leads' })
  await closing
  await bobs.send({ body: 'to those who are left' })
  for (const room of rooms) {
    await expect.poll(() => bodies(room)).toEqual(['to all', 'while nobody leads', 'to those who are left'])
  }
  await expect.poll(() => sockets.count).toBe(2)
  // a socket that is lost is told to those who follow too
  sockets.refuse()
  sockets.cut()
  await expect.poll(() => others.map((tab) => tab.connection.getSnapshot().status)).toEqual(['offline', 'offline'])
  sockets.allow()
  for (const tab of others) tab.connection.retry()
  await expect.poll(() => others.map((tab) => tab.connection.getSnapshot().status)).toEqual(['live', 'live'])
})

test('a visible tab takes over from a leader that hangs, which follows when it goes on', async ({ one }) => {
  const sessionStorage = memorySession()
  const ada = await makeGuest(one, 'Ada', { sessionStorage })
  const id = await makeRoom(ada)
  await ada.room(id).send({ body: 'before' })
  const session = await sessionStorage.load()
  await ada.close()
  const wake = new Int32Array(new SharedArrayBuffer(4))
  const leader = new Worker(new URL('./setup/hanging-tab.ts', import.meta.url), {
    workerData: { url: `${one.url}/graphql`, session, roomId: id, wake },
  })
  const told: unknown[] = []
  leader.on('message', (word) => told.push(word))
  onTestFinished(async () => {
    Atomics.notify(wake, 0)
    await leader.terminate()
  })
  await expect.poll(() => told.at(-1), patience).toMatchObject({ isLive: true, transport: 'socket' })
  const tab = makeKabar(one, { sessionStorage, sharesConnection: true })
  const room = follow(tab, id)
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  expect(tab.connection.getSnapshot().transport).toBe('tab')

  leader.postMessage('hang')
  await expect.poll(() => told.at(-1)).toBe('hangs')
  const sent = tab.room(id).send({ body: 'while it hangs' })
  await expect.poll(() => tab.connection.getSnapshot(), patience).toMatchObject({ transport: 'socket', status: 'live' })
  await sent
  expect(bodies(room)).toEqual(['before', 'while it hangs'])

  Atomics.store(wake, 0, 1)
  Atomics.notify(wake, 0)
  const followed = { isLive: true, transport: 'tab', bodies: ['before', 'while it hangs'] }
  await expect.poll(() => told.at(-1), patience).toEqual(followed)
  await tab.room(id).send({ body: 'after it' })
  await expect.poll(() => told.at(-1)).toMatchObject({ bodies: ['before', 'while it hangs', 'after it'] })
})

test('where sockets are blocked, events come over event streams', async ({ one }) => {
  const sockets = createSockets()
  sockets.refuse()
  const ada = await makeGuest(one, 'Ada', { WebSocket: sockets.WebSocket })
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(ada, [bob])
  const [room, bobs] = [follow(ada, id), follow(bob, id)]
  await expect.poll(() => ada.connection.getSnapshot()).toMatchObject({ status: 'live', transport: 'event-stream' })
  for (const body of ['one', 'two', 'three']) await bobs.send({ body })
  await expect.poll(() => bodies(room)).toEqual(['one', 'two', 'three'])
})

test('a stream of a tab that follows ends when the tab is closed', async ({ one }) => {
  const options = { sessionStorage: memorySession(), sharesConnection: true }
  const first = await makeGuest(one, 'Ada', options)
  const id = await makeRoom(first)
  const shown = follow(first, id)
  await expect.poll(() => shown.getSnapshot().isLive).toBe(true)
  const tab = makeKabar(one, options)
  const room = follow(tab, id)
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  expect(tab.connection.getSnapshot().transport).toBe('tab')
  const query = 'subscription ($id: ID!) { roomEvents(roomId: $id) { __typename cursor } }'
  const completed = new Promise<void>((complete) => tab.subscribe(query, { id }, { next() {}, complete }))
  await tab.close()
  await completed
})
