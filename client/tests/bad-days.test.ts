import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { rewriteHistory } from '../../tests/support/feeds.ts'
import { test } from '../../tests/support/server.ts'
import { bounds } from '../src/config.ts'
import { KabarError } from '../src/errors.ts'
import { createKabar } from '../src/kabar.ts'
import type { Persistence } from '../src/persistence/persistence.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodies, follow, listen, makeGuest, makeKabar, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

/** Something else than Kabar, at an address of its own. */
async function pretend(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
}

const answer =
  (status: number, type: string, text: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(text)
  }

const page = '<html><h1>Welcome to our hotel</h1></html>'
const unknownField = JSON.stringify({
  errors: [{ message: 'Cannot query field "digest" on type "Room".', extensions: { code: 'BAD_USER_INPUT' } }],
})

const days: { name: string; listener: RequestListener; code: string; says: RegExp; retryAfterMs?: number }[] = [
  { name: 'a page of HTML', listener: answer(200, 'text/html', page), code: 'NOT_KABAR', says: /Check the URL/ },
  { name: 'a wrong path', listener: answer(404, 'text/plain', 'Not found'), code: 'NOT_KABAR', says: /404/ },
  { name: 'nothing at all', listener: (_, response) => response.end(), code: 'NOT_KABAR', says: /nothing/ },
  {
    name: 'JSON of something else',
    listener: answer(200, 'application/json', '{"hello":1}'),
    code: 'NOT_KABAR',
    says: /no GraphQL/,
  },
  {
    name: 'JSON that is a list',
    listener: answer(200, 'application/json', '[]'),
    code: 'NOT_KABAR',
    says: /no GraphQL/,
  },
  ...['[{"title":"Bad Request"}]', '"text"', '[null]', '{}'].map((errors) => ({
    ...{ name: `JSON with errors of something else, ${errors}`, code: 'NOT_KABAR', says: /not those of GraphQL/ },
    listener: answer(400, 'application/json', `{"errors":${errors}}`),
  })),
  { name: 'broken JSON', listener: answer(200, 'application/json', '{"da'), code: 'NOT_KABAR', says: /broken JSON/ },
  {
    name: 'a proxy without its server',
    listener: answer(502, 'text/html', page),
    code: 'NETWORK',
    says: /tried again/,
  },
  {
    ...{ name: 'a proxy that wants a wait', code: 'NETWORK', says: /tried again/, retryAfterMs: 3_000 },
    listener: answer(503, 'text/html', page, { 'retry-after': '3' }),
  },
  {
    name: 'a cut answer',
    listener: (request) => request.socket.destroy(),
    code: 'NETWORK',
    says: /could not be reached/,
  },
  {
    ...{ name: 'a server of another version', code: 'VERSION_MISMATCH', says: /Use the version of kabar-client/ },
    listener: answer(200, 'application/json', unknownField),
  },
]

