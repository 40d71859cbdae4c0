// Holds what a way to shards needs: ids that name their room's part, and keys that begin with the room.

import { expect } from 'vitest'
import { checkStatements } from '../../scripts/statements.ts'
import { newUuid, newUuidIn } from '../../src/database/uuid.ts'
import { makeCast, makeWorld } from '../oracles/authorization/world.ts'
import { uuidOf } from '../support/members.ts'
import { keptKeys, keysWithoutRoom, tablesById } from '../support/room-keys.ts'
import { test as base } from '../support/server.ts'

const test = base
  .extend('server', { scope: 'file' }, async ({ start }) => start({ systemMessages: true }))
  .extend('db', { scope: 'file' }, async ({ server }) => server.parts.db)

const vectors = [
  ['01a22c42-4ab7-76c4-85d1-8cdbe641577b', 0x77b],
  ['00000000-0000-7000-8000-000000000000', 0],
  ['ffffffff-ffff-7fff-bfff-ffffffffffff', 4_095],
  // a version 4 too: rooms of tests have them
  ['f81d4fae-7dec-41d0-a765-00a0c91e6bf6', 0xbf6],
] as const

test.for(vectors)('what is in the room %s is in part %i of 4,096, here and in SQL', async ([roomId, part], { db }) => {
  const before = Date.now()
  const ids = Array.from({ length: 100 }, () => newUuidIn(roomId))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of [...ids, roomId]) expect(Number.parseInt(id.slice(-3), 16)).toBe(part)
  const inSql = await db.$queryRaw`select distinct ('x' || right(id::text, 3))::bit(12)::integer as part
    from unnest(${[...ids, roomId]}::uuid[]) as id`
  expect(inSql).toEqual([{ part }])
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const at = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(Date.now())
  }
})

test('rooms spread over all parts: their ids are random there', () => {
  const parts = new Set(Array.from({ length: 40_000 }, () => newUuid().slice(-3)))
  // of 4,096 parts 40,000 rooms leave 0.2 empty in the mean
  expect(parts.size).toBeGreaterThan(4_080)
})

/** The tables whose ids end as that of their room does, and how many rows the room of the test has at least. */
const inRooms = {
  messages: { room: 'room_id', rows: 5 },
  message_edits: { room: '(select room_id from messages where messages.id = message_id)', rows: 1 },
  reports: { room: 'room_id', rows: 1 },
  invites: { room: 'room_id', rows: 1 },
  room_invitations: { room: 'room_id', rows: 1 },
  room_visits: { room: 'room_id', rows: 1 },
}

test('every id of what is in a room ends as that of the room does', async ({ server, db }) => {
  expect(Object.keys(inRooms).toSorted()).toEqual(tablesById())
  const cast = await makeCast(server)
  const { roomId } = await makeWorld(cast, 'OPEN', { withMedia: false })
  const stream = cast.member.follow('subscription ($id: ID!) { roomEvents(roomId: $id) { __typename } }', {
    id: roomId,
  })
  await stream.nextData()
  await server.parts.presenceTracker.settle()
  const room = uuidOf(roomId)
  for (const [table, { room: roomOf, rows }] of Object.entries(inRooms)) {
    const ids = await db.$queryRawUnsafe<{ id: string }[]>(
      `select id::text from ${table} where ${roomOf} = $1::uuid`,
      room,
    )
    expect(ids.length, table).toBeGreaterThanOrEqual(rows)
    expect(
      ids.filter(({ id }) => id.slice(-3) !== room.slice(-3)),
      table,
    ).toEqual([])
  }
  const kinds = await db.message.groupBy({ by: ['kind'], where: { roomId: room } })
  expect(kinds.map(({ kind }) => kind).toSorted()).toEqual(['SYSTEM', 'TEXT'])
})

test('keys of what is in a room begin with the room, but for those with a reason', async ({ db }) => {
  expect(await keysWithoutRoom(db)).toEqual(Object.keys(keptKeys).toSorted())
})

test('a new table without the room in its key is found, however far it is from the room', async ({ db }) => {
  await db.$executeRaw`create table polls (id uuid primary key, room_id uuid references rooms (id))`
  await db.$executeRaw`create table votes (poll_id uuid references polls (id), user_id uuid, primary key (poll_id, user_id))`
  await db.$executeRaw`create table good_polls (room_id uuid references rooms (id), id uuid, primary key (room_id, id))`
  try {
    const fresh = (await keysWithoutRoom(db)).filter((key) => !(key in keptKeys))
    expect(fresh).toEqual(['polls_pkey', 'votes_pkey'])
  } finally {
    await db.$executeRaw`drop table votes, polls, good_polls`
  }
})

const joinCases = [
  ['join members on members.room_id = wanted.room_id', false],
  ['join rooms as other on other.id = members.room_id and other.deleted_at is null', false],
  ['join users on users.id = members.user_id', false],
  ['join reactions on reactions.message_id = page.id', false],
  ['join members as others on others.user_id = members.user_id', true],
  ['join members on members.user_id = users.id\nwhere members.room_id = 1', true],
  ['left join rooms as other on other.category_id = rooms.category_id', true],
] as const

test.for(joinCases)('the lint of statements says of "%s" that it joins two rooms: %s', ([join, isRefused]) => {
  const statement = `\n-- readAll: members_pkey, one row\nselect now()\nfrom members\n${join}\nlimit 1`
  const messages = checkStatements(`sql(Prisma.sql\`${statement}\`)`).map(({ message }) => message)
  expect(messages).toEqual(isRefused ? [expect.stringContaining('without its room')] : [])
})
