import { IDBFactory } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { indexedDb } from '../src/persistence/indexed-db.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodies, follow, makeGuest, makeKabar, makeRoom } from './setup/clients.ts'

/** A browser: its storages, and a network that can be switched off. */
function browser() {
  const network = { isOff: false }
  const factory = new IDBFactory()
  const fetch: typeof globalThis.fetch = (input, init) =>
    network.isOff ? Promise.reject(new TypeError('Failed to fetch')) : globalThis.fetch(input, init)
  return { network, factory, options: { fetch, sessionStorage: memorySession(), persistence: indexedDb({ factory }) } }
}

test('a reload without a network shows the last state at once, and goes on after its cursor', async ({ one }) => {
  const { network, options } = browser()
  const before = await makeGuest(one, 'Ada', options)
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(before, [bob])
  const room = follow(before, id)
  const bobs = follow(bob, id)
  await room.send({ body: 'one' })
  const { id: messageId } = await room.send({ body: 'two' })
  await room.react(messageId, '👍')
  network.isOff = true
  void room.send({ body: 'unsent' }).catch(() => {})
  await expect.poll(() => bodies(room)).toEqual(['one', 'two', 'unsent'])
  await before.close()
  const after = makeKabar(one, options)
  const again = follow(after, id)
  await expect.poll(() => bodies(again)).toEqual(['one', 'two', 'unsent'])
  expect(again.getSnapshot()).toMatchObject({
    title: 'Tea',
    can: { send: { allowed: true } },
    messages: [{}, { reactions: [{ emoji: '👍', viewerHasReacted: true }] }, { state: 'sending' }],
  })
  await bobs.send({ body: 'meanwhile' })
  network.isOff = false
  after.connection.retry()
  await expect.poll(() => bodies(again)).toEqual(['one', 'two', 'meanwhile', 'unsent'])
  await expect.poll(() => again.getSnapshot().pending).toEqual([])
  await expect.poll(() => again.getSnapshot().isLive).toBe(true)
  expect(await again.verify()).toBe(true)
})

test('signing out forgets everything, and another version of the tables is dropped', async ({ one }) => {
  const { factory, options } = browser()
  const ada = await makeGuest(one, 'Ada', options)
  const room = follow(ada, await makeRoom(ada))
  await room.send({ body: 'secret' })
  const name = `kabar ${ada.url} ${ada.session.getSnapshot().user?.id}`
  const count = async () => {
    const tables = await indexedDb({ factory }).open(name.slice('kabar '.length))
    const rows = await Promise.all(
      (['rooms', 'messages', 'viewer', 'outbox'] as const).map((table) => tables.all(table)),
    )
    tables.close()
    return rows.flat().length
  }
  await expect.poll(count).toBeGreaterThan(0)
  await ada.session.signOut()
  await expect.poll(count).toBe(0)
  const opened = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = factory.open(name, 99)
    request.onupgradeneeded = () => {}
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(new Error('does not open'))
  })
  opened.close()
  // a database of a newer version cannot be opened: everything goes on in memory
  await expect(indexedDb({ factory }).open(name.slice('kabar '.length))).rejects.toThrow()
})
