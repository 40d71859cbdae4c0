import { expect, onTestFinished } from 'vitest'
import { createRandom } from '../../tests/simulation/virtual-time.ts'
import { test } from '../../tests/support/server.ts'
import type { Kabar, KabarOptions } from '../src/api/kabar.ts'
import { KabarError } from '../src/errors.ts'
import { createKabar } from '../src/kabar.ts'
import { createOutbox } from '../src/outbox/outbox.ts'
import { memoryPersistence } from '../src/persistence/memory.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodies, follow, makeGuest, makeRoom } from './setup/clients.ts'

/** A network of a client that fails as told: before the server hears, or before its answer is heard. */
function flakyFetch(fails: () => 'before' | 'after' | null) {
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const how = JSON.stringify(init?.body).includes('sendMessage') ? fails() : null
    if (how === 'before') throw new TypeError('Failed to fetch')
    const answer = await globalThis.fetch(input, init)
    if (how === 'after') throw new TypeError('Failed to fetch')
    return answer
  }
  return fetch
}

/** Returns the messages that are stored in a room, in order. */
async function stored(kabar: Kabar, roomId: string): Promise<string[]> {
  const all: string[] = []
  let after: string | null = null
  for (;;) {
    const {
      room,
    }: {
      room: { messages: { nodes: { body: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }
    } = await kabar.query(
      'query ($id: ID!, $after: String) { room(id: $id) { messages(first: 100, after: $after) { nodes { body } pageInfo { hasNextPage endCursor } } } }',
      { id: roomId, after },
    )
    all.push(...room.messages.nodes.map(({ body }) => body))
    if (!room.messages.pageInfo.hasNextPage) return all
    after = room.messages.pageInfo.endCursor
  }
}

// CLIENT_SENDS=1000 sends more
const sends = Number(process.env.CLIENT_SENDS ?? 80)

test(`${sends} sends over a network that loses half, while the page is killed at random, are each stored once and in order`, async ({
  one,
}) => {
  const random = createRandom(7)
  const options: KabarOptions = {
    url: `${one.url}/graphql`,
    sessionStorage: memorySession(),
    persistence: memoryPersistence(),
    fetch: flakyFetch(() => random.pick(['before', 'after', null, null])),
  }
  let kabar = createKabar(options)
  await kabar.session.signInAsGuest({ displayName: 'Ada' })
  const id = await makeRoom(kabar)
  let kills = 0
  for (let number = 1; number <= sends; number++) {
    void kabar
      .room(id)
      .send({ body: `message ${number}` })
      .catch(() => {})
    if (!random.chance(0.1)) continue
    await new Promise((resolve) => setTimeout(resolve, random.below(30)))
    await kabar.close()
    kabar = createKabar(options)
    kills += 1
  }
  const room = kabar.room(id)
  const stop = room.subscribe(() => {})
  await expect.poll(() => room.getSnapshot().messageCount, { timeout: 100_000 }).toBe(sends)
  await expect.poll(() => room.getSnapshot().pending, { timeout: 100_000 }).toEqual([])
  expect(await stored(kabar, id)).toEqual(Array.from({ length: sends }, (_, index) => `message ${index + 1}`))
  expect(kills).toBeGreaterThan(3)
  stop()
  await kabar.close()
}, 400_000)

test('a message that is sent while the code of the account loads is kept by a client that is closed at once', async ({
  one,
}) => {
  const kept = { sessionStorage: memorySession(), persistence: memoryPersistence(), url: `${one.url}/graphql` }
  const first = createKabar(kept)
  await first.session.signInAsGuest({ displayName: 'Ada' })
  const id = await makeRoom(first)
  await first.close()
  const early = createKabar(kept)
  const sending = early.room(id).send({ body: 'early' })
  const [error] = await Promise.all([sending.catch((thrown) => thrown), early.close()])
  expect(error).toMatchObject({ code: 'CANCELLED' })
  await expect(early.room(id).send({ body: 'late' })).rejects.toMatchObject({ code: 'CANCELLED' })
  const next = createKabar(kept)
  onTestFinished(() => next.close())
  const room = follow(next, id)
  await expect.poll(() => bodies(room)).toEqual(['early'])
  await expect.poll(() => room.getSnapshot().pending).toEqual([])
})

test('what is written without a network waits, keeps its key, and goes in order when the network is back', async ({
  one,
}) => {
  const network = { isOff: false }
  const persistence = memoryPersistence()
  const fetch: typeof globalThis.fetch = (input, init) =>
    network.isOff ? Promise.reject(new TypeError('Failed to fetch')) : globalThis.fetch(input, init)
  const ada = await makeGuest(one, 'Ada', { fetch, persistence })
  const room = follow(ada, await makeRoom(ada))
  await room.send({ body: 'before' })
  network.isOff = true
  const sending = ['one', 'two', 'three'].map((body) => room.send({ body }))
  await expect.poll(() => bodies(room)).toEqual(['before', 'one', 'two', 'three'])
  const keys = room.getSnapshot().messages.map(({ key }) => key)
  expect(room.getSnapshot().messages.map(({ state }) => state)).toEqual(['stored', 'sending', 'sending', 'sending'])
  network.isOff = false
  ada.connection.retry()
  const numbers = (await Promise.all(sending)).map(({ number }) => number)
  expect(numbers).toEqual([2, 3, 4])
  expect(room.getSnapshot().messages.map(({ key }) => key)).toEqual(keys)
  expect(room.getSnapshot().pending).toEqual([])
})

test('what is refused stops alone, with the reason, and may be tried again or given up', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const room = follow(ada, await makeRoom(ada))
  const failing = room.send({ body: ' ' }).catch((error) => error)
  const going = room.send({ body: 'fine' })
  expect(await failing).toMatchObject({ code: 'BAD_USER_INPUT', name: 'KabarError' })
  expect((await going).number).toBe(1)
  const [failed] = room.getSnapshot().pending
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'BAD_USER_INPUT' } })
  const states: (string | undefined)[] = []
  room.subscribe(() => states.push(room.getSnapshot().pending[0]?.state))
  failed?.retry()
  await expect.poll(() => [states[0], states.at(-1)]).toEqual(['sending', 'failed'])
  room.getSnapshot().pending[0]?.discard()
  await expect.poll(() => bodies(room)).toEqual(['fine'])
})

