import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { createViewerData, putRoom } from '../src/store/viewer-data.ts'
import { listen, makeGuest, makeRoom } from './setup/clients.ts'

const read = { lastReadNumber: 10, unreadFrom: null, unreadCount: 0, mentionCount: 0 }

for (const { name, known, told, is } of [
  {
    name: 'from before the viewer read on counts what is read as read',
    known: read,
    told: { lastReadNumber: 7, unreadFrom: null, unreadCount: 3, mentionCount: 1 },
    is: read,
  },
  {
    name: 'from before the viewer read a part counts the rest',
    known: { lastReadNumber: 9, unreadFrom: null, unreadCount: 1, mentionCount: 0 },
    told: { lastReadNumber: 7, unreadFrom: null, unreadCount: 3, mentionCount: 2 },
    is: { lastReadNumber: 9, unreadFrom: null, unreadCount: 1, mentionCount: 1 },
  },
  {
    name: 'from after another device marked it as unread is taken as it is',
    known: read,
    told: { lastReadNumber: 10, unreadFrom: 4, unreadCount: 7, mentionCount: 0 },
    is: { lastReadNumber: 10, unreadFrom: 4, unreadCount: 7, mentionCount: 0 },
  },
  {
    name: 'from after another device read on is taken as it is',
    known: { lastReadNumber: 7, unreadFrom: null, unreadCount: 3, mentionCount: 1 },
    told: read,
    is: read,
  },
]) {
  test(`an answer ${name}`, async ({ one }) => {
    const ada = await makeGuest(one, 'Ada')
    const id = await makeRoom(ada, [])
    const list = listen(ada.rooms)
    await expect.poll(() => list.getSnapshot().rooms.map((room) => room.id)).toEqual([id])
    const data = createViewerData('user_1')
    for (const { membership } of list.getSnapshot().rooms) {
      const summary = { ...membership, room: { ...membership.room, messageCount: 10 } }
      putRoom(data, { ...summary, ...known })
      putRoom(data, { ...summary, ...told })
    }
    expect(data.rooms.get(id)).toMatchObject(is)
    expect(data.unreadCount).toBe(is.unreadCount)
  })
}
