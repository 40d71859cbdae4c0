import { describe, expect } from 'vitest'
import { createWatermarks } from '../../src/membership/receipts/watermarks/watermarks.ts'
import { newUser } from '../support/accounts.ts'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { addMembers, guests, keyOf, leaveRoom, openDirect, test, uuidOf } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'

const markRead = `mutation ($roomId: ID!, $number: Int!) {
  markRead(input: { roomId: $roomId, number: $number }) { room { id } }
}`
const markDelivered = `mutation ($roomId: ID!, $number: Int!) {
  markDelivered(input: { roomId: $roomId, number: $number }) { room { id } }
}`
const history = 'query ($id: ID!) { room(id: $id) { messages { nodes { number status } } } }'
const receipts = `query ($id: ID!, $number: Int!, $first: Int, $after: String) {
  room(id: $id) { message(number: $number) { receipts(first: $first, after: $after) {
    nodes { user { id } status } pageInfo { hasNextPage endCursor }
  } } }
}`

interface ReceiptsPage {
  room: { message: { receipts: { nodes: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } } }
}

const read = (client: Client, roomId: string, number: number) => client.call(markRead, { roomId, number })
const receive = (client: Client, roomId: string, number: number) => client.call(markDelivered, { roomId, number })

async function statuses(client: Client, id: string): Promise<string[]> {
  interface History {
    room: { messages: { nodes: { status: string }[] } }
  }
  const { room } = await client.call<History>(history, { id })
  return room.messages.nodes.map(({ status }) => status)
}

describe('Message.status', () => {
  test('a message has come as far as the slowest of the others, on every server', async ({ one, two }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob, eve])
    for (const body of ['one', 'two', 'three']) await send(ada, roomId, body)
    const expectStatuses = async (...expected: string[]) => {
      for (const client of [ada, bob, ada.at(two), bob.at(two)]) {
        expect(await statuses(client, roomId)).toEqual(expected)
      }
    }
    await expectStatuses('SENT', 'SENT', 'SENT')
    await receive(bob, roomId, 3)
    await expectStatuses('SENT', 'SENT', 'SENT')
    await receive(eve, roomId, 2)
    await expectStatuses('DELIVERED', 'DELIVERED', 'SENT')
    await read(bob, roomId, 3)
    await expectStatuses('DELIVERED', 'DELIVERED', 'SENT')
    await read(eve, roomId, 1)
    await expectStatuses('READ', 'DELIVERED', 'SENT')
    await read(eve, roomId, 3)
    await expectStatuses('READ', 'READ', 'READ')
    // who answers has read it too
    await send(bob, roomId, 'four')
    await expectStatuses('READ', 'READ', 'READ', 'SENT')
    await read(ada, roomId, 4)
    await read(eve, roomId, 4)
    await expectStatuses('READ', 'READ', 'READ', 'READ')
  })

  test('who has left does not count, and who joins makes nothing unread', async ({ one, two }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob, eve])
    await send(ada, roomId, 'one')
    await read(bob, roomId, 1)
    expect(await statuses(ada, roomId)).toEqual(['SENT'])
    await eve.call(leaveRoom, { roomId })
    expect(await statuses(ada, roomId)).toEqual(['READ'])
    await join(eve, roomId)
    expect(await statuses(ada, roomId)).toEqual(['READ'])
    await send(ada, roomId, 'two')
    expect(await statuses(ada, roomId)).toEqual(['READ', 'SENT'])
  })

  test('a message to nobody is sent', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    await send(ada, roomId, 'anybody?')
    expect(await statuses(ada, roomId)).toEqual(['SENT'])
    await join(bob, roomId)
    await send(ada, roomId, 'hello')
    await read(bob, roomId, 2)
    expect(await statuses(ada, roomId)).toEqual(['SENT', 'READ'])
    await bob.call(leaveRoom, { roomId })
    expect(await statuses(ada, roomId)).toEqual(['SENT', 'SENT'])
    const direct = await openDirect(ada, bob)
    await send(ada, direct, 'hello')
    expect(await statuses(bob, direct)).toEqual(['SENT'])
    await read(bob, direct, 1)
    expect(await statuses(bob, direct)).toEqual(['READ'])
  })

  test('the members of a room are searched only when all of its slowest have moved', async ({ one }) => {
    const ada = await guest(one)
    const others = await guests(one, 40)
    const roomId = await makeRoom(ada, others)
    for (let number = 1; number <= 50; number++) await send(ada, roomId, `message ${number}`)
    await Promise.all(others.map((client, index) => read(client, roomId, 1 + index)))
    const look = async () => {
      let found: string[] = []
      const statements = await statementsOf(async () => {
        found = await statuses(ada, roomId)
      })
      // the room, the page, and how far its messages have come
      expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(4)
      const searches = statements.filter((statement) => statement.includes('readSlowest')).length
      return { searches, read: found.filter((status) => status === 'READ').length }
    }
    expect(await look()).toEqual({ searches: 1, read: 1 })
    expect(await look()).toEqual({ searches: 0, read: 1 })
    // the server remembers 32
    const [first, ...next] = others.slice(0, 32)
    if (!first) throw new Error('nobody')
    await Promise.all(next.map((client) => read(client, roomId, 50)))
    expect(await look()).toEqual({ searches: 0, read: 1 })
    await read(first, roomId, 20)
    expect(await look()).toEqual({ searches: 0, read: 20 })
    await read(first, roomId, 50)
    expect(await look()).toEqual({ searches: 1, read: 33 })
    expect(await look()).toEqual({ searches: 0, read: 33 })
  })

  test('messages for 100 subscribers take one statement for their status', async ({ one, two }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await send(ada, roomId, 'first')
    await statuses(ada.at(two), roomId)
    const query = `subscription ($roomId: ID!) {
      roomEvents(roomId: $roomId) { __typename ... on MessageSent { message { number status } } }
    }`
    const streams = Array.from({ length: 100 }, (_, index) => (index % 2 ? ada : bob).at(two).follow(query, { roomId }))
    for (const stream of streams) expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
    const statements = await statementsOf(async () => {
      await send(ada, roomId, 'second')
      for (const stream of streams) {
        expect(await stream.nextData()).toMatchObject({ roomEvents: { message: { number: 2, status: 'SENT' } } })
      }
    })
    const looks = statements.filter((statement) => /readWatermarks|readSlowest/.test(statement))
    expect(looks, looks.join('\n')).toHaveLength(1)
  })

  test('a server that remembers few rooms answers the same', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const rooms = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
    for (const roomId of rooms) await send(ada, roomId, 'hello')
    await read(bob, rooms[1] ?? '', 1)
    const reachOf = createWatermarks(one.parts.sql, 1)
    const sent = { number: 1, authorId: uuidOf(ada.userId), sentAt: new Date() }
    const places = rooms.map((roomId) => ({ ...sent, roomId: uuidOf(roomId) }))
    const statements = await statementsOf(async () => {
      for (let round = 0; round < 3; round++) {
        expect(await reachOf(places)).toEqual(['SENT', 'READ'])
        for (const [index, place] of places.entries()) {
          expect(await reachOf([place])).toEqual([index === 0 ? 'SENT' : 'READ'])
        }
      }
    })
    // one of two rooms is always forgotten
    expect(statements.filter((statement) => statement.includes('readSlowest')).length).toBeGreaterThanOrEqual(7)
  })
})

