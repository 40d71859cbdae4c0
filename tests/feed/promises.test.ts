import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { feedDefaults } from '../../src/config/feed.ts'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, join, makeRoom, type SentMessage, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { rewriteHistory } from '../support/feeds.ts'
import { uuidOf } from '../support/members.ts'
import { test } from '../support/server.ts'

const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename
    cursor
    ... on MessageSent { message { number body } }
    ... on MemberJoined { user { id } }
    ... on MemberLeft { user { id } reason }
  }
}`

interface RoomEvent {
  __typename: string
  cursor: string
  message?: { number: number; body: string }
  user?: { id: string }
  reason?: string
}

const follow = (client: Client, roomId: string, after?: string) => {
  const stream = client.follow<{ roomEvents: RoomEvent }>(roomEvents, { roomId, after })
  return { ...stream, event: async () => (await stream.nextData()).roomEvents }
}

const history = async (client: Client, roomId: string): Promise<SentMessage[]> => {
  const { room } = await client.call<{ room: { messages: { nodes: SentMessage[] } } }>(
    'query ($id: ID!) { room(id: $id) { messages(first: 100) { nodes { id number body cursor } } } }',
    { id: roomId },
  )
  return room.messages.nodes
}

test('P2 the same nonce is the same message, on every server, with every token, at the same time', async ({
  one,
  two,
}) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const nonce = randomUUID()
  const tries = await Promise.all(
    Array.from({ length: 20 }, (_, index) => send(index % 2 === 0 ? ada : ada.at(two), roomId, 'once', nonce)),
  )
  expect(new Set(tries.map((message) => `${message.id} ${message.number}`)).size).toBe(1)
  await ada.call('mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "edited" }) { message { id } } }', {
    id: tries[0]?.id,
  })
  expect(await send(ada, roomId, 'once', nonce)).toMatchObject({ id: tries[0]?.id, number: 1, body: 'edited' })
  expect(
    await ada.fail('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', {
      input: { roomId, body: 'another', nonce },
    }),
  ).toBe('NONCE_REUSED')
  expect(await send(ada, roomId, 'next')).toMatchObject({ number: 2 })
})

test('P3 a room is numbered 1, 2, 3 … without holes, the same live and in history', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(two, 'Bob')
  const roomId = await makeRoom(ada, [bob.at(one)])
  const live = follow(bob, roomId)
  expect((await live.event()).__typename).toBe('Synced')
  const bad = { input: { roomId, body: ' ' } }
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const author = index % 2 === 0 ? ada : bob
      await send(author, roomId, `message ${index}`)
      // what is refused takes no number
      await author.fail('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', bad)
    }),
  )
  const seen: string[] = []
  for (let index = 0; index < 30; index++) {
    const { message } = await live.event()
    seen.push(`${message?.number} ${message?.body}`)
  }
  expect(seen.map((line) => Number(line.split(' ')[0]))).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  expect((await history(ada, roomId)).map(({ number, body }) => `${number} ${body}`)).toEqual(seen)
})

test('P4 a subscription gives every event once and in order, whoever sends on whatever server', async ({
  one,
  two,
}) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(two, 'Bob')
  const roomId = await makeRoom(ada, [bob.at(one)])
  const streams = [follow(ada, roomId), follow(bob, roomId), follow(ada.at(two), roomId), follow(bob.at(one), roomId)]
  for (const stream of streams) expect((await stream.event()).__typename).toBe('Synced')
  await Promise.all(Array.from({ length: 50 }, (_, index) => send(index % 2 === 0 ? ada : bob, roomId, `${index}`)))
  const expected = (await history(ada, roomId)).map((message) => message.number)
  for (const stream of streams) {
    const numbers: (number | undefined)[] = []
    for (let index = 0; index < 50; index++) numbers.push((await stream.event()).message?.number)
    expect(numbers).toEqual(expected)
  }
})

test('P5 after a reconnect you get what came after your cursor, on any server', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const first = follow(ada, roomId)
  expect((await first.event()).__typename).toBe('Synced')
  await send(ada, roomId, 'seen')
  const { cursor } = await first.event()
  first.stop()
  for (let index = 0; index < 5; index++) await send(ada, roomId, `missed ${index}`)
  const second = follow(ada.at(two), roomId, cursor)
  for (let index = 0; index < 5; index++) {
    expect(await second.event()).toMatchObject({ message: { number: index + 2, body: `missed ${index}` } })
  }
  expect((await second.event()).__typename).toBe('Synced')
  await send(ada, roomId, 'live')
  expect(await second.event()).toMatchObject({ message: { number: 7, body: 'live' } })
})

test('P5 a cursor that cannot be continued from says so: ResyncRequired, never a silent hole', async ({
  one,
  databaseUrl,
}) => {
  const ada = await guest(one, 'Ada')
  const [roomId, otherId] = [await makeRoom(ada), await makeRoom(ada)]
  const sent: SentMessage[] = []
  for (let index = 0; index < 5; index++) sent.push(await send(ada, roomId, `${index}`))
  const [, old] = sent
  const newest = sent.at(-1)
  const other = await send(ada, otherId, 'elsewhere')
  const admin = await connect(databaseUrl)
  const topic = `(select room_id from messages where body = '4' and room_id in (select id from rooms) order by created_at desc limit 1)`
  await admin.query(`update topics set floor = head - 1 where id = ${topic}`)
  await admin.query(
    `delete from events where topic_id = ${topic} and seq <= (select floor from topics where id = topic_id)`,
  )

  const tooOld = follow(ada, roomId, old?.cursor)
  expect((await tooOld.event()).__typename).toBe('ResyncRequired')
  await tooOld.ended()
  const kept = follow(ada, roomId, newest?.cursor)
  expect((await kept.event()).__typename).toBe('Synced')

  await rewriteHistory(admin, uuidOf(roomId))
  const otherDatabase = follow(ada, roomId, newest?.cursor)
  expect((await otherDatabase.event()).__typename).toBe('ResyncRequired')
  await otherDatabase.ended()

  for (const after of [other.cursor, 'nonsense']) {
    const refused = ada.follow(roomEvents, { roomId, after })
    expect((await refused.next()).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    await refused.ended()
  }
  const messages = ada.follow(
    'subscription ($roomId: ID!, $after: EventCursor) { messageAdded(roomId: $roomId, after: $after) { number } }',
    {
      roomId,
      after: newest?.cursor,
    },
  )
  expect((await messages.next()).errors?.[0]?.extensions.code).toBe('RESYNC_REQUIRED')
  await messages.ended()
})

test('P6 snapshot and stream join without a gap or a double', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(two, 'Bob')
  const roomId = await makeRoom(ada, [bob.at(one)])
  let writing = true
  const writer = (async () => {
    for (let index = 0; writing && index < 10_000; index++) await send(ada, roomId, `${index}`)
  })()
  for (let round = 0; round < 10; round++) {
    const { room } = await bob.call<{
      room: { eventCursor: string; messageCount: number; messages: { nodes: SentMessage[] } }
    }>('query ($id: ID!) { room(id: $id) { messages(last: 3) { nodes { number } } eventCursor messageCount } }', {
      id: roomId,
    })
    const last = room.messages.nodes.at(-1)?.number ?? 0
    expect(room.messageCount).toBe(last)
    const stream = follow(bob, roomId, room.eventCursor)
    let next = await stream.event()
    while (next.__typename === 'Synced') next = await stream.event()
    expect(next.message?.number).toBe(last + 1)
    stream.stop()
  }
  writing = false
  await writer
})

test('P7 who leaves, or is removed, at event n receives nothing above n', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(two, 'Bob')
  const eve = await guest(one, 'Eve')
  const roomId = await makeRoom(ada, [bob.at(one), eve])
  const streams = { bob: follow(bob, roomId), eve: follow(eve.at(two), roomId), ada: follow(ada, roomId) }
  for (const stream of Object.values(streams)) expect((await stream.event()).__typename).toBe('Synced')
  await Promise.all([
    ...Array.from({ length: 20 }, (_, index) => send(ada, roomId, `before or after ${index}`)),
    bob.call('mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }', { roomId }),
    ada.call(
      'mutation ($roomId: ID!, $userId: ID!) { removeMember(input: { roomId: $roomId, userId: $userId }) { user { id } } }',
      {
        roomId,
        userId: eve.userId,
      },
    ),
  ])
  await send(ada, roomId, 'fence')
  const all: RoomEvent[] = []
  for (let event = await streams.ada.event(); ; event = await streams.ada.event()) {
    all.push(event)
    if (event.message?.body === 'fence') break
  }
  for (const [name, client, reason] of [
    ['bob', bob, 'LEFT'],
    ['eve', eve, 'REMOVED'],
  ] as const) {
    const end = all.findIndex((event) => event.__typename === 'MemberLeft' && event.user?.id === client.userId)
    for (const [index, expected] of all.slice(0, end + 1).entries()) {
      const event = await streams[name].event()
      expect(event.cursor).toBe(expected.cursor)
      // what was executed only when the removal was known is not shown any more
      if (index === end || event.__typename !== 'Hidden') expect(event).toEqual(expected)
    }
    expect(all[end]?.reason).toBe(reason)
    await streams[name].ended()
  }
  expect(await bob.fail('query ($id: ID!) { room(id: $id) { messages { nodes { body } } } }', { id: roomId })).toBe(
    'FORBIDDEN',
  )
})

const socketsEnd = async (server: KabarServer, end: (client: Client) => Promise<unknown>, withinMs = 5_000) => {
  const ada = await guest(server, 'Ada')
  const roomId = await makeRoom(ada)
  const stream = follow(ada, roomId)
  expect((await stream.event()).__typename).toBe('Synced')
  const startedAt = performance.now()
  await end(ada)
  expect(await stream.closed()).toBe(4403)
  expect(performance.now() - startedAt).toBeLessThan(withinMs)
}

test('P8 a session that is revoked on another server stops receiving', async ({ one, two }) => {
  await socketsEnd(one, (ada) => ada.at(two).call('mutation { signOut { session { id } } }'))
})

test('P8 a revoked session stops receiving within 5 s even when every notification is lost', async ({
  start,
  databaseUrl,
}) => {
  // what is looked for every four seconds at the most is found in five
  expect(feedDefaults.sessionSweepMs).toBeLessThanOrEqual(4_000)
  const deaf = await start({ feed: { sessionSweepMs: 1_000 } })
  const admin = await connect(databaseUrl)
  await socketsEnd(deaf, () => admin.query('update sessions set revoked_at = now() where revoked_at is null'))
  await admin.end()
})

test('P8 a socket ends with the access token that it was opened with', async ({ start }) => {
  const brief = await start({ accessTokenSeconds: 6, feed: { sessionSweepMs: 200 } })
  await socketsEnd(brief, async () => {}, 6_000 + 5_000)
})

test('a member who joins again is let in and reads on', async ({ one }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  const stream = follow(bob, roomId)
  expect((await stream.event()).__typename).toBe('Synced')
  await bob.call('mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }', { roomId })
  const left = await stream.event()
  await stream.ended()
  await send(ada, roomId, 'without Bob')
  await join(bob, roomId)
  const again = follow(bob, roomId, left.cursor)
  expect(await again.event()).toMatchObject({ message: { body: 'without Bob' } })
  expect(await again.event()).toMatchObject({ __typename: 'MemberJoined', user: { id: bob.userId } })
})
