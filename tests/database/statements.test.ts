import { expect } from 'vitest'
import { newUser } from '../support/accounts.ts'
import { Client, guest, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'
import { statementsOf } from '../support/statements.ts'

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
  const readers = await Promise.all(['Bob', 'Eve', 'Mia', 'Sam'].map((name) => guest(one, name)))
  const roomId = await makeRoom(ada, readers)
  const query = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) {
      __typename cursor ... on MessageSent { message { body author { displayName } replyTo { body } room { name } } }
    }
  }`
  const streams = readers.flatMap((reader) =>
    Array.from({ length: 25 }, () => reader.at(two).follow(query, { roomId })),
  )
  for (const stream of streams) expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })
  const statements = await statementsOf(async () => {
    await send(ada, roomId, 'hello')
    for (const stream of streams) {
      expect(await stream.nextData()).toMatchObject({ roomEvents: { message: { body: 'hello' } } })
    }
  })
  // six to store it, whether its text is hidden, one to read the feed, one for the message with its author, and one
  // for the room
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(10)
})

test('cursors cost no statement: of a send, of a page, and where somebody comes back', async ({ one }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  await sendMany([ada], roomId, 10)
  const page = 'query ($id: ID!) { room(id: $id) { eventCursor messages(last: 6) { nodes { cursor } } } }'
  interface Page {
    room: { eventCursor: string; messages: { nodes: { cursor: string }[] } }
  }
  const read = () => ada.call<Page>(page, { id: roomId })
  const { room } = await read()
  const readings = await statementsOf(async () => void (await read()))
  // the room with its topic, and the messages
  expect(readings.length, readings.join('\n')).toBe(2)
  const sends = async (selection: string) => {
    const query = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { ${selection} } } }`
    const asked = () => ada.call(query, { input: { roomId, body: 'hello' } })
    await asked()
    return (await statementsOf(async () => void (await asked()))).length
  }
  expect(await sends('cursor')).toBe(await sends('id'))
  const resume = async (after: string | undefined) => {
    const query = `subscription ($roomId: ID!, $after: EventCursor) {
      roomEvents(roomId: $roomId, after: $after) { __typename cursor ... on MessageSent { message { body } } }
    }`
    return statementsOf(async () => {
      const stream = ada.follow<{ roomEvents: { __typename: string } }>(query, { roomId, after })
      while ((await stream.nextData()).roomEvents.__typename !== 'Synced');
      stream.stop()
    })
  }
  const [first] = room.messages.nodes
  const behind = await resume(first?.cursor)
  // the session, the facts with the topic, the events, the messages, and whether the viewer may see them
  expect(behind.length, behind.join('\n')).toBeLessThanOrEqual(5)
  const { room: now } = await read()
  const atHead = await resume(now.eventCursor)
  expect(atHead.length, atHead.join('\n')).toBeLessThanOrEqual(3)
})

test('the messages and pins of many rooms take as many statements as those of one', async ({ one }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const query = `{
    viewer {
      memberships(first: 100) {
        nodes {
          room {
            newest: messages(last: 2) { nodes { body author { displayName } } pageInfo { hasPreviousPage } }
            oldest: messages(first: 2) { nodes { body } }
            pinnedMessages { body author { displayName } }
          }
        }
      }
    }
  }`
  interface Page {
    nodes: { body: string }[]
  }
  interface Rooms {
    viewer: { memberships: { nodes: { room: { newest: Page; oldest: Page; pinnedMessages: { body: string }[] } }[] } }
  }
  const bodiesOf = (messages: { body: string }[]) => messages.map(({ body }) => body)
  let made = 0
  const measure = async (rooms: number) => {
    for (; made < rooms; made++) {
      const roomId = await makeRoom(bob, [ada], `Room ${made}`)
      for (const number of [1, 2, 3]) {
        const { id: messageId } = await send(bob, roomId, `message ${number} of ${made}`)
        if (number > 2) continue
        await bob.call('mutation ($input: PinMessageInput!) { pinMessage(input: $input) { message { id } } }', {
          input: { messageId },
        })
      }
    }
    await ada.call(query)
    return statementsOf(async () => {
      const { viewer } = await ada.call<Rooms>(query)
      for (const [index, { room }] of viewer.memberships.nodes.entries()) {
        const bodies = [1, 2, 3].map((number) => `message ${number} of ${rooms - 1 - index}`)
        expect(bodiesOf(room.newest.nodes)).toEqual(bodies.slice(1))
        expect(bodiesOf(room.oldest.nodes)).toEqual(bodies.slice(0, 2))
        expect(bodiesOf(room.pinnedMessages)).toEqual(bodies.slice(0, 2).reverse())
      }
    })
  }
  const few = await measure(1)
  const many = await measure(10)
  expect(many.length, many.join('\n')).toBe(few.length)
  // the memberships, their rooms, the pages from either end, and the pins
  expect(many.length, many.join('\n')).toBeLessThanOrEqual(5)
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
  // memberships, rooms with the facts about them, last messages, and unread counts
  expect(many.length, many.join('\n')).toBeLessThanOrEqual(4)
})

test('a page of 50 messages with all that hangs on them takes one statement for each kind', async ({ one }) => {
  const owner = await newUser(one)
  const username = owner.viewer.user.username
  const { accessToken: token, refreshToken, viewer } = owner
  const ada = new Client(one, { token, refreshToken, userId: viewer.user.id, name: 'Ada' })
  const others = await Promise.all(Array.from({ length: 4 }, () => guest(one)))
  const roomId = await makeRoom(ada, others)
  const react = 'mutation ($input: ReactionInput!) { addReaction(input: $input) { message { id } } }'
  for (let index = 0; index < 25; index++) {
    const { id: messageId } = await send(at(others, index), roomId, `hello @${username}`)
    for (const emoji of ['👍', '🎉']) await at(others, index + 1).call(react, { input: { messageId, emoji } })
    await ada.call('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', {
      input: { roomId, body: 'and you?', replyToId: messageId },
    })
  }
  const query = `query ($id: ID!) {
    room(id: $id) {
      messages(last: 50) {
        nodes {
          body author { displayName } mentions { username } reactions { emoji count viewerHasReacted } replyCount
        }
      }
    }
  }`
  interface Row {
    mentions: unknown[]
    reactions: unknown[]
    replyCount: number
  }
  await ada.call(query, { id: roomId })
  const statements = await statementsOf(async () => {
    const { room } = await ada.call<{ room: { messages: { nodes: Row[] } } }>(query, { id: roomId })
    expect(room.messages.nodes).toHaveLength(50)
    // by name, and by a reply
    expect(room.messages.nodes.filter((row) => row.mentions.length === 1)).toHaveLength(50)
    expect(room.messages.nodes.filter((row) => row.reactions.length === 2)).toHaveLength(25)
    expect(room.messages.nodes.filter((row) => row.replyCount === 1)).toHaveLength(25)
  })
  // the room, its messages, mentions, reactions, whether the viewer is among them, and the counts of replies
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(6)
})
