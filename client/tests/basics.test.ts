import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { bodies, follow, listen, makeGuest, makeRoom } from './setup/clients.ts'

test('two people at two servers talk, react and read', async ({ one, two }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(two, 'Bob')
  const id = await makeRoom(ada, [bob])
  const [adas, bobs, list] = [follow(ada, id), follow(bob, id), listen(bob.rooms)]
  await expect.poll(() => adas.getSnapshot().isLive).toBe(true)
  expect(adas.getSnapshot()).toMatchObject({ title: 'Tea', can: { send: { allowed: true } }, hasOlder: false })
  const sending = adas.send({ body: 'hello' })
  await expect.poll(() => adas.getSnapshot().pending).toMatchObject([{ body: 'hello', state: 'sending' }])
  const key = adas.getSnapshot().pending[0]?.key
  const stored = await sending
  expect(adas.getSnapshot().messages).toMatchObject([{ key, number: 1, body: 'hello', state: 'stored', isOwn: true }])
  await expect.poll(() => bodies(bobs)).toEqual(['hello'])
  await bobs.react(stored.id, '👍')
  expect(bobs.getSnapshot().messages[0]?.reactions).toEqual([{ emoji: '👍', count: 1, viewerHasReacted: true }])
  const theirs = [{ emoji: '👍', count: 1, viewerHasReacted: false }]
  await expect.poll(() => adas.getSnapshot().messages[0]?.reactions).toEqual(theirs)
  await expect
    .poll(() => list.getSnapshot())
    .toMatchObject({ unreadCount: 1, rooms: [{ title: 'Tea', unreadCount: 1 }] })
  await bobs.markRead()
  expect(list.getSnapshot().unreadCount).toBe(0)
  await expect.poll(() => adas.getSnapshot().messages[0]?.delivery).toBe('READ')
  await expect.poll(() => adas.getSnapshot().isLive).toBe(true)
  expect(await adas.verify()).toBe(true)
  expect(ada.connection.getSnapshot()).toMatchObject({ status: 'live', transport: 'socket' })
})
