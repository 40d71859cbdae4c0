import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import type { SessionStorage } from '../src/api/session.ts'
import { createKabar } from '../src/kabar.ts'
import { memorySession } from '../src/session/storage.ts'
import { makeGuest, makeKabar } from './setup/clients.ts'

/** A storage that all tabs of a browser share, as localStorage: the others are told of a change. */
function sharedStorage(): { ofTab(): SessionStorage; text(): string | null } {
  let kept: string | null = null
  const tabs = new Set<() => void>()
  return {
    text: () => kept,
    ofTab: () => {
      let own: (() => void) | null = null
      return {
        load: () => kept,
        save(text) {
          kept = text
          for (const changed of tabs) if (changed !== own) changed()
        },
        watch(changed) {
          own = changed
          tabs.add(changed)
          return () => void tabs.delete(changed)
        },
      }
    },
  }
}

/** A fetch that counts refreshes, and can be switched off. */
function countingFetch() {
  const counts = { refreshes: 0, isOff: false }
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (counts.isOff) return Promise.reject(new TypeError('Failed to fetch'))
    if (JSON.stringify(init?.body).includes('refreshSession')) counts.refreshes += 1
    return globalThis.fetch(input, init)
  }
  return { counts, fetch }
}

const viewerQuery = '{ viewer { user { id } } }'

test('20 tabs that need a fresh token in the same moment make one refresh, and nobody is signed out', async ({
  start,
}) => {
  const server = await start({ accessTokenSeconds: 2 })
  const storage = sharedStorage()
  const { counts, fetch } = countingFetch()
  const first = makeKabar(server, { sessionStorage: storage.ofTab(), fetch })
  await first.session.signInAsGuest({ displayName: 'Ada' })
  const tabs = Array.from({ length: 20 }, () => makeKabar(server, { sessionStorage: storage.ofTab(), fetch }))
  const before = await first.session.accessToken()
  await expect.poll(async () => (await Promise.all(tabs.map((tab) => tab.session.accessToken())))[0]).not.toBe(before)
  const answers = await Promise.all(tabs.map((tab) => tab.query(viewerQuery)))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(counts.refreshes).toBe(1)
  for (const tab of tabs) expect(tab.session.getSnapshot().status).toBe('signed-in')
})

test('a clock that is 20 minutes slow or fast is not noticed', async ({ one }) => {
  for (const minutes of [-20, 20]) {
    // a thread of its own, because the server has the clock of this one
    const worker = new Worker(new URL('./setup/skewed-clock.ts', import.meta.url), {
      workerData: { url: `${one.url}/graphql`, minutes },
    })
    onTestFinished(async () => void (await worker.terminate()))
    const [told] = await once(worker, 'message')
    expect([minutes, told]).toEqual([minutes, { refreshes: 0, queries: 3, status: 'signed-in' }])
  }
})

test('nobody is signed out by a network that is away, and a refresh goes on when it is back', async ({ start }) => {
  const server = await start({ accessTokenSeconds: 1 })
  const { counts, fetch } = countingFetch()
  const kabar = await makeGuest(server, 'Ada', { fetch })
  const token = await kabar.session.accessToken()
  counts.isOff = true
  await expect.poll(() => kabar.session.accessToken().catch(({ code }) => code)).toBe('NETWORK')
  expect(kabar.session.getSnapshot().status).toBe('signed-in')
  await expect(kabar.query(viewerQuery)).rejects.toMatchObject({ code: 'NETWORK' })
  counts.isOff = false
  expect(await kabar.session.accessToken()).not.toBe(token)
  expect(await kabar.query(viewerQuery)).toMatchObject({ viewer: { user: {} } })
})

test('a session that was ended elsewhere is over, with its reason, in all tabs and after a reload', async ({ one }) => {
  const storage = sharedStorage()
  const ada = await makeGuest(one, 'Ada', { sessionStorage: storage.ofTab() })
  const other = makeKabar(one, { sessionStorage: storage.ofTab() })
  await expect.poll(() => other.session.getSnapshot().status).toBe('signed-in')
  const { viewer } = await ada.query<{ viewer: { session: { id: string } } }>('{ viewer { session { id } } }')
  const input = { sessionId: viewer.session.id }
  await ada.mutate('mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { session { id } } }', {
    input,
  })
  await expect(ada.query(viewerQuery)).rejects.toMatchObject({
    code: expect.stringMatching(/SESSION_EXPIRED|UNAUTHENTICATED/),
  })
  const reloaded = makeKabar(one, { sessionStorage: storage.ofTab() })
  for (const { session } of [ada, other, reloaded]) {
    await expect.poll(() => session.getSnapshot()).toMatchObject({ status: 'signed-out', reason: 'expired' })
  }
})

test('signing out in one tab signs out the others, and another account in one tab is that of all', async ({ one }) => {
  const storage = sharedStorage()
  const [first, second] = [storage.ofTab(), storage.ofTab()].map((sessionStorage) => makeKabar(one, { sessionStorage }))
  await first?.session.signInAsGuest({ displayName: 'Ada' })
  await expect.poll(() => second?.session.getSnapshot().user?.displayName).toBe('Ada')
  await second?.session.signInAsGuest({ displayName: 'Bob' })
  await expect.poll(() => first?.session.getSnapshot().user?.displayName).toBe('Bob')
  await first?.session.signOut()
  await expect.poll(() => second?.session.getSnapshot()).toMatchObject({ status: 'signed-out', reason: 'elsewhere' })
  expect(storage.text()).toBeNull()
})

test('a session is there again after a reload, and an unreadable one is none', async ({ one }) => {
  const sessionStorage = memorySession()
  const before = await makeGuest(one, 'Ada', { sessionStorage })
  await before.close()
  const after = makeKabar(one, { sessionStorage })
  await expect
    .poll(() => after.session.getSnapshot())
    .toMatchObject({ status: 'signed-in', user: { displayName: 'Ada' } })
  for (const text of ['', 'no JSON', '{"version":0}', 'null']) {
    const kabar = createKabar({ url: `${one.url}/graphql`, sessionStorage: { load: () => text, save() {} } })
    onTestFinished(() => kabar.close())
    await expect.poll(() => kabar.session.getSnapshot().status).toBe('signed-out')
  }
})
