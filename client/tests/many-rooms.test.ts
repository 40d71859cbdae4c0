// More rooms than are held: each is whole when one comes back to it, and what is forgotten takes no memory.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished } from 'vitest'
import { test } from '../../tests/support/server.ts'
import type { Room } from '../src/api/room.ts'
import { bounds } from '../src/config.ts'
import { createRoomFacades } from '../src/room-facades.ts'
import { makeGuest, makeRoom } from './setup/clients.ts'

const { roomsMax, pageSize } = bounds

/** Waits until a room that is followed is up to date. */
async function live(room: Room): Promise<void> {
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
}

/** The states in which the last message of a room is shown, from now on. */
function statesOf(room: Room): Set<string | undefined> {
  const states = new Set<string | undefined>()
  onTestFinished(room.subscribe(() => states.add(room.getSnapshot().messages.at(-1)?.state)))
  return states
}

test(`a room is whole after ${roomsMax} others were opened`, async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(one, 'Bob')
  const first = await makeRoom(ada, [bob])
  const others = await Promise.all(Array.from({ length: roomsMax }, () => makeRoom(ada)))
  const say = 'mutation ($id: ID!) { sendMessage(input: { roomId: $id, body: "hello" }) { message { id } } }'
  await bob.mutate(say, { id: first })
  await Promise.all(Array.from({ length: pageSize }, () => bob.mutate(say, { id: first })))
  const room = ada.room(first)
  const stop = room.subscribe(() => {})
  await live(room)
  stop()
  for (const id of others) ada.room(id).subscribe(() => {})()
  onTestFinished(room.subscribe(() => {}))
  await live(room)
  expect(room.getSnapshot()).toMatchObject({ hasOlder: true })
  await room.loadOlder()
  expect(room.getSnapshot().messages).toHaveLength(pageSize + 1)
  await room.markRead()
  expect(room.getSnapshot()).toMatchObject({ readNumber: pageSize + 1, firstUnreadNumber: null })
  const states = statesOf(room)
  await room.send({ body: 'mine' })
  expect(states).toContain('sending')
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  expect(await room.verify()).toBe(true)
})

test(`${roomsMax + 2} rooms that are followed at once are all whole`, async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const ids = await Promise.all(Array.from({ length: roomsMax + 2 }, () => makeRoom(ada)))
  const stops = ids.map((id) => ada.room(id).subscribe(() => {}))
  for (const id of ids) await live(ada.room(id))
  for (const id of [ids[0], ids.at(-2), ids.at(-1)]) {
    const room = ada.room(id ?? '')
    const states = statesOf(room)
    await room.send({ body: 'mine' })
    expect(states).toContain('sending')
    expect(room.getSnapshot().messages.map(({ body }) => body)).toEqual(['mine'])
  }
  for (const stop of stops) stop()
})

test('rooms that nobody has any more are forgotten, and those that somebody listens to are not', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const facades = createRoomFacades((id, { subscribe, getSnapshot }) => ({ id, subscribe, getSnapshot }) as Room)
  const kept = facades.of('kept')
  let told = 0
  const stop = facades.of('heard').subscribe(() => {
    told += 1
  })
  for (let round = 0; round < 4; round++) {
    for (let count = 0; count < 100; count++) facades.of(`room ${round} ${count}`)
    // what a task has read weakly lives until its end
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  expect(facades.size).toBeLessThan(250)
  expect(facades.of('kept')).toBe(kept)
  facades.point(null)
  await Promise.resolve()
  expect(told).toBe(1)
  stop()
})
