// Browsers that have Web Locks and refuse them, as in a sandboxed frame.

import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { createRunAlone } from '../src/tabs/locks.ts'
import { bodies, follow, makeGuest, makeRoom } from './setup/clients.ts'

const refusals = ['SecurityError', 'InvalidStateError', 'NotSupportedError']

/** Locks of a browser that refuses each of them. */
const refusing = (name: string) =>
  ({ request: () => Promise.reject(new DOMException('no', name)), query: async () => ({ held: [] }) }) as never

function setLocks(locks: LockManager): void {
  const before = globalThis.navigator.locks
  const set = (value: LockManager) => {
    Object.defineProperty(globalThis.navigator, 'locks', { value, configurable: true })
  }
  set(locks)
  onTestFinished(() => set(before))
}

for (const name of refusals) {
  test(`where locks refuse with ${name}, each page has a socket of its own, and sessions last`, async ({ one }) => {
    setLocks(refusing(name))
    const ada = await makeGuest(one, 'Ada', { sharesConnection: true })
    const room = follow(ada, await makeRoom(ada))
    await expect.poll(() => ada.connection.getSnapshot()).toMatchObject({ status: 'live', transport: 'socket' })
    expect(await ada.session.accessToken({ fresh: true })).toEqual(expect.any(String))
    await room.send({ body: 'hello' })
    expect(bodies(room)).toEqual(['hello'])
  })

  test(`where locks refuse with ${name}, tasks of a page wait for each other, and fail as they do`, async () => {
    const runAlone = createRunAlone(refusing(name))
    const done: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = runAlone('refresh', async () => {
      await promise
      done.push('first')
    })
    const second = runAlone('refresh', async () => {
      done.push('second')
      throw new TypeError('own fault')
    })
    resolve()
    await first
    await expect(second).rejects.toThrow('own fault')
    expect(done).toEqual(['first', 'second'])
  })
}
