import { columnsOf, rowTaker } from '../database/columns.ts'
import type { Sql } from '../database/sql.ts'
import { type Message, Prisma, type User } from '../generated/prisma/client.ts'
import { authorColumns, takeAuthor, type WithAuthor } from '../users/queries.ts'

/** Tells whether a message has ended by itself. It is shown as deleted, until a chore deletes it. */
export const hasExpired = Prisma.sql`coalesce(messages.expires_at <= now(), false)`

const messageColumns = columnsOf('messages', Prisma.MessageScalarFieldEnum, {
  computed: {
    body: Prisma.sql`case when ${hasExpired} then null else messages.body end`,
    deletedAt: Prisma.sql`
      case when ${hasExpired} then coalesce(messages.deleted_at, messages.expires_at) else messages.deleted_at end`,
    pinnedAt: Prisma.sql`case when ${hasExpired} then null else messages.pinned_at end`,
  },
})

const takeMessage = rowTaker<Omit<AuthoredRow, keyof WithAuthor>>(Prisma.MessageScalarFieldEnum)

/** The columns of `AuthoredRow`. The statement joins the authors as `users`. */
export const authoredColumns = Prisma.sql`${messageColumns}, ${authorColumns}`

/** A message and its author in one row. */
export type AuthoredRow = Omit<Message, 'seq'> & { seq: string | bigint } & WithAuthor

/** A message with its author. Show neither without the other. */
export interface AuthoredMessage {
  readonly message: Message
  /** Null when the server wrote it. */
  readonly author: User | null
}

/** Builds a message and its author from a row. */
export function toAuthored(row: AuthoredRow): AuthoredMessage {
  const message = takeMessage(row)
  return { message: { ...message, seq: BigInt(message.seq) }, author: takeAuthor(row) }
}

/** Reads messages by their ids, in any order. */
export async function readMessages(sql: Sql, ids: readonly string[]): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readMessages: messages_pkey and users_pkey; for every page and event
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where messages.id = any(${ids}::uuid[])`)
  return rows.map(toAuthored)
}

/** Reads messages by room and number, in any order. */
export async function readMessagesAt(
  sql: Sql,
  keys: readonly { roomId: string; number: number }[],
): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readMessagesAt: messages_room_id_number_key and users_pkey
    select ${authoredColumns}
    from unnest(
      ${keys.map((key) => key.roomId)}::uuid[],
      ${keys.map((key) => key.number)}::integer[]
    ) as wanted (room_id, number)
    join messages on messages.room_id = wanted.room_id and messages.number = wanted.number
    left join users on users.id = messages.author_id`)
  return rows.map(toAuthored)
}

/** A range of a room's history. */
export interface Stretch {
  roomId: string
  /** Numbers above this. */
  above: number
  /** Numbers up to this. */
  upTo: number
  direction: 'forward' | 'backward'
  take: number
}

/** Reads ranges of histories in one direction: a list for each. */
export async function readStretches(
  sql: Sql,
  stretches: readonly Stretch[],
  direction: Stretch['direction'],
): Promise<AuthoredMessage[][]> {
  const order = direction === 'forward' ? Prisma.sql`asc` : Prisma.sql`desc`
  const rows = await sql<AuthoredRow & { position: unknown }>(Prisma.sql`
    -- readStretches: messages_room_id_number_key, take rows a range, and users_pkey. The page is limited before the join, so
    -- that no estimate of its rows makes the planner read the whole room
    select wanted.position, ${authoredColumns}
    from unnest(
      ${stretches.map(({ roomId }) => roomId)}::uuid[],
      ${stretches.map(({ above }) => above)}::integer[],
      ${stretches.map(({ upTo }) => upTo)}::integer[],
      ${stretches.map(({ take }) => take)}::integer[]
    ) with ordinality as wanted (room_id, above, up_to, take, position)
    cross join lateral (
      select *
      from messages
      where messages.room_id = wanted.room_id and messages.number > wanted.above and messages.number <= wanted.up_to
      order by messages.number ${order}
      limit wanted.take
    ) as messages
    left join users on users.id = messages.author_id
    order by wanted.position, messages.number ${order}`)
  return toLists(stretches, rows)
}

/** Reads the pinned messages of rooms, newest pin first: at most `take` for each. */
export async function readPinned(sql: Sql, roomIds: readonly string[], take: number): Promise<AuthoredMessage[][]> {
  const rows = await sql<AuthoredRow & { position: unknown }>(Prisma.sql`
    -- readPinned: messages_room_id_pinned_at_idx, take rows a room, and users_pkey
    select wanted.position, page.*
    from unnest(${roomIds}::uuid[]) with ordinality as wanted (room_id, position)
    cross join lateral (
      select ${authoredColumns}
      from messages
      left join users on users.id = messages.author_id
      where messages.room_id = wanted.room_id and messages.pinned_at is not null and not ${hasExpired}
      order by messages.pinned_at desc, messages.number desc
      limit ${take}
    ) as page
    order by wanted.position, page."pinnedAt" desc, page.number desc`)
  return toLists(roomIds, rows)
}

/** Groups rows into a list for each query, by their position, which counts from 1. */
export function toLists(
  queries: readonly unknown[],
  rows: readonly (AuthoredRow & { position: unknown })[],
): AuthoredMessage[][] {
  const lists: AuthoredMessage[][] = queries.map(() => [])
  for (const row of rows) lists[Number(row.position) - 1]?.push(toAuthored(row))
  return lists
}
