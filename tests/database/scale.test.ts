// Reads that must not grow with the number of rows, judged by the rows that statements read and not by the clock.

import { expect } from 'vitest'
import { erasures } from '../../src/account/deletion/queries.ts'
import { readFiles } from '../../src/account/export/queries.ts'
import { readRoomsToLeave } from '../../src/account/room-removal/queries.ts'
import { readTopics } from '../../src/feed/topics.ts'
import { readInvites } from '../../src/membership/invites/queries.ts'
import { readOwnMessages } from '../../src/messages/deletion/queries.ts'
import { readReplicaStretches } from '../../src/messages/history/queries.ts'
import { purges, readMemberIds, readRoomsToEmpty } from '../../src/rooms/deletion/queries.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { openClient } from '../support/database.ts'
import { test as base, uuidOf } from '../support/members.ts'
import { readingsOf } from '../support/plans.ts'
import { openReplica } from '../support/replica.ts'
import { recordStatements } from '../support/statements.ts'

const messageCount = 20_000
const memberCount = 5_000
const roomCount = 100

interface Place {
  readonly ada: Client
  readonly bob: Client
  readonly roomId: string
}

/** A room with much of everything, among many rooms, on a server with many users. */
const test = base.extend('place', { scope: 'file' }, async ({ one, db, databaseUrl }): Promise<Place> => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  const [room, author] = [uuidOf(roomId), uuidOf(bob.userId)]
  // all before Ada and Bob in order of id, so that who looks for one of these two among them comes by everybody
  await db.$executeRaw`
    with made as materialized (
      select ('00000000' || substr(md5(place::text), 1, 24))::uuid as id, place
      from generate_series(1, ${memberCount}::integer) as place
    ), topic as (insert into topics (id) select id from made)
    insert into users (id, username, display_name) select id, 'crowd' || place, 'Person ' || md5(place::text) from made`
  await db.$executeRaw`
    insert into members (room_id, user_id, joined_at)
    select ${room}::uuid, id, now() - interval '1 day' + substr(username, 6)::integer * interval '1 second'
    from users where username like 'crowd%'`
  // as nearly all rooms are small, PostgreSQL takes any room for one
  await db.$executeRaw`
    with made as materialized (select gen_random_uuid() as id, place from generate_series(1, ${roomCount}::integer) as place),
    topic as (insert into topics (id) select id from made),
    room as (insert into rooms (id, code, kind, access, name) select id, translate(lpad(place::text, 8, 'A'), '01', 'ZY'), 'GROUP', 'OPEN', 'Crowd ' || place from made)
    insert into members (room_id, user_id)
    select made.id, users.id from made join users on users.username in ('crowd' || place, 'crowd' || place + 1)`
  await db.$executeRaw`update rooms set member_count = 2 + ${memberCount}::integer where id = ${room}::uuid`
  await db.$executeRaw`
    insert into bans (room_id, user_id, created_at)
    select ${room}::uuid, id, now() - substr(username, 6)::integer * interval '1 second' from users where username like 'crowd%'`
  await db.$executeRaw`
    insert into invites (id, room_id, code, created_by_id)
    select gen_random_uuid(), ${room}::uuid, 'scale-' || username, ${uuidOf(ada.userId)}::uuid
    from users where username like 'crowd%'`
  await db.$executeRaw`
    insert into friendships (low_id, high_id, requester_id, status, requested_at, accepted_at)
    select least(id, ada_id), greatest(id, ada_id), case number % 100 when 0 then ada_id else id end,
      case number % 2 when 0 then 'PENDING' else 'ACCEPTED' end::friendship_status,
      now() - number * interval '1 second', case number % 2 when 1 then now() - number * interval '1 second' end
    from (
      select id, substr(username, 6)::integer as number, ${uuidOf(ada.userId)}::uuid as ada_id
      from users where username like 'crowd%'
    ) as crowd`
  await db.$executeRaw`
    insert into blocks (blocker_id, blocked_id, created_at)
    select blocker.id, blocked.id, now() - substr(blocked.username, 6)::integer * interval '1 second'
    from users as blocked, users as blocker
    where blocked.username like 'crowd%' and blocker.id <> blocked.id and (
      blocker.id = ${author}::uuid or blocker.username = 'crowd' || substr(blocked.username, 6)::integer / 2
    )`
  await db.$executeRaw`
    insert into room_visits (id, room_id, user_id, entered_at, left_at)
    select gen_random_uuid(), ${room}::uuid, id, now() - substr(username, 6)::integer * interval '1 second', now()
    from users where username like 'crowd%'`
  await db.$executeRaw`
    insert into messages (id, room_id, number, seq, author_id, body, terms, terms_version, created_at)
    select (lpad(to_hex(1700000000000 + place * 1000), 12, '0') || '70008' || substr(md5(place::text), 1, 15))::uuid, ${room}::uuid,
      place, 10 + place, case place % 2 when 0 then ${author} else ${uuidOf(ada.userId)} end::uuid,
      'straw word' || place % 100, to_tsvector('simple', 'straw word' || place % 100), 1, now() - (${messageCount}::integer - place) * interval '1 second'
    from generate_series(1, ${messageCount}::integer) as place`
  await db.$executeRaw`
    insert into mentions (message_id, user_id, room_id, number)
    select id, ${uuidOf(ada.userId)}::uuid, room_id, number from messages where room_id = ${room}::uuid`
  await db.$executeRaw`
    insert into reactions (message_id, emoji, user_id)
    select id, '👍', ${author}::uuid from messages where room_id = ${room}::uuid`
  await db.$executeRaw`
    insert into reports (id, message_id, room_id, reporter_id, reason, created_at, resolved_at)
    select gen_random_uuid(), id, room_id, ${author}::uuid, 'spam', now() - number * interval '1 second',
      case number % 1000 when 0 then null else now() end
    from messages where room_id = ${room}::uuid`
  await db.$executeRaw`
    insert into media (id, owner_id, message_id, name, kind, mime_type, bytes, storage_key, uploaded_at)
    select gen_random_uuid(), ${author}::uuid, id, 'a.pdf', 'FILE', 'application/pdf', 1, 'scale/' || id, now()
    from messages where room_id = ${room}::uuid`
  // the messages have no events, as if those had been trimmed
  await db.$executeRaw`delete from events where topic_id = ${room}::uuid`
  await db.$executeRaw`
    update topics set head = 10 + ${messageCount}::integer, floor = 10 + ${messageCount}::integer, last_number = ${messageCount}::integer where id = ${room}::uuid`
  await db.$executeRaw`
    update members set last_read_number = ${messageCount}::integer - 20, last_delivered_number = ${messageCount}::integer
    where room_id = ${room}::uuid and user_id = ${uuidOf(ada.userId)}::uuid`
  for (let index = 0; index < 20; index++) await send(bob, await makeRoom(bob, [ada], `Room ${index}`), 'hi')
  // it may take longer than the server lets statements
  const client = await openClient(databaseUrl)
  await client.query('vacuum analyze')
  await client.end()
  return { ada, bob, roomId }
})