test('changes of a message show at once, and are taken back when they are refused', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(ada, [bob])
  const [adas, bobs] = [follow(ada, id), follow(bob, id)]
  const { id: messageId } = await adas.send({ body: 'hello' })
  await expect.poll(() => bodies(bobs)).toEqual(['hello'])
  const shown: unknown[] = []
  onTestFinished(bobs.subscribe(() => shown.push(bobs.getSnapshot().messages[0])))
  const refused = bobs.edit(messageId, 'changed by Bob').catch((error) => error)
  expect(await refused).toMatchObject({ code: 'FORBIDDEN' })
  expect(shown).toContainEqual(expect.objectContaining({ body: 'changed by Bob', state: 'sending' }))
  expect(bobs.getSnapshot().messages).toMatchObject([{ body: 'hello', state: 'failed', error: { code: 'FORBIDDEN' } }])
  bobs.getSnapshot().messages[0]?.discard()
  await expect.poll(() => bobs.getSnapshot().messages).toMatchObject([{ body: 'hello', state: 'stored' }])
  await adas.edit(messageId, 'edited')
  await adas.react(messageId, '👍')
  await adas.pin(messageId)
  expect(adas.getSnapshot()).toMatchObject({
    messages: [{ body: 'edited', reactions: [{ emoji: '👍', count: 1, viewerHasReacted: true }] }],
    pinned: [{ id: messageId }],
  })
  await adas.remove(messageId)
  expect(adas.getSnapshot()).toMatchObject({ messages: [{ body: '', reactions: [] }], pinned: [] })
  await expect.poll(() => bobs.getSnapshot().messages[0]?.deletedAt).not.toBeNull()
})

test('files are uploaded before their message, which shows them meanwhile', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const room = follow(ada, await makeRoom(ada))
  const file = new File(['some text'], 'notes.txt', { type: 'text/plain' })
  const sending = room.send({ body: 'see', files: [file, new Blob(['more'], { type: 'text/plain' })] })
  await expect
    .poll(() => room.getSnapshot().pending[0]?.attachments)
    .toMatchObject([{ name: 'notes.txt' }, { name: 'file 2' }])
  const { attachments } = await sending
  expect(attachments).toMatchObject([
    { name: 'notes.txt', bytes: 9 },
    { name: 'file 2', bytes: 4 },
  ])
  const [shown] = room.getSnapshot().messages[0]?.attachments ?? []
  expect(await (await fetch(shown?.url ?? '')).text()).toBe('some text')
})

test('a message that is discarded while its files are uploaded is not sent', async ({ one }) => {
  const started = Promise.withResolvers<void>()
  const resumed = Promise.withResolvers<void>()
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (init?.method === 'PUT') {
      started.resolve()
      await resumed.promise
    }
    return globalThis.fetch(input, init)
  }
  const ada = await makeGuest(one, 'Ada', { fetch })
  const room = follow(ada, await makeRoom(ada))
  const sending = room.send({ body: 'no', files: [new Blob(['text'], { type: 'text/plain' })] }).catch((error) => error)
  await started.promise
  room.getSnapshot().pending[0]?.discard()
  expect(await sending).toMatchObject({ code: 'CANCELLED' })
  resumed.resolve()
  // behind it in the lane of the room
  await room.send({ body: 'yes' })
  expect(await stored(ada, room.id)).toEqual(['yes'])
})

test('a record that is dropped while the tables are read does not come back', async () => {
  const tables = memoryPersistence().open('Ada')
  const [read, reading] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const made: string[] = []
  const outbox = createOutbox({
    ...{ tabId: 'tab', changed() {}, failedToKeep() {}, answered: () => false, isTabAlive: async () => false },
    tables: {
      ...(await tables),
      async all(table) {
        const rows = await (await tables).all(table)
        read.resolve()
        await reading.promise
        return rows
      },
    },
    async perform({ change }) {
      made.push(change.kind)
      throw new KabarError('FORBIDDEN', 'No.')
    },
  })
  await expect(outbox.add('room', { kind: 'pin', messageId: 'message' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  const taking = outbox.takeOver()
  await read.promise
  for (const { key } of outbox.of('room')) outbox.discard(key)
  reading.resolve()
  await taking
  expect(outbox.of('room')).toEqual([])
  expect(made).toEqual(['pin'])
})

test('a send that is answered before its room is read resolves when the room shows it', async ({ one }) => {
  const reading = Promise.withResolvers<void>()
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (JSON.stringify(init?.body).includes('query RoomSnapshot')) await reading.promise
    return globalThis.fetch(input, init)
  }
  const ada = await makeGuest(one, 'Ada', { fetch })
  const room = follow(ada, await makeRoom(ada))
  const shown: string[][] = []
  const sending = room.send({ body: 'early' }).then(() => shown.push(bodies(room)))
  await expect.poll(() => room.getSnapshot().pending.map(({ state }) => state)).toEqual(['stored'])
  expect(shown).toEqual([])
  reading.resolve()
  await sending
  expect(shown).toEqual([['early']])
  expect(room.getSnapshot().room).not.toBeNull()
})
