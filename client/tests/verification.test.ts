// `verify` is true for what was compared and is equal, and for nothing else.

import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { expectConverged } from '../src/testing/index.ts'
import { bodies, follow, makeGuest, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

test('a room whose stream stands still is not verified, but read again', async ({ one }) => {
  const sockets = createSockets()
  const ada = await makeGuest(one, 'Ada', { WebSocket: sockets.WebSocket })
  const bob = await makeGuest(one, 'Bob')
  const room = follow(ada, await makeRoom(ada, [bob]))
  await room.send({ body: 'one' })
  await expectConverged(room)
  sockets.hold()
  onTestFinished(sockets.release)
  await bob.room(room.id).send({ body: 'unheard' })
  expect(room.getSnapshot().isLive).toBe(true)
  expect(await room.verify()).toBe(false)
  expect(bodies(room)).toEqual(['one', 'unheard'])
  await expect(expectConverged(room, { withinMs: 100 })).rejects.toThrow('not up to date')
  sockets.release()
  await expectConverged(room)
})

test('a room that nobody follows is not verified, and an empty one that somebody follows is', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const id = await makeRoom(ada)
  expect(await ada.room(id).verify()).toBe(false)
  const room = follow(ada, id)
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  expect(await room.verify()).toBe(true)
})