const cursorOf = (...keys: unknown[]) => Buffer.from(JSON.stringify(keys.map(String))).toString('base64url')

const message = 'number body author { displayName } reactions { emoji count } attachments { name }'

/** The keys of a place in a list of what was made a second after the other, from now back. */
const secondsAgo = (seconds: number) =>
  cursorOf(new Date(Date.now() - seconds * 1_000).toISOString(), '00000000-0000-7000-8000-000000000000')

interface Question {
  readonly rowsMax: number
  /** Ada when not given. */
  readonly asker?: 'bob'
  readonly query: string
  /** The place that it begins after. */
  readonly after?: () => string
}

/** Questions, and the rows that their statements may read all together. */
const questions = {
  'the newest page of a history': {
    rowsMax: 1_000,
    query: `query ($roomId: ID!) { room(id: $roomId) { messages(last: 50) { nodes { ${message} } } } }`,
  },
  'a page from the middle of a history': {
    rowsMax: 1_000,
    query: `query ($roomId: ID!, $after: String) { room(id: $roomId) { messages(first: 50, after: $after) { nodes { ${message} } } } }`,
    after: () => cursorOf(messageCount / 2),
  },
  'a page from the middle of the members': {
    rowsMax: 200,
    query: `query ($roomId: ID!, $after: String) { room(id: $roomId) { members(first: 10, after: $after) { nodes { role } } } }`,
    after: () => cursorOf(new Date(Date.now() - 82_400_000).toISOString(), '00000000-0000-7000-8000-000000000000'),
  },
  'the owner and the admins': {
    rowsMax: 300,
    query: `query ($roomId: ID!) { room(id: $roomId) { owner { id } members(role: ADMIN, first: 10) { nodes { role } } } }`,
  },
  'a page from the middle of the bans': {
    rowsMax: 200,
    query: `query ($roomId: ID!, $after: String) { room(id: $roomId) { bans(first: 10, after: $after) { nodes { reason } } } }`,
    after: () => cursorOf(new Date(Date.now() - 2_500_000).toISOString(), '00000000-0000-7000-8000-000000000000'),
  },
  'the newest invites': {
    rowsMax: 200,
    query: `query ($roomId: ID!) { room(id: $roomId) { invites(first: 10) { nodes { code } } } }`,
  },
  'a page from the middle of the reports': {
    rowsMax: 200,
    query: `query ($roomId: ID!, $after: String) { room(id: $roomId) { reports(first: 10, after: $after) { nodes { reason } } } }`,
    after: () => secondsAgo(10_000),
  },
  'the reports that nobody has dealt with': {
    rowsMax: 200,
    query: `query ($roomId: ID!) { room(id: $roomId) { reports(first: 10, isResolved: false) { nodes { reason } } } }`,
  },
  'a page from the middle of the friends': {
    rowsMax: 200,
    query: `query ($after: String) { viewer { friends(first: 10, after: $after) { nodes { id } } } }`,
    after: () => secondsAgo(2_500),
  },
  'a page from the middle of the friend requests': {
    rowsMax: 200,
    query: `query ($after: String) { viewer { friendRequests(direction: INCOMING, first: 10, after: $after) { nodes { requestedAt } } } }`,
    after: () => secondsAgo(2_500),
  },
  'a page from the middle of those whom one has blocked': {
    rowsMax: 200,
    asker: 'bob',
    query: `query ($after: String) { viewer { blockedUsers(first: 10, after: $after) { nodes { id } } } }`,
    after: () => secondsAgo(2_500),
  },
  'a page from the middle of the visits': {
    rowsMax: 200,
    query: `query ($roomId: ID!, $after: String) { room(id: $roomId) { visits(first: 10, after: $after) { nodes { enteredAt } } } }`,
    after: () => cursorOf(new Date(Date.now() - 2_500_000).toISOString(), '00000000-0000-7000-8000-000000000000'),
  },
  'the rooms of the viewer': {
    rowsMax: 500,
    query: `{ viewer { memberships(first: 50) { nodes { unreadCount mentionCount room { lastMessage { body } } } } } }`,
  },
  'a page and the pins of each room of the viewer': {
    rowsMax: 500,
    query: `{ viewer { memberships(first: 20) { nodes { room { messages(last: 2) { nodes { body } } pinnedMessages { body } } } } } }`,
  },
  'the later rooms of the viewer': {
    rowsMax: 500,
    query: `query ($after: String) { viewer { memberships(first: 5, kind: GROUP, after: $after) { nodes { unreadCount } } } }`,
    after: () => cursorOf(new Date().toISOString(), '00000000-0000-7000-8000-000000000000'),
  },
  'a mark': {
    rowsMax: 300,
    query: `mutation ($roomId: ID!) { markRead(input: { roomId: $roomId, number: 10 }) { membership { unreadCount } } }`,
  },
  'a send': {
    rowsMax: 200,
    query: `mutation ($roomId: ID!) { sendMessage(input: { roomId: $roomId, body: "hay" }) { message { number } } }`,
  },
  'a search for what is in every message': {
    rowsMax: 1_000,
    query: `{ searchMessages(query: "straw", first: 50) { nodes { number } } }`,
  },
  'a search for a phrase that is nowhere, of words that are': {
    rowsMax: 12_000,
    query: `{ searchMessages(query: "\\"word7 straw\\"", first: 50) { nodes { number } } }`,
  },
  'a search in one room': {
    rowsMax: 12_000,
    query: `query ($roomId: ID!) { searchMessages(query: "straw or word7 -word7", roomId: $roomId, first: 50) { nodes { number } } }`,
  },
  'a search for users by a part that few have': {
    rowsMax: 3_000,
    query: `{ users(search: "crowd4999", first: 10) { nodes { username } } }`,
  },
} satisfies Record<string, Question>