describe('Message.receipts', () => {
  test('each recipient has one, page by page, and neither the author nor who came later', async ({ one, db }) => {
    const [ada, bob, eve, kim] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(bob, [ada, eve, kim])
    const { number } = await send(ada, roomId, 'hello')
    const late = await guest(one)
    await join(late, roomId)
    const past = new Date(Date.now() - 60_000)
    await db.message.updateMany({ where: { roomId: uuidOf(roomId) }, data: { createdAt: past } })
    for (const [index, client] of [bob, ada, eve, kim].entries()) {
      const joinedAt = new Date(past.getTime() - 10_000 + index)
      await db.member.update({ where: keyOf(roomId, client), data: { joinedAt } })
    }
    await read(bob, roomId, 1)
    await receive(eve, roomId, 1)
    const seen: unknown[] = []
    let after: string | null = null
    do {
      const variables = { id: roomId, number, first: 2, after }
      const page: ReceiptsPage = await kim.call<ReceiptsPage>(receipts, variables)
      const { nodes, pageInfo } = page.room.message.receipts
      seen.push(...nodes)
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after)
    expect(seen).toEqual([
      { user: { id: bob.userId }, status: 'READ' },
      { user: { id: eve.userId }, status: 'DELIVERED' },
      { user: { id: kim.userId }, status: 'SENT' },
    ])
    expect(await kim.fail(receipts, { id: roomId, number, first: 101 })).toBe('BAD_USER_INPUT')
    const cursor = Buffer.from('["x","y"]').toString('base64url')
    expect(await kim.fail(receipts, { id: roomId, number, after: cursor })).toBe('BAD_USER_INPUT')
  })

  test('who joined before a message that waited for them has one, however early it was begun', async ({
    one,
    databaseUrl,
  }) => {
    const [ada, eve] = [await guest(one), await guest(one)]
    const { viewer } = await newUser(one)
    const roomId = await makeRoom(ada)
    await ada.call(addMembers, { roomId, userIds: [viewer.user.id] })
    const blocker = await connect(databaseUrl)
    try {
      // whom the message mentions is locked before the room
      await blocker.query('begin')
      await blocker.query('select from topics where id = $1 for update', [uuidOf(viewer.user.id)])
      const sent = send(ada, roomId, `hello @${viewer.user.username}`)
      const waits = 'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))'
      await expect.poll(async () => (await blocker.query(waits)).rowCount).toBe(1)
      await join(eve, roomId)
      await blocker.query('commit')
      const { number } = await sent
      const look = async () => (await ada.call<ReceiptsPage>(receipts, { id: roomId, number })).room.message.receipts
      for (const status of ['SENT', 'READ']) {
        if (status === 'READ') await read(eve, roomId, number)
        expect((await look()).nodes).toEqual([
          { user: { id: viewer.user.id }, status: 'SENT' },
          { user: { id: eve.userId }, status },
        ])
      }
    } finally {
      await blocker.end()
    }
  })

  test('those of a page of messages take one statement', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    for (let number = 1; number <= 20; number++) await send(number % 2 ? ada : bob, roomId, 'hello')
    const query = `query ($id: ID!) {
      room(id: $id) { messages { nodes { author { id } receipts(first: 5) { nodes { status user { id } } } } } }
    }`
    interface Page {
      room: { messages: { nodes: { author: { id: string }; receipts: { nodes: { user: { id: string } }[] } }[] } }
    }
    const statements = await statementsOf(async () => {
      const { room } = await ada.call<Page>(query, { id: roomId })
      for (const { author, receipts: page } of room.messages.nodes) {
        expect(page.nodes.map(({ user }) => user.id)).toEqual([author.id === ada.userId ? bob.userId : ada.userId])
      }
    })
    expect(statements.filter((statement) => statement.includes('readRecipients'))).toHaveLength(1)
  })
})
