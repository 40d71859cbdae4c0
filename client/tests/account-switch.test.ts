// Switches between accounts: changes are made by the user who wrote them, and nothing of a user stays on the device.

import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import type { KabarOptions } from '../src/api/kabar.ts'
import { createKabar } from '../src/kabar.ts'
import { memoryPersistence } from '../src/persistence/memory.ts'
import type { TableName } from '../src/persistence/persistence.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodies, bodyOf, follow, makeRoom } from './setup/clients.ts'

const tableNames: readonly TableName[] = ['rooms', 'messages', 'viewer', 'outbox']

/** A browser: what it keeps, and a network that can be held up. */
function openBrowser(url: string) {
  const persistence = memoryPersistence()
  const holds = new Map<string, Promise<unknown>>()
  const asked: { operation: string; token: string | null }[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const operation = /(?:mutation|query) (\w+)/.exec(bodyOf(init))?.[1] ?? ''
    asked.push({ operation, token: new Headers(init?.headers).get('authorization') })
    await holds.get(operation)
    const answer = await globalThis.fetch(input, init)
    await holds.get(`answer to ${operation}`)
    return answer
  }
  const options: KabarOptions = { url, sessionStorage: memorySession(), persistence, fetch }
  return {
    asked,
    open(more: Partial<KabarOptions> = {}) {
      const kabar = createKabar({ ...options, ...more })
      onTestFinished(() => kabar.close())
      return kabar
    },
    /** Holds up an operation, or the `answer to` it. Returns what lets it go on. */
    hold(operation: string): () => void {
      let release: () => void = () => {}
      holds.set(operation, new Promise<void>((resolve) => (release = resolve)))
      return () => {
        holds.delete(operation)
        release()
      }
    },
    /** Counts what is kept for a user. */
    async countKept(userId: string) {
      const tables = await persistence.open(`${url} ${userId}`)
      const rows = await Promise.all(tableNames.map((table) => tables.all(table)))
      return rows.flat().length
    },
    countUnsent: async (userId: string) => (await (await persistence.open(`${url} ${userId}`)).all('outbox')).length,
  }
}

const signedInAs = { displayName: 'Ada' }

test('a message that waits when another account signs in is never sent by that account', async ({ one }) => {
  const browser = openBrowser(`${one.url}/graphql`)
  const kabar = browser.open()
  await kabar.session.signInAsGuest(signedInAs)
  const room = follow(kabar, await makeRoom(kabar))
  await room.send({ body: 'first' })
  const release = browser.hold('SendMessage')
  const tokens = () => browser.asked.filter(({ operation }) => operation === 'SendMessage').map(({ token }) => token)
  const sending = room.send({ body: 'private' }).catch((error) => error)
  await expect.poll(() => tokens().length).toBe(2)
  const bob = await kabar.session.signInAsGuest({ displayName: 'Bob' })
  release()
  expect(await sending).toMatchObject({ code: 'CANCELLED' })
  await expect.poll(() => kabar.account.getSnapshot().user?.id ?? kabar.session.getSnapshot().user?.id).toBe(bob.id)
  await makeRoom(kabar)
  expect(new Set(tokens()).size).toBe(1)
})

for (const { name, end, isKept } of [
  { name: 'signs out', end: 'signOut', isKept: false },
  { name: 'makes room for another account', end: 'other', isKept: false },
  { name: 'is ended by the server', end: 'expire', isKept: true },
] as const) {
  for (const isOpen of [true, false]) {
    test(`what is kept for an account that ${name} ${isOpen ? 'is' : 'while it opens is'} ${isKept ? 'kept' : 'deleted'}`, async ({
      one,
    }) => {
      const browser = openBrowser(`${one.url}/graphql`)
      const first = browser.open()
      const ada = await first.session.signInAsGuest(signedInAs)
      const room = follow(first, await makeRoom(first))
      await room.send({ body: 'kept' })
      await expect.poll(() => bodies(room)).toEqual(['kept'])
      await first.close()
      expect(await browser.countKept(ada.id)).toBeGreaterThan(0)
      const kabar = browser.open()
      if (isOpen) await makeRoom(kabar)
      if (isOpen) follow(kabar, room.id)
      if (end === 'signOut') await kabar.session.signOut()
      if (end === 'other') await kabar.session.signInAsGuest({ displayName: 'Bob' })
      if (end === 'expire') {
        await one.database.pool.query(
          'update sessions set revoked_at = now() where user_id = (select user_id from sessions order by created_at desc limit 1)',
        )
        await kabar.session.accessToken({ fresh: true })
        expect(kabar.session.getSnapshot()).toMatchObject({ status: 'signed-out', reason: 'expired' })
      }
      await kabar.close()
      expect((await browser.countKept(ada.id)) > 0).toBe(isKept)
    })
  }
}

test('what is kept for a session that ran out is deleted when another account signs in', async ({ one }) => {
  const browser = openBrowser(`${one.url}/graphql`)
  const first = browser.open()
  const ada = await first.session.signInAsGuest(signedInAs)
  const room = follow(first, await makeRoom(first))
  const release = browser.hold('SendMessage')
  void room.send({ body: 'unsent' }).catch(() => {})
  await expect.poll(() => browser.countUnsent(ada.id)).toBe(1)
  await one.database.pool.query(
    'update sessions set revoked_at = now() where user_id = (select user_id from sessions order by created_at desc limit 1)',
  )
  await first.session.accessToken({ fresh: true })
  await first.close()
  release()
  expect(await browser.countUnsent(ada.id)).toBe(1)
  const next = browser.open()
  await next.session.signInAsGuest({ displayName: 'Bob' })
  await makeRoom(next)
  await next.close()
  expect(await browser.countKept(ada.id)).toBe(0)
})

for (const { name, act, status } of [
  { name: 'sign-out', act: 'signOut', status: 'signed-out' },
  { name: 'sign-in of another account', act: 'signIn', status: 'Bob' },
] as const) {
  test(`a refresh that is answered after a ${name} changes nothing`, async ({ one }) => {
    const browser = openBrowser(`${one.url}/graphql`)
    const kabar = browser.open()
    await kabar.session.signInAsGuest(signedInAs)
    const release = browser.hold('answer to Refresh')
    const refreshing = kabar.session.accessToken({ fresh: true })
    await expect.poll(() => browser.asked.some(({ operation }) => operation === 'Refresh')).toBe(true)
    if (act === 'signOut') await kabar.session.signOut()
    else await kabar.session.signInAsGuest({ displayName: 'Bob' })
    release()
    await refreshing
    const state = kabar.session.getSnapshot()
    expect(state.user?.displayName ?? state.status).toBe(status)
    // and after a reload
    await kabar.close()
    const reloaded = browser.open()
    await reloaded.session.accessToken()
    expect(reloaded.session.getSnapshot().user?.displayName ?? reloaded.session.getSnapshot().status).toBe(status)
  })
}

test('a client whose storage never answers is closed within its time, and its calls end', async ({ one }) => {
  const kabar = createKabar({
    ...{ url: `${one.url}/graphql`, sessionStorage: memorySession() },
    persistence: { open: () => new Promise(() => {}) },
  })
  await kabar.session.signInAsGuest(signedInAs)
  const sending = kabar
    .room('room_1')
    .send({ body: 'never' })
    .catch((error) => error)
  await kabar.close()
  expect(await sending).toMatchObject({ code: 'CANCELLED' })
})