test.for<[string, Question]>(Object.entries(questions))(
  '%s is read by an index, whatever the size',
  async ([, asked], { place: { ada, bob, roomId }, databaseUrl }) => {
    const variables = Object.entries({ roomId, after: asked.after?.() })
    const used = Object.fromEntries(variables.filter(([name]) => asked.query.includes(`$${name}`)))
    const statements = await recordStatements(() => (asked.asker ? bob : ada).call(asked.query, used))
    const readings = await readingsOf(databaseUrl, statements)
    expect(readings.length).toBeGreaterThan(0)
    for (const { rows, text, plan } of readings) expect(rows, `${text}\n${plan}`).toBeLessThanOrEqual(asked.rowsMax)
  },
)

test('a page of 50 with authors, reactions and attachments takes four statements', async ({
  place: { ada, roomId },
}) => {
  const { query } = questions['the newest page of a history']
  await ada.call(query, { roomId })
  const statements = await recordStatements(() => ada.call(query, { roomId }))
  // the room, its messages, their reactions and their files: the viewer's own with those of others
  expect(statements.length, statements.map(({ text }) => text).join('\n')).toBeLessThanOrEqual(4)
})

test('a page that a replica answers is read by indexes', async ({ one, place, databaseUrl }) => {
  const { replica } = await openReplica(databaseUrl, { url: databaseUrl, async follow() {} })
  const roomId = uuidOf(place.roomId)
  const { head: seq = 0, chain = '' } = (await readTopics(one.parts.sql, [roomId])).get(roomId) ?? {}
  const stretch = { roomId, above: 0, upTo: messageCount, take: 50, since: { seq, chain } }
  for (const direction of ['backward', 'forward'] as const) {
    const pages: unknown[] = []
    const statements = await recordStatements(async () => {
      pages.push(await readReplicaStretches(replica, [{ ...stretch, direction }], direction))
    })
    expect(pages).toMatchObject([[{ length: 50 }]])
    const readings = await readingsOf(databaseUrl, statements)
    expect(readings.length).toBeGreaterThan(0)
    for (const { rows, text, plan } of readings) expect(rows, `${text}\n${plan}`).toBeLessThanOrEqual(200)
  }
})

