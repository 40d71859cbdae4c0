import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import type { Kabar } from '../src/api/kabar.ts'
import { memoryPersistence } from '../src/persistence/memory.ts'
import { bodies, follow, listen, makeGuest, makeKabar, makeRoom } from './setup/clients.ts'

const openDirectRoom = 'mutation ($id: ID!) { openDirectRoom(input: { userId: $id }) { room { id } } }'

/** Another device of somebody who is signed in. */
async function another(kabar: Kabar): Promise<Kabar> {
  const device = makeKabar({ url: new URL(kabar.url).origin })
  const user = kabar.session.getSnapshot().user ?? expect.fail('signed in')
  device.session.adopt({ accessToken: (await kabar.session.accessToken()) ?? '', user })
  return device
}

/** Rooms of a list in order, by their ids. */
const ids = ({ rooms }: Kabar) => rooms.getSnapshot().rooms.map(({ id }) => id)

test('a pinned room is on top at once, on all devices, until it is unpinned', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const phone = await another(ada)
  for (const kabar of [ada, phone]) listen(kabar.rooms)
  const older = await makeRoom(ada)
  const newer = await makeRoom(ada)
  await expect.poll(() => ids(ada)).toEqual([newer, older])
  const pinning = ada.rooms.pin(older)
  await expect.poll(() => ids(ada)).toEqual([older, newer])
  await pinning
  await expect.poll(() => ids(phone)).toEqual([older, newer])
  const room = follow(phone, older)
  await expect.poll(() => room.getSnapshot().membership?.pinnedAt).toEqual(expect.any(String))
  await ada.rooms.unpin(older)
  await expect.poll(() => ids(phone)).toEqual([newer, older])
  // the room that is open hears it too, although its own stream does not tell
  await expect.poll(() => room.getSnapshot().membership?.pinnedAt).toBe(null)
})

test('what the server refuses about the list is shown as it was', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  listen(ada.rooms)
  const group = await makeRoom(ada)
  await expect.poll(() => ids(ada)).toEqual([group])
  await expect(ada.rooms.hide(group)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect.poll(() => ids(ada)).toEqual([group])
})

test('a hidden direct room leaves the list of all devices, and comes back with its next message', async ({
  one,
  two,
}) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(two, 'Bob')
  await makeRoom(bob, [ada])
  const phone = await another(ada)
  for (const kabar of [ada, phone]) listen(kabar.rooms)
  const userId = bob.session.getSnapshot().user?.id
  const { openDirectRoom: made } = await ada.mutate<{ openDirectRoom: { room: { id: string } } }>(openDirectRoom, {
    id: userId,
  })
  const { id } = made.room
  await ada.room(id).send({ body: 'hello' })
  await expect.poll(() => ids(phone)).toContain(id)
  await ada.rooms.hide(id)
  expect(ids(ada)).not.toContain(id)
  await expect.poll(() => ids(phone)).not.toContain(id)
  await bob.room(id).send({ body: 'hello again' })
  for (const kabar of [ada, phone]) await expect.poll(() => ids(kabar)).toContain(id)
})

test('the notification level shows at once in the list and in the open room, on all devices', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const phone = await another(ada)
  const id = await makeRoom(ada)
  const shown = [ada, phone].map((kabar) => ({ list: listen(kabar.rooms), room: follow(kabar, id) }))
  const levels = () =>
    shown.map(({ list, room }) => [
      list.getSnapshot().rooms[0]?.membership.notifications,
      room.getSnapshot().membership?.notifications,
      room.getSnapshot().membership?.mentionedByReplies,
    ])
  const all = (level: string, replies: boolean) => shown.map(() => [level, level, replies])
  await expect.poll(levels).toEqual(all('ALL', true))
  await ada.rooms.setNotifications(id, { level: 'MENTIONS' })
  await expect.poll(levels).toEqual(all('MENTIONS', true))
  await phone.rooms.setNotifications(id, { mentionedByReplies: false })
  await expect.poll(levels).toEqual(all('MENTIONS', false))
})

test('messages that are marked as unread are so at once and on all devices, until they are read', async ({
  one,
  two,
}) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(two, 'Bob')
  const id = await makeRoom(ada, [bob])
  const phone = await another(bob)
  const shown = [bob, phone].map((kabar) => ({ list: listen(kabar.rooms), room: follow(kabar, id) }))
  const unread = () =>
    shown.map(({ list, room }) => [list.getSnapshot().unreadCount, room.getSnapshot().firstUnreadNumber])
  const all = (count: number, first: number | null) => shown.map(() => [count, first])
  for (const body of ['one', 'two', 'three']) await ada.room(id).send({ body })
  await expect.poll(unread).toEqual(all(3, 1))
  // the list may know of messages before the room does
  for (const { room } of shown) await expect.poll(() => room.getSnapshot().messageCount).toBe(3)
  await bob.room(id).markRead()
  await expect.poll(unread).toEqual(all(0, null))
  const marking = bob.room(id).markUnread(2)
  await expect.poll(() => unread()[0]).toEqual([2, 2])
  await marking
  expect(shown[0]?.room.getSnapshot().readNumber).toBe(1)
  // reading waits for what was marked before it
  void bob.room(id).markUnread(1)
  await bob.room(id).markRead(2)
  await expect.poll(unread).toEqual(all(1, 3))
  await bob.room(id).markRead()
  expect(unread()[0]).toEqual([0, null])
})

test('a message is saved at once, found among the saved ones, and survives events and a reload', async ({ one }) => {
  const persistence = memoryPersistence()
  const ada = await makeGuest(one, 'Ada', { persistence })
  const id = await makeRoom(ada)
  const room = follow(ada, id)
  const [first, second] = [await room.send({ body: 'one' }), await room.send({ body: 'two' })]
  const saved = () => room.getSnapshot().messages.map(({ isSaved }) => isSaved)
  const saving = room.save(first.id)
  await expect.poll(saved).toEqual([true, false])
  await saving
  await room.save(second.id)
  const { results, hasMore } = await ada.savedMessages({ first: 1 })
  expect({ hasMore, results }).toMatchObject({ hasMore: true, results: [{ body: 'two', room: { id, name: 'Tea' } }] })
  // events do not tell who has saved it
  await room.react(first.id, '👍')
  await room.edit(first.id, 'once')
  await expect.poll(() => bodies(room)).toEqual(['once', 'two'])
  expect(saved()).toEqual([true, true])
  await room.unsave(second.id)
  expect(saved()).toEqual([true, false])
  expect((await ada.savedMessages()).results.map(({ body }) => body)).toEqual(['once'])
  const phone = await another(ada)
  const theirs = follow(phone, id)
  await expect.poll(() => theirs.getSnapshot().messages.map(({ isSaved }) => isSaved)).toEqual([true, false])
  await expect(room.save('msg_01h455vb4pex5vsknk084sn02q')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('all own messages are deleted together, and stay with what others said', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(ada, [bob])
  const room = follow(ada, id)
  for (const kabar of [ada, bob, ada]) await kabar.room(id).send({ body: 'hello' })
  await expect.poll(() => bodies(room).length).toBe(3)
  expect(await room.removeOwn()).toBe(2)
  await expect.poll(() => bodies(room)).toEqual(['', 'hello', ''])
})
