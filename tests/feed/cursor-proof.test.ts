import { expect } from 'vitest'
import { decodeCursor, encodeCursor } from '../../src/feed/cursor.ts'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { findBreaks, rememberRoom } from '../support/feeds.ts'
import { test } from '../support/server.ts'

const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename
    cursor
    ... on MessageSent { message { body } }
    ... on MessageEdited { message { body } }
  }
}`

interface RoomEvent {
  __typename: string
  cursor: string
  message?: { body: string }
}

const describeEvent = ({ __typename, message }: RoomEvent) => message?.body ?? __typename

/** Follows a room, and gives its events in a few words. */
function follow(client: Client, roomId: string, after?: string) {
  const stream = client.follow<{ roomEvents: RoomEvent }>(roomEvents, { roomId, after })
  const event = async () => (await stream.nextData()).roomEvents
  return { ...stream, event, word: async () => describeEvent(await event()) }
}

/** Resumes after a cursor and returns the events up to `Synced` or `ResyncRequired`. */
async function resume(client: Client, roomId: string, after: string): Promise<string> {
  const stream = follow(client, roomId, after)
  const words: string[] = []
  do words.push(await stream.word())
  while (words.at(-1) !== 'Synced' && words.at(-1) !== 'ResyncRequired')
  if (words.at(-1) === 'ResyncRequired') await stream.ended()
  stream.stop()
  return words.join(' ')
}

const eventCursor = async (client: Client, id: string): Promise<string> => {
  const { room } = await client.call<{ room: { eventCursor: string } }>(
    'query ($id: ID!) { room(id: $id) { eventCursor } }',
    { id },
  )
  return room.eventCursor
}

const sendAll = async (client: Client, roomId: string, bodies: readonly string[]): Promise<string[]> => {
  const cursors: string[] = []
  for (const body of bodies) cursors.push((await send(client, roomId, body)).cursor)
  return cursors
}

/** A room with two messages, which is put back to them after two more. */
async function forkRoom(server: KabarServer, databaseUrl: string) {
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const created = await eventCursor(ada, roomId)
  const [, m2 = ''] = await sendAll(ada, roomId, ['m1', 'm2'])
  const putBack = await rememberRoom(await connect(databaseUrl), roomId)
  const [lost3 = '', lost4 = ''] = await sendAll(ada, roomId, ['lost3', 'lost4'])
  await putBack()
  return { ada, roomId, cursors: { created, m2, lost3, lost4 } }
}

test.for([
  ['lost4', [], 'ResyncRequired'],
  ['lost3', ['m3'], 'ResyncRequired'],
  ['lost4', ['m3', 'm4'], 'ResyncRequired'],
  ['lost4', ['m3', 'm4', 'm5'], 'ResyncRequired'],
  ['lost3', ['m3', 'm4', 'm5'], 'ResyncRequired'],
  ['m2', ['m3', 'm4', 'm5'], 'm3 m4 m5 Synced'],
  ['created', ['m3', 'm4', 'm5'], 'm1 m2 m3 m4 m5 Synced'],
  ['m2', [], 'Synced'],
] as const)(
  'P5 of a feed that was put back, %s is resumed after %s with %s',
  async ([place, written, expected], { one, two, databaseUrl }) => {
    const { ada, roomId, cursors } = await forkRoom(one, databaseUrl)
    await sendAll(ada, roomId, written)
    // a server that has no subscriber, and then one that has
    const live = follow(ada, roomId)
    expect(await live.word()).toBe('Synced')
    expect(await resume(ada.at(two), roomId, cursors[place])).toBe(expected)
    expect(await resume(ada, roomId, cursors[place])).toBe(expected)
    // who has read the room again goes on
    expect(await resume(ada, roomId, await eventCursor(ada, roomId))).toBe('Synced')
    await send(ada, roomId, 'fence')
    expect(await live.word()).toBe('fence')
  },
)

test('P5 an edit that was lost is not taken for the next one, which is equal but for its time', async ({
  one,
  two,
  databaseUrl,
}) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { id: messageId, cursor } = await send(ada, roomId, 'original')
  const edit = (body: string) =>
    ada.call('mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { id } } }', {
      input: { messageId, body },
    })
  const putBack = await rememberRoom(await connect(databaseUrl), roomId)
  await edit('lost')
  const live = follow(ada.at(two), roomId, cursor)
  const lost = await live.event()
  expect(lost).toMatchObject({ __typename: 'MessageEdited', message: { body: 'lost' } })
  live.stop()
  await putBack()
  await edit('new')
  expect(await resume(ada, roomId, lost.cursor)).toBe('ResyncRequired')
  expect(await resume(ada, roomId, cursor)).toBe('new Synced')
})

test.for([
  [1, 'shorter'],
  [2, 'as long'],
  [3, 'longer'],
] as const)(
  'P5 a live subscriber is told that its feed was put back: with %i other messages it is %s',
  async ([count], { one, databaseUrl }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const putBack = await rememberRoom(await connect(databaseUrl), roomId)
    const live = follow(ada, roomId)
    expect(await live.word()).toBe('Synced')
    await sendAll(ada, roomId, ['lost1', 'lost2'])
    expect([await live.word(), await live.word()]).toEqual(['lost1', 'lost2'])
    await putBack()
    await sendAll(
      ada,
      roomId,
      Array.from({ length: count }, (_, index) => `new${index}`),
    )
    await one.parts.feed.catchUp()
    expect(await live.word()).toBe('ResyncRequired')
    await live.ended()
  },
)

test('P5 of a cursor no byte can be changed without being refused or told to resync', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [, cursor = ''] = await sendAll(ada, roomId, ['m1', 'm2', 'm3'])
  const bytes = Buffer.from(cursor, 'base64url')
  expect(cursor).toHaveLength(42)
  const answers: string[] = []
  for (const index of bytes.keys()) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    const stream = follow(ada, roomId, changed.toString('base64url'))
    const { data, errors } = await stream.next()
    answers.push(data?.roomEvents.__typename ?? String(errors?.[0]?.extensions.code))
    await stream.ended()
  }
  // the version and the topic, then the number and the chain
  expect(answers).toEqual([...Array(17).fill('BAD_USER_INPUT'), ...Array(14).fill('ResyncRequired')])
})

test('P5 cursors at the start, the head and the floor continue; others do not', async ({ one, databaseUrl }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const created = await eventCursor(ada, roomId)
  const cursors = await sendAll(ada, roomId, ['m1', 'm2', 'm3'])
  const head = decodeCursor(cursors[2] ?? '')
  if (!head?.chain) throw new Error('a cursor has a chain')
  const { topicId, seq, chain } = head
  const at = (number: number, other = chain) => encodeCursor({ topicId, seq: number, chain: other })
  const zeros = '0'.repeat(16)
  expect(await resume(ada, roomId, at(0, zeros))).toBe('MemberJoined m1 m2 m3 Synced')
  expect(await resume(ada, roomId, at(0, 'f'.repeat(16)))).toBe('ResyncRequired')
  expect(await resume(ada, roomId, at(seq, zeros))).toBe('ResyncRequired')
  expect(await resume(ada, roomId, at(seq + 1))).toBe('ResyncRequired')

  const admin = await connect(databaseUrl)
  const trim = async (floor: number) => {
    await admin.query('delete from events where topic_id = $1 and seq <= $2', [topicId, floor])
    await admin.query('update topics set floor = $2 where id = $1', [topicId, floor])
  }
  await trim(2)
  expect(await resume(ada, roomId, created)).toBe('ResyncRequired')
  expect(await resume(ada, roomId, cursors[0] ?? '')).toBe('m2 m3 Synced')
  expect(await resume(ada, roomId, at(2))).toBe('ResyncRequired')
  await trim(seq)
  expect(await resume(ada, roomId, cursors[1] ?? '')).toBe('ResyncRequired')
  expect(await resume(ada, roomId, cursors[2] ?? '')).toBe('Synced')
  expect(await resume(ada, roomId, at(seq, zeros))).toBe('ResyncRequired')
  await send(ada, roomId, 'm4')
  expect(await resume(ada, roomId, cursors[2] ?? '')).toBe('m4 Synced')
})

test('P5 a cursor of the first version, which proves nothing, is told to resync and is no error', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { cursor } = await send(ada, roomId, 'm1')
  const topic = Buffer.from(cursor, 'base64url').subarray(1, 17)
  const old = Buffer.concat([Buffer.from([1]), topic, Buffer.from('0102030400000000000002'.slice(0, 20), 'hex')])
  expect(old).toHaveLength(27)
  expect(await resume(ada, roomId, old.toString('base64url'))).toBe('ResyncRequired')
})

test('Message.cursor is the cursor of its event, and eventCursor right after it, wherever it is read', async ({
  start,
}) => {
  const server = await start({ systemMessages: true })
  const [ada, bob] = [await guest(server), await guest(server)]
  const roomId = await makeRoom(ada)
  const live = follow(ada, roomId)
  expect(await live.word()).toBe('Synced')
  const added = ada.follow<{ messageAdded: { cursor: string } }>(
    'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { cursor } }',
    { roomId },
  )
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(2)
  await join(bob, roomId)
  expect((await live.event()).__typename).toBe('MemberJoined')
  const system = await live.event()
  const sent = await send(ada, roomId, 'a needle')
  const event = await live.event()
  expect(event.cursor).toBe(sent.cursor)
  expect(await eventCursor(ada, roomId)).toBe(sent.cursor)
  expect((await added.nextData()).messageAdded.cursor).toBe(system.cursor)
  expect((await added.nextData()).messageAdded.cursor).toBe(sent.cursor)
  const query = `query ($id: ID!) {
    room(id: $id) { messages(last: 2) { nodes { cursor } } lastMessage { cursor } }
    searchMessages(query: "needle", roomId: $id) { nodes { cursor } }
  }`
  expect(await ada.call(query, { id: roomId })).toEqual({
    room: {
      messages: { nodes: [{ cursor: system.cursor }, { cursor: sent.cursor }] },
      lastMessage: { cursor: sent.cursor },
    },
    searchMessages: { nodes: [{ cursor: sent.cursor }] },
  })
})

test('events follow each other through deadlocks, refused neighbours and batches in flight, on two servers', async ({
  start,
  databaseUrl,
}) => {
  const feed = { batchMax: 3, slowCommitMs: -1 }
  const servers = [await start({ feed }), await start({ feed })] as const
  const ada = await guest(servers[0])
  const stranger = await guest(servers[1])
  const roomIds = [await makeRoom(ada), await makeRoom(ada)] as const
  const { id: messageId } = await send(ada, roomIds[0], 'to be edited')
  const admin = await connect(databaseUrl)
  // PostgreSQL gives up every third statement that stores events
  await admin.query(`
    create sequence tries;
    create function give_up() returns trigger language plpgsql as $$
    begin
      if nextval('tries') % 3 = 1 then raise exception 'deadlock' using errcode = '40P01'; end if;
      return null;
    end $$;
    create trigger give_up before insert on events for each statement execute function give_up()`)
  const edit = 'mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { id } } }'
  const sent = await Promise.allSettled(
    Array.from({ length: 60 }, async (_, index) => {
      const client = (index % 10 === 9 ? stranger : ada).at(servers[index % 4 < 2 ? 0 : 1])
      if (index % 15 === 7) await client.call(edit, { input: { messageId, body: `edited ${index}` } })
      else await send(client, roomIds[index % 2 === 0 ? 0 : 1], `${index}`)
    }),
  )
  const { rows } = await admin.query(`select last_value::integer as tries from tries`)
  await admin.query('drop function give_up cascade; drop sequence tries')
  expect(rows[0].tries).toBeGreaterThan(10)
  expect(sent.filter(({ status }) => status === 'rejected')).toHaveLength(6)
  expect(await findBreaks(admin)).toEqual([])
})
