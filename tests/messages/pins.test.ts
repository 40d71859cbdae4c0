import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { eventsOf, openDirect, setRole, test, uuidOf } from '../support/members.ts'

const pinMessage = `mutation ($messageId: ID!) {
  pinMessage(input: { messageId: $messageId }) { message { number pinnedAt } }
}`
const unpinMessage = pinMessage.replace('pinMessage', 'unpinMessage')

async function pinned(client: Client, id: string): Promise<number[]> {
  const { room } = await client.call<{ room: { pinnedMessages: { number: number }[] } }>(
    'query ($id: ID!) { room(id: $id) { pinnedMessages { number author { id } } } }',
    { id },
  )
  return room.pinnedMessages.map(({ number }) => number)
}

test('admins pin messages, the newest pin first, and everybody is told once', async ({ one, two, db }) => {
  const [ada, bob, cyd] = [await guest(one), await guest(two), await guest(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const [first, second] = [await send(bob, roomId, 'first'), await send(bob, roomId, 'second')]
  const stream = bob.follow(
    `subscription ($roomId: ID!, $after: EventCursor) {
      roomEvents(roomId: $roomId, after: $after) {
        __typename
        ... on MessagePinned { message { number } }
        ... on MessageUnpinned { message { number pinnedAt } }
      }
    }`,
    { roomId, after: second.cursor },
  )
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  await setRole(db, roomId, cyd, 'ADMIN')
  expect(await cyd.call(pinMessage, { messageId: second.id })).toMatchObject({
    pinMessage: { message: { number: 2, pinnedAt: expect.any(String) } },
  })
  await cyd.call(pinMessage, { messageId: second.id })
  await ada.call(pinMessage, { messageId: first.id })
  expect(await pinned(bob, roomId)).toEqual([1, 2])
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MessagePinned', message: { number: 2 } } })
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MessagePinned', message: { number: 1 } } })

  expect(await ada.call(unpinMessage, { messageId: second.id })).toEqual({
    unpinMessage: { message: { number: 2, pinnedAt: null } },
  })
  await ada.call(unpinMessage, { messageId: second.id })
  expect(await stream.nextData()).toEqual({
    roomEvents: { __typename: 'MessageUnpinned', message: { number: 2, pinnedAt: null } },
  })
  expect(await pinned(bob, roomId)).toEqual([1])
  expect((await eventsOf(db, roomId)).filter((event) => event.includes('PINNED'))).toHaveLength(3)
})

test('plain members do not pin, both members of a direct room do', async ({ one, db }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id: messageId } = await send(bob, roomId, 'hello')
  expect(await bob.fail(pinMessage, { messageId })).toBe('FORBIDDEN')
  expect(await bob.fail(unpinMessage, { messageId })).toBe('FORBIDDEN')
  expect(await eve.fail(pinMessage, { messageId })).toBe('NOT_FOUND')
  expect(await eve.fail(unpinMessage, { messageId: 'msg_01h455vb4pex5vsknk084sn02q' })).toBe('NOT_FOUND')
  expect(await eve.fail('query ($id: ID!) { room(id: $id) { pinnedMessages { id } } }', { id: roomId })).toBe(
    'FORBIDDEN',
  )

  const directId = await openDirect(ada, bob)
  const { id } = await send(ada, directId, 'hello')
  await bob.call(pinMessage, { messageId: id })
  expect(await pinned(ada, directId)).toEqual([1])
  await ada.call(unpinMessage, { messageId: id })
  await db.block.create({ data: { blockerId: uuidOf(ada.userId), blockedId: uuidOf(bob.userId) } })
  expect(await bob.fail(pinMessage, { messageId: id })).toBe('BLOCKED')

  await db.room.update({ where: { id: uuidOf(roomId) }, data: { archivedAt: new Date() } })
  expect(await ada.fail(pinMessage, { messageId })).toBe('ROOM_ARCHIVED')
})

test('a room has so many pins and no more, and a deleted message loses its pin', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [first, second] = [await send(ada, roomId, 'first'), await send(ada, roomId, 'second')]
  const { seq } = await db.message.findUniqueOrThrow({ where: { id: uuidOf(first.id) } })
  await db.message.createMany({
    data: Array.from({ length: limits.pinnedMax - 1 }, (_, index) => ({
      id: newUuidIn(uuidOf(roomId)),
      roomId: uuidOf(roomId),
      authorId: uuidOf(ada.userId),
      body: 'old',
      number: 1_000 + index,
      seq,
      pinnedAt: new Date(index),
    })),
  })
  await ada.call(pinMessage, { messageId: first.id })
  expect(await pinned(ada, roomId)).toHaveLength(limits.pinnedMax)
  expect(await ada.fail(pinMessage, { messageId: second.id })).toBe('CONFLICT')
  await ada.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', {
    id: first.id,
  })
  expect(await pinned(ada, roomId)).not.toContain(1)
  expect(await ada.fail(pinMessage, { messageId: first.id })).toBe('CONFLICT')
  await ada.call(pinMessage, { messageId: second.id })
  expect((await pinned(ada, roomId))[0]).toBe(2)
})
