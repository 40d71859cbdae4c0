import { describe, expect } from 'vitest'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { eventsOf, keyOf, leaveRoom, make, test, unknown, uuidOf } from '../support/members.ts'
import { recordStatements, statementsOf } from '../support/statements.ts'

const markOf = (name: 'markRead' | 'markDelivered') => `mutation ($roomId: ID!, $number: Int!) {
  ${name}(input: { roomId: $roomId, number: $number }) {
    membership { lastReadNumber lastDeliveredNumber unreadCount mentionCount } room { id }
  }
}`
const markRead = markOf('markRead')
const markDelivered = markOf('markDelivered')

interface Marks {
  lastReadNumber: number
  lastDeliveredNumber: number
  unreadCount: number
  mentionCount: number
}

async function mark(
  client: Client,
  roomId: string,
  name: 'markRead' | 'markDelivered',
  number: number,
): Promise<Marks> {
  const data = await client.call<Record<string, { membership: Marks }>>(
    name === 'markRead' ? markRead : markDelivered,
    {
      roomId,
      number,
    },
  )
  const membership = data[name]?.membership
  if (!membership) throw new Error('no membership')
  return membership
}

async function sendMany(author: Client, roomId: string, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) await send(author, roomId, `message ${number}`)
}

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

describe('at the same moment', () => {
  test('P12 marks in any order, from two servers and amid sends, end at the highest', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 20)
    const numbers = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1)
    await Promise.all([
      ...numbers.map(async (number, index) => {
        const here = bob.at(index % 2 ? one : two)
        const name = index % 3 ? 'markRead' : 'markDelivered'
        const marks = await mark(here, roomId, name, number)
        expect(name === 'markRead' ? marks.lastReadNumber : marks.lastDeliveredNumber).toBeGreaterThanOrEqual(number)
      }),
      ...numbers.map((number, index) => mark(ada.at(index % 2 ? one : two), roomId, 'markRead', number)),
      ...numbers.map((number) => send(ada, roomId, `more ${number}`)),
    ])
    const highest = Math.max(...numbers.filter((_, index) => index % 3))
    expect(await mark(bob, roomId, 'markRead', 0)).toMatchObject({
      lastReadNumber: highest,
      lastDeliveredNumber: 20,
      unreadCount: 40 - highest,
    })
    expect(await db.member.findUnique({ where: keyOf(roomId, ada) })).toMatchObject({ lastReadNumber: 40 })
  })

  test('marks of many members in many rooms are one statement', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const rooms = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
    for (const roomId of rooms) await sendMany(ada, roomId, 3)
    const { receipts } = one.parts
    const marks = rooms.flatMap((roomId) =>
      [1, 3, 2].flatMap((number) =>
        [ada, bob].map((client) => ({ roomId: uuidOf(roomId), userId: uuidOf(client.userId), number, isRead: true })),
      ),
    )
    const statements = await statementsOf(async () => {
      const answers = await Promise.all(marks.map((each) => receipts.mark(each)))
      expect(answers.map((answer) => answer?.member.lastReadNumber)).toEqual(marks.map(() => 3))
    })
    expect(statements, statements.join('\n')).toHaveLength(1)
    expect(await db.member.findUnique({ where: keyOf(rooms[1] ?? '', bob) })).toMatchObject({ lastReadNumber: 3 })
  })

  test('marks wait for no lock of the room, and those that are held up hold up no other', async ({
    one,
    databaseUrl,
  }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 1)
    const other = await makeRoom(bob, [ada])
    await sendMany(bob, other, 2)
    const blocker = await connect(databaseUrl)
    try {
      await blocker.query('begin')
      await blocker.query('select from topics where id = $1 for update', [uuidOf(roomId)])
      expect(await mark(bob, roomId, 'markRead', 1)).toMatchObject({ lastReadNumber: 1 })
      await blocker.query('select from members where room_id = $1 for update', [uuidOf(other)])
      const held: Promise<unknown>[] = []
      let done = 0
      const hold = (number: number) => {
        const marked = one.parts.receipts.mark({
          ...{ roomId: uuidOf(other), userId: uuidOf(ada.userId) },
          ...{ number, isRead: true },
        })
        held.push(marked.finally(() => done++))
      }
      hold(1)
      // this one comes while the other is held up
      await blocker.query('select')
      expect(await mark(ada, roomId, 'markDelivered', 1)).toMatchObject({ lastDeliveredNumber: 1 })
      hold(2)
      expect(await mark(ada, roomId, 'markRead', 1)).toMatchObject({ lastReadNumber: 1 })
      expect(done).toBe(0)
      await blocker.query('commit')
      expect(await Promise.all(held)).toMatchObject([
        { member: { lastReadNumber: expect.toBeOneOf([1, 2]) } },
        { member: { lastReadNumber: 2 } },
      ])
    } finally {
      await blocker.end()
    }
  })

  test('a mark that is held up for too long is given up', async ({ one, start, databaseUrl }) => {
    const hasty = await start({ feed: { statementTimeoutMs: 1_500 } })
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 1)
    const blocker = await connect(databaseUrl)
    try {
      await blocker.query('begin')
      await blocker.query('select from members where room_id = $1 for update', [uuidOf(roomId)])
      const tries = await recordStatements(async () => {
        const { errors } = await bob.at(hasty).attempt(markRead, { roomId, number: 1 })
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterMs: 1_000 })
      })
      // every 5 to 15 ms it would be tried a hundred times
      expect(tries.filter(({ text }) => text.includes('moveMarks')).length).toBeLessThan(30)
      await blocker.query('rollback')
      expect(await mark(bob, roomId, 'markRead', 1)).toMatchObject({ lastReadNumber: 1 })
    } finally {
      await blocker.end()
    }
  })

  test('a server takes so many marks and refuses one more', async ({ start }) => {
    const small = await start({ feed: { queuedSendsMax: 2 } })
    const ada = await guest(small)
    const roomId = await makeRoom(ada)
    const each = { roomId: uuidOf(roomId), userId: uuidOf(ada.userId), number: 0, isRead: true }
    const [first, second, third] = await Promise.allSettled([1, 2, 3].map(() => small.parts.receipts.mark(each)))
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: 1_000 } })
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