test('what a deleted room or account held is found and removed by indexes', async ({ place, db }) => {
  const [room, user, bob] = [uuidOf(place.roomId), uuidOf(place.ada.userId), uuidOf(place.bob.userId)]
  const undo = new Error('undo')
  const removing = db.$transaction(
    async (tx) => {
      const readScans = () => tx.$queryRaw<{ relname: string; read: number }[]>`
        select relname::text, seq_tup_read::integer as read from pg_stat_xact_user_tables`
      // earlier transactions of this connection count until PostgreSQL has flushed them
      const before = new Map((await readScans()).map(({ relname, read }) => [relname, read]))
      await readRoomsToEmpty(tx, 10)
      for (const purge of purges) expect((await purge(tx, room, 10)).count).toBeLessThanOrEqual(10)
      for (const erase of erasures) expect((await erase(tx, user, 10)).count).toBeLessThanOrEqual(10)
      const read = [
        await readMemberIds(tx, room, 10),
        await readRoomsToLeave(tx, user, 10),
        await readInvites(tx, { roomId: room, take: 10, after: null }),
        await readOwnMessages(tx, { authorId: bob, roomId: null, since: null, take: 10 }),
        await readFiles(tx, { userId: bob, after: null, take: 10 }),
      ]
      for (const page of read) expect(page).toHaveLength(10)
      // also what the statements set off: foreign keys and triggers
      const scanned = (await readScans()).filter(({ relname, read }) => read - (before.get(relname) ?? 0) > 1_000)
      expect(scanned).toEqual([])
      throw undo
    },
    { timeout: 30_000 },
  )
  await expect(removing).rejects.toBe(undo)
})
