import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import type { Message } from '../src/index.ts'
import { bodies, follow, listen, makeGuest, makeRoom } from './setup/clients.ts'

test('two people at two servers talk, react and read', async ({ one, two }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(two, 'Bob')
  const id = await makeRoom(ada, [bob])
  const [adas, bobs, list] = [follow(ada, id), follow(bob, id), listen(bob.rooms)]
  await expect.poll(() => adas.getSnapshot().isLive).toBe(true)
  expect(adas.getSnapshot()).toMatchObject({ title: 'Tea', can: { send: { allowed: true } }, hasOlder: false })
  const shown: Message[] = []
  adas.subscribe(() => shown.push(...adas.getSnapshot().pending))
  const stored = await adas.send({ body: 'hello' })
  const key = shown[0]?.key
  expect(shown).toContainEqual(expect.objectContaining({ key, body: 'hello', state: 'sending' }))
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

test('lists, members and messages that did not change stay the same objects', async ({ one }) => {
  const ada = await makeGuest(one, 'Ada')
  const bob = await makeGuest(one, 'Bob')
  const id = await makeRoom(ada, [bob])
  const [adas, bobs] = [follow(ada, id), follow(bob, id)]
  await bobs.send({ body: 'one' })
  await expect.poll(() => bodies(adas)).toEqual(['one'])
  await expect.poll(() => adas.getSnapshot().members.map(({ lastReadNumber }) => lastReadNumber)).toEqual([0, 1])
  const before = adas.getSnapshot()
  const [message] = before.messages
  await bobs.react(message?.id ?? '', '👍')
  await expect.poll(() => adas.getSnapshot().messages[0]?.reactions.length).toBe(1)
  const after = adas.getSnapshot()
  expect(after.messages).not.toBe(before.messages)
  for (const field of ['members', 'pinned', 'pending', 'typing', 'can'] as const) {
    expect(after[field], field).toBe(before[field])
  }
  await bob.mutate(
    'mutation ($name: String!) { updateProfile(input: { displayName: $name }) { viewer { user { id } } } }',
    {
      name: 'Robert',
    },
  )
  await expect.poll(() => adas.getSnapshot().members.map(({ user }) => user.displayName)).toEqual(['Ada', 'Robert'])
  expect(adas.getSnapshot().members[0]).toBe(after.members[0])
})
