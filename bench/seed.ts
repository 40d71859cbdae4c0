// Users with sessions and rooms with members, written straight into the tables: what is measured comes after this.

import pg from 'pg'
import { v7 as uuid } from 'uuid'
import { createKeyring } from '../src/auth/keyring.ts'
import { createTokens } from '../src/auth/tokens.ts'
import { formatId } from '../src/input/ids.ts'
import { openPrisma } from './prisma.ts'

/** Somebody who may use a server. */
export interface SeededUser {
  readonly uuid: string
  /** An access token of Kabar. */
  readonly token: string
}

/** A room: its row's id, and its id in GraphQL. */
export interface SeededRoom {
  readonly uuid: string
  readonly id: string
}

const tokenSeconds = 86_400
const codeLetters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Makes users, each with a session and a token. */
export async function seedUsers(databaseUrl: string, count: number): Promise<SeededUser[]> {
  const users = Array.from({ length: count }, () => ({ userId: uuid(), sessionId: uuid() }))
  await query(
    databaseUrl,
    `with asked as (select * from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (user_id, session_id, place)),
     made as (insert into topics (id) select user_id from asked),
     named as (
       insert into users (id, username, display_name)
       select user_id, right(replace(user_id::text, '-', ''), 24), 'User ' || place from asked
     )
     insert into sessions (id, user_id, expires_at)
     select session_id, user_id, now() + interval '1 day' from asked`,
    [users.map((user) => user.userId), users.map((user) => user.sessionId)],
  )
  const db = openPrisma(databaseUrl, 2)
  const tokens = createTokens(createKeyring(db), tokenSeconds)
  try {
    return await Promise.all(users.map(async (user) => ({ uuid: user.userId, token: (await tokens.sign(user)).token })))
  } finally {
    await db.$disconnect()
  }
}

/** Makes rooms; `membersOf` says who is in each, the owner first. */
export async function seedRooms(
  databaseUrl: string,
  count: number,
  membersOf: (room: number) => readonly SeededUser[],
): Promise<SeededRoom[]> {
  const rooms = Array.from({ length: count }, () => uuid())
  const members = rooms.flatMap((roomId, index) =>
    membersOf(index).map((user, place) => ({ roomId, userId: user.uuid, role: place === 0 ? 'OWNER' : 'MEMBER' })),
  )
  await query(databaseUrl, 'insert into topics (id) select unnest($1::uuid[])', [rooms])
  await query(
    databaseUrl,
    `insert into rooms (id, code, kind, access, name, member_count)
     select id, code, 'GROUP', 'OPEN', 'Room', count from unnest($1::uuid[], $2::text[], $3::integer[]) as r (id, code, count)`,
    [rooms, rooms.map(() => randomCode()), rooms.map((_, index) => membersOf(index).length)],
  )
  await query(
    databaseUrl,
    `insert into members (room_id, user_id, role)
     select * from unnest($1::uuid[], $2::uuid[], $3::member_role[])`,
    [members.map((m) => m.roomId), members.map((m) => m.userId), members.map((m) => m.role)],
  )
  return rooms.map((roomId) => ({ uuid: roomId, id: formatId('Room', roomId) }))
}

/** Puts so many messages into each of some rooms, by its members in turn. */
export async function seedMessages(
  databaseUrl: string,
  { rooms, authors, count }: { rooms: readonly SeededRoom[]; authors: readonly SeededUser[]; count: number },
): Promise<void> {
  const roomIds = rooms.map((room) => room.uuid)
  const authorIds = authors.map((author) => author.uuid)
  await query(
    databaseUrl,
    `insert into messages (id, room_id, number, seq, author_id, created_at, body, terms, terms_version)
     select made.*, to_tsvector('simple', body), 1
     from (
       select gen_random_uuid(), room_id, number, number, ($2::uuid[])[1 + number % cardinality($2::uuid[])],
         now() - (($3::integer - number) * interval '1 second'),
         'Message ' || number || ': I would like to know when we meet today, and where. Bring the papers!' as body
       from unnest($1::uuid[]) as room_id, generate_series(1, $3::integer) as number
     ) as made`,
    [roomIds, authorIds, count],
  )
  await query(
    databaseUrl,
    'update topics set head = $2::integer, last_number = $2::integer where id = any($1::uuid[])',
    [roomIds, count],
  )
  await query(databaseUrl, 'vacuum analyze messages, topics, members, rooms, users')
}

/** Runs one statement on a connection of its own. */
async function query(databaseUrl: string, text: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    await client.query(text, values)
  } finally {
    await client.end()
  }
}

function randomCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return Array.from(bytes, (byte) => codeLetters[byte % codeLetters.length]).join('')
}
