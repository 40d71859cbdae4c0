// Reading far back in a room, and coming back: what is shown is one unbroken run, however much is held.

import { expect } from 'vitest'
import type { Db } from '../../src/database/client.ts'
import { test, uuidOf } from '../../tests/support/members.ts'
import type { Kabar } from '../src/api/kabar.ts'
import type { Room } from '../src/api/room.ts'
import { bounds } from '../src/config.ts'
import { follow, makeGuest, makeKabar, makeRoom } from './setup/clients.ts'

const messageCount = 1_500
const { messagesPerRoomMax, pageSize } = bounds

/** Opens a room with a long history. */
async function openLong(ada: Kabar, db: Db): Promise<Room> {
  const id = await makeRoom(ada)
  const [room, author] = [uuidOf(id), uuidOf(ada.session.getSnapshot().user?.id ?? '')]
  await db.$executeRaw`update topics set last_number = ${messageCount}::integer where id = ${room}::uuid`
  await db.$executeRaw`
    insert into messages (id, room_id, number, seq, author_id, body)
    select gen_random_uuid(), ${room}::uuid, number, number, ${author}::uuid, 'message ' || number
    from generate_series(1, ${messageCount}::integer) as number`
  const opened = follow(ada, id)
  await expect.poll(() => opened.getSnapshot().isLive).toBe(true)
  return opened
}

/** Another device of somebody who is signed in. */
async function another(kabar: Kabar): Promise<Kabar> {
  const device = makeKabar({ url: new URL(kabar.url).origin })
  const user = kabar.session.getSnapshot().user ?? expect.fail('signed in')
  device.session.adopt({ accessToken: (await kabar.session.accessToken()) ?? '', user })
  return device
}

/** The ends of the run that is shown. It has no gap, and no more is held than may be. */
function shown(room: Room): (number | null | undefined)[] {
  const { messages, held } = room.getSnapshot()
  const first = messages[0]?.number ?? 0
  expect(messages.map(({ number }) => number)).toEqual(messages.map((_, index) => first + index))
  expect(held.reduce((sum, [from, to]) => sum + to - from + 1, 0)).toBeLessThanOrEqual(messagesPerRoomMax)
  return [first, messages.at(-1)?.number]
}

test('a room is read back to its first message and forward again, without a gap', async ({ one, db }) => {
  const room = await openLong(await makeGuest(one, 'Ada'), db)
  expect(shown(room)).toEqual([messageCount - pageSize + 1, messageCount])
  for (let first = messageCount - pageSize + 1; first > 1; first -= pageSize) {
    expect(room.getSnapshot()).toMatchObject({ hasOlder: true, isLoadingOlder: false })
    await room.loadOlder()
    // the newest page is held too
    const most = messagesPerRoomMax - pageSize
    const from = first - pageSize
    const isWhole = messageCount - from < messagesPerRoomMax
    expect(shown(room)).toEqual([from, isWhole ? messageCount : from + most - 1])
    expect(room.getSnapshot().hasNewer).toBe(!isWhole)
  }
  expect(room.getSnapshot().hasOlder).toBe(false)
  await room.load(messageCount - 299, messageCount - 200)
  for (const before of [200, 150, 100]) {
    expect(shown(room)[1]).toBe(messageCount - before)
    expect(room.getSnapshot()).toMatchObject({ hasNewer: true, isLoadingNewer: false })
    await room.loadNewer()
  }
  expect(room.getSnapshot().hasNewer).toBe(false)
  expect(shown(room)[1]).toBe(messageCount)
})

const waysBack: Record<string, (room: Room) => Promise<unknown>> = {
  showNewest: (room) => room.showNewest(),
  'a send': (room) => room.send({ body: 'here' }),
  'marking the newest as read': (room) => room.markRead(),
  async 'opening it anew'(room) {
    room.subscribe(() => {})()
  },
}

test('after a jump each way back shows the newest messages, and those that come', async ({ one, db }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(one, 'Bob')
  const { id } = await openLong(ada, db)
  await bob.mutate('mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { room { id } } }', { id })
  for (const [name, goBack] of Object.entries(waysBack)) {
    const reader = await another(ada)
    const room = reader.room(id)
    const stop = room.subscribe(() => {})
    await expect.poll(() => room.getSnapshot().isLive).toBe(true)
    await room.load(700, 799)
    expect(shown(room)).toEqual([700, 799])
    expect(room.getSnapshot()).toMatchObject({ hasOlder: true, hasNewer: true })
    if (name === 'opening it anew') stop()
    await goBack(room)
    await bob.room(id).send({ body: name })
    if (name !== 'opening it anew') await expect.poll(() => room.getSnapshot().messages.at(-1)?.body).toBe(name)
    expect(room.getSnapshot().hasNewer, name).toBe(false)
    stop()
  }
})

const wrong = [Number.NaN, -5, 0, 1.5, Number.POSITIVE_INFINITY, 2 ** 53]

test('numbers that no message can have are refused, and change nothing', async ({ one }) => {
  const room = follow(await makeGuest(one, 'Ada'), await makeRoom(await makeGuest(one, 'Bob')))
  const before = room.getSnapshot()
  const calls = wrong.flatMap((number) => [
    room.load(number, number),
    room.load(1, number),
    room.markRead(number),
    room.markUnread(number),
  ])
  for (const call of [...calls, room.load(10, 5)]) await expect(call).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
  expect(room.getSnapshot()).toEqual(before)
})
