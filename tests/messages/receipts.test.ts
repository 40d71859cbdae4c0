import { describe, expect } from 'vitest'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { eventsOf, leaveRoom, make, test, unknown, uuidOf } from '../support/members.ts'
import { mark, markDelivered, markRead, sendMany } from '../support/receipts.ts'

describe('markRead and markDelivered', () => {
  test('marks only move forward, and what is read has been delivered', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 5)
    const message = await db.message.findFirstOrThrow({ where: { roomId: uuidOf(roomId), number: 4 } })
    await db.mention.create({
      data: { messageId: message.id, userId: uuidOf(bob.userId), roomId: uuidOf(roomId), number: 4 },
    })
    const before = await eventsOf(db, roomId)
    const unread = { unreadCount: 5, mentionCount: 1 }
    expect(await mark(bob, roomId, 'markDelivered', 3)).toEqual({
      lastReadNumber: 0,
      lastDeliveredNumber: 3,
      ...unread,
    })
    expect(await mark(bob, roomId, 'markDelivered', 1)).toEqual({
      lastReadNumber: 0,
      lastDeliveredNumber: 3,
      ...unread,
    })
    const read = { unreadCount: 1, mentionCount: 0, lastReadNumber: 4, lastDeliveredNumber: 4 }
    expect(await mark(bob, roomId, 'markRead', 4)).toEqual(read)
    expect(await mark(bob, roomId, 'markRead', 2)).toEqual(read)
    expect(await mark(bob, roomId, 'markRead', 0)).toEqual(read)
    expect(await mark(bob, roomId, 'markDelivered', 5)).toEqual({ ...read, lastDeliveredNumber: 5 })
    // receipts are not in the feed
    expect(await eventsOf(db, roomId)).toEqual(before)
  })

  test('a mark that moves nothing is told to nobody', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 2)
    const stream = ada.follow(
      'subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { ... on ReceiptAdvanced { membership { user { id } } } } }',
      { roomId },
    )
    const told = ({ userId }: Client) => ({ roomEvents: { membership: { user: { id: userId } } } })
    expect(await stream.nextData()).toEqual({ roomEvents: {} })
    await mark(bob, roomId, 'markRead', 2)
    expect(await stream.nextData()).toEqual(told(bob))
    for (const number of [0, 1, 2]) {
      for (const name of ['markRead', 'markDelivered'] as const) await mark(bob, roomId, name, number)
    }
    const eve = await guest(one)
    await join(eve, roomId)
    expect(await stream.nextData()).toEqual({ roomEvents: {} })
    await send(ada, roomId, 'hello')
    expect(await stream.nextData()).toEqual({ roomEvents: {} })
    // hints go in their order
    await mark(eve, roomId, 'markDelivered', 3)
    expect(await stream.nextData()).toEqual(told(eve))
  })

  test('nobody marks what is not there yet, also not beside a mark that is good', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 2)
    for (const query of [markRead, markDelivered]) {
      for (const number of [3, 2 ** 31 - 1, -1]) {
        expect(await bob.fail(query, { roomId, number })).toBe('BAD_USER_INPUT')
      }
      expect(await bob.fail(query, { roomId, number: 2 ** 31 })).toBe('BAD_USER_INPUT')
    }
    const answers = await Promise.all([3, 1, 2, 9].map((number) => bob.attempt(markRead, { roomId, number })))
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual([
      'BAD_USER_INPUT',
      undefined,
      undefined,
      'BAD_USER_INPUT',
    ])
    expect(await mark(bob, roomId, 'markRead', 0)).toMatchObject({ lastReadNumber: 2, unreadCount: 0 })
  })

  test('only members mark, and rooms that are not seen are not told apart', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    const hidden = await make(ada, { access: 'INVITE' })
    for (const query of [markRead, markDelivered]) {
      const fail = (room: string) => bob.fail(query, { roomId: room, number: 0 })
      expect(await fail(roomId)).toBe('FORBIDDEN')
      expect(await fail(hidden.id)).toBe('NOT_FOUND')
      expect(await fail(unknown.room)).toBe('NOT_FOUND')
      expect(await fail(bob.userId)).toBe('BAD_USER_INPUT')
    }
    await join(bob, roomId)
    await bob.call(leaveRoom, { roomId })
    expect(await bob.fail(markRead, { roomId, number: 0 })).toBe('FORBIDDEN')
  })
})

describe('the status of a message is that of its receipts', () => {
  const query = 'query ($id: ID!) { node(id: $id) { ... on Message { status receipts { nodes { status } } } } }'
  interface Seen {
    node: { status: string; receipts: { nodes: { status: string }[] } }
  }
  const look = async (client: Client, id: string) => {
    const { node } = await client.call<Seen>(query, { id })
    return [node.status, node.receipts.nodes.map(({ status }) => status)]
  }

  test('one who came later and read nothing is no recipient', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    const { id } = await send(ada, roomId, 'hello')
    await join(bob, roomId)
    expect(await look(ada, id)).toEqual(['SENT', []])
  })

  test('the only recipient leaves, having read or not', async ({ one }) => {
    for (const hasRead of [true, false]) {
      const [ada, bob] = [await guest(one), await guest(one)]
      const roomId = await makeRoom(ada, [bob])
      const { id, number } = await send(ada, roomId, 'hello')
      if (hasRead) await mark(bob, roomId, 'markRead', number)
      expect(await look(ada, id)).toEqual(hasRead ? ['READ', ['READ']] : ['SENT', ['SENT']])
      await join(await guest(one), roomId)
      await bob.call(leaveRoom, { roomId })
      expect(await look(ada, id)).toEqual(['SENT', []])
    }
  })

  test('one of two recipients who has not read it leaves', async ({ one }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(bob, [ada, eve])
    const { id, number } = await send(ada, roomId, 'hello')
    await mark(bob, roomId, 'markRead', number)
    expect(await look(ada, id)).toEqual(['SENT', ['READ', 'SENT']])
    await eve.call(leaveRoom, { roomId })
    expect(await look(ada, id)).toEqual(['READ', ['READ']])
  })
})

test('a room is told how far a member has read, on every server', async ({ one, two }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await send(ada, roomId, 'first')
  const stream = ada.at(two).follow<{ roomEvents: unknown }>(
    `subscription ($roomId: ID!) {
      roomEvents(roomId: $roomId) {
        __typename
        ... on ReceiptAdvanced { membership { lastReadNumber user { displayName } } }
      }
    }`,
    { roomId },
  )
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  await bob.call('mutation ($roomId: ID!) { markRead(input: { roomId: $roomId, number: 1 }) { __typename } }', {
    roomId,
  })
  expect(await stream.nextData()).toEqual({
    roomEvents: {
      __typename: 'ReceiptAdvanced',
      membership: { lastReadNumber: 1, user: { displayName: 'Bob' } },
    },
  })
})