for (const { name, listener, code, says, retryAfterMs = null } of days) {
  test(`${name} in place of an answer ends in ${code}, which says what to do`, async () => {
    const kabar = createKabar({ url: await pretend(listener), sessionStorage: memorySession() })
    onTestFinished(() => kabar.close())
    const error = await kabar.session.signInAsGuest({ displayName: 'Ada' }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(KabarError)
    expect(error).toMatchObject({ code, retryAfterMs, message: expect.stringMatching(says) })
    expect(kabar.session.getSnapshot().status).toBe('signed-out')
  })
}

test('an address that is none is refused at once', () => {
  for (const url of ['', 'chat', 'ftp://chat.example', 'ws://chat.example']) {
    expect(() => createKabar({ url })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  }
})

test('nobody there is NETWORK, and being signed in outlasts a captive portal', async ({ one }) => {
  const isPortal = { now: false }
  const fetch: typeof globalThis.fetch = (input, init) =>
    isPortal.now
      ? Promise.resolve(new Response(page, { headers: { 'content-type': 'text/html' } }))
      : globalThis.fetch(input, init)
  const sockets = createSockets()
  const ada = await makeGuest(one, 'Ada', { fetch, WebSocket: sockets.WebSocket })
  const room = follow(ada, await makeRoom(ada))
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  isPortal.now = true
  sockets.refuse()
  sockets.cut()
  await expect.poll(() => ada.connection.getSnapshot().status).toBe('offline')
  const sending = room.send({ body: 'from the hotel' })
  await expect(ada.query('{ server { name } }')).rejects.toMatchObject({ code: 'NOT_KABAR' })
  expect(ada.session.getSnapshot().status).toBe('signed-in')
  expect(room.getSnapshot().pending).toMatchObject([{ state: 'sending', body: 'from the hotel' }])
  isPortal.now = false
  sockets.allow()
  ada.connection.retry()
  expect((await sending).body).toBe('from the hotel')
  await expect.poll(() => ada.connection.getSnapshot().status).toBe('live')
})

test('a storage that throws is told once, and everything goes on in memory', async ({ one }) => {
  const broken = () => Promise.reject(new DOMException('The quota has been exceeded.', 'QuotaExceededError'))
  const tables = { get: broken, all: broken, write: broken, clear: broken, close() {} }
  const persistences: Persistence[] = [{ open: broken }, { open: async () => tables }]
  for (const persistence of persistences) {
    const errors: KabarError[] = []
    const ada = await makeGuest(one, 'Ada', { persistence, onError: (error) => errors.push(error) })
    const room = follow(ada, await makeRoom(ada))
    await room.send({ body: 'kept in memory' })
    await expect.poll(() => bodies(room)).toEqual(['kept in memory'])
    expect(errors).toMatchObject([{ code: 'STORAGE', message: expect.stringMatching(/quota.*goes on in memory/i) }])
  }
})

const denied = () => {
  throw new DOMException('denied', 'SecurityError')
}

for (const { name, storage, told } of [
  { name: 'to be read', storage: { load: denied, save() {} }, told: 1 },
  { name: 'to be written', storage: { load: () => null, save: denied }, told: 1 },
  {
    name: 'to be written, later',
    storage: { load: () => null, save: () => Promise.reject(new Error('full')) },
    told: 1,
  },
]) {
  test(`a storage of the session that refuses ${name} keeps it for the page, and is told once`, async ({ one }) => {
    const errors: KabarError[] = []
    const ada = makeKabar(one, { sessionStorage: storage, onError: (error) => errors.push(error) })
    await expect.poll(() => ada.session.getSnapshot().status).toBe('signed-out')
    await ada.session.signInAsGuest({ displayName: 'Ada' })
    await ada.session.accessToken({ fresh: true })
    expect(ada.session.getSnapshot().status).toBe('signed-in')
    expect(errors).toMatchObject(Array.from({ length: told }, () => ({ code: 'STORAGE' })))
    await ada.session.signOut()
    expect(ada.session.getSnapshot().status).toBe('signed-out')
  })
}

test('a feed that is another one now is read anew without showing nothing in between, and what waits is sent', async ({
  one,
  databaseUrl,
}) => {
  const { default: pg } = await import('pg')
  const { parseId } = await import('../../src/input/ids.ts')
  const sockets = createSockets()
  const ada = await makeGuest(one, 'Ada', { WebSocket: sockets.WebSocket })
  const id = await makeRoom(ada)
  const room = follow(ada, id)
  for (const body of ['one', 'two']) await room.send({ body })
  const seen = new Set<number>()
  onTestFinished(room.subscribe(() => seen.add(bodies(room).length)))
  const admin = new pg.Client(databaseUrl)
  await admin.connect()
  onTestFinished(() => admin.end())
  await rewriteHistory(admin, parseId('Room', id, 'roomId'))
  sockets.cut()
  await expect.poll(() => room.getSnapshot().isLive).toBe(false)
  await room.send({ body: 'three' })
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  expect(bodies(room)).toEqual(['one', 'two', 'three'])
  expect([...seen].every((count) => count >= 2)).toBe(true)
})

test('a machine that slept takes its socket for dead, and catches up after its last event', async ({ one }) => {
  const sockets = createSockets()
  const ada = await makeGuest(one, 'Ada', { WebSocket: sockets.WebSocket })
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(ada, [bob])
  const [room, bobs] = [follow(ada, id), follow(bob, id)]
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  const { count } = sockets
  sockets.hold()
  await bobs.send({ body: 'while it slept' })
  const now = Date.now
  onTestFinished(() => {
    Date.now = now
  })
  Date.now = () => now() + 86_400_000
  ada.connection.retry()
  await expect.poll(() => bodies(room)).toEqual(['while it slept'])
  expect(sockets.count).toBe(count + 1)
  expect(bounds.pingMs).toBeLessThan(86_400_000)
})

test('while it catches up it says how many messages it knows of that are not there yet', async ({ one }) => {
  const sockets = createSockets()
  const ada = await makeGuest(one, 'Ada', { WebSocket: sockets.WebSocket })
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(ada, [bob])
  listen(ada.rooms)
  const room = follow(ada, id)
  await expect.poll(() => ada.connection.getSnapshot()).toMatchObject({ status: 'live', behind: null })
  sockets.block('subscription RoomEvents')
  sockets.cut()
  for (const body of ['one', 'two', 'three']) await bob.room(id).send({ body })
  await expect.poll(() => ada.connection.getSnapshot()).toMatchObject({ status: 'catching-up', behind: 3 })
  sockets.unblock()
  await expect.poll(() => ada.connection.getSnapshot()).toMatchObject({ status: 'live', behind: null })
  expect(bodies(room)).toEqual(['one', 'two', 'three'])
})

test('a room that the viewer is taken out of is gone, and there again when they come back', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(ada, [bob])
  const [room, list] = [follow(bob, id), listen(bob.rooms)]
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  await ada.room(id).send({ body: 'hello' })
  const input = { roomId: id, userId: bob.session.getSnapshot().user?.id }
  await ada.mutate('mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { room { id } } }', { input })
  await expect.poll(() => room.getSnapshot().status).toBe('gone')
  await expect.poll(() => list.getSnapshot().rooms).toEqual([])
  await bob.mutate('mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { room { id } } }', { id })
  await expect.poll(() => room.getSnapshot()).toMatchObject({ status: 'ready', error: null })
  expect(bodies(room)).toEqual(['hello'])
})
