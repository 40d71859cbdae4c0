import { expect } from 'vitest'
import { type Client, guest, makeRoom, send } from './setup/client.ts'
import { test } from './setup/server.ts'
import { statementsOf } from './setup/statements.ts'

const sendMany = async (authors: readonly Client[], roomId: string, count: number) => {
  await Promise.all(Array.from({ length: count }, (_, index) => send(at(authors, index), roomId, `message ${index}`)))
}

const at = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index % items.length]
  if (!item) throw new Error('no items')
  return item
}

test('a page of 50 messages with authors takes two statements', async ({ one }) => {
  const ada = await guest(one, 'Ada')
  const others = await Promise.all(Array.from({ length: 9 }, () => guest(one)))
  const roomId = await makeRoom(ada, others)
  await sendMany([ada, ...others], roomId, 60)
  const query = `query ($id: ID!) {
    room(id: $id) {
      name eventCursor messageCount
      messages(last: 50) { pageInfo { hasPreviousPage } nodes { id number body createdAt author { displayName } } }
    }
  }`
  await ada.call(query, { id: roomId })
  const statements = await statementsOf(async () => {
    const { room } = await ada.call<{ room: { messages: { nodes: { author: { displayName: string } }[] } } }>(query, {
      id: roomId,
    })
    expect(room.messages.nodes).toHaveLength(50)
    expect(new Set(room.messages.nodes.map((message) => message.author.displayName)).size).toBe(10)
  })
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(2)
})

test('an event for 100 subscribers takes as many statements as for one', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const query = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) {
      __typename cursor ... on MessageSent { message { body author { displayName } replyTo { body } room { name } } }
    }
  }`
  const streams = Array.from({ length: 100 }, () => ada.at(two).follow(query, { roomId }))
  for (const stream of streams) expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })
  const statements = await statementsOf(async () => {
    await send(ada, roomId, 'hello')
    for (const stream of streams) {
      expect(await stream.nextData()).toMatchObject({ roomEvents: { message: { body: 'hello' } } })
    }
  })
  // six to store it, the cursor of the answer, one to read the feed, one for the message with its author, and one
  // for the room
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(10)
})

test('viewer.memberships of 50 rooms with last message and unread count takes a fixed number of statements', async ({
  one,
}) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const query = `{
    viewer {
      memberships(first: 100) {
        nodes { unreadCount role room { id name eventCursor lastMessage { body author { displayName } } } }
      }
    }
  }`
  const measure = async (rooms: number) => {
    for (let index = 0; index < rooms; index++) await send(bob, await makeRoom(bob, [ada], `Room ${index}`), 'hi')
    await ada.call(query)
    return statementsOf(async () => {
      const { viewer } = await ada.call<{
        viewer: { memberships: { nodes: { unreadCount: number; room: { lastMessage: { body: string } } }[] } }
      }>(query)
      for (const { unreadCount, room } of viewer.memberships.nodes) {
        expect(unreadCount).toBe(1)
        expect(room.lastMessage.body).toBe('hi')
      }
    })
  }
  const few = await measure(2)
  const many = await measure(48)
  expect(many.length, many.join('\n')).toBe(few.length)
  expect(many.length, many.join('\n')).toBeLessThanOrEqual(3)
}, 20_000)
