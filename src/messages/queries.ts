import { inOrder } from '../concurrency/loader.ts'
import { columnsOf, rowTaker } from '../database/columns.ts'
import { isAnyOf, type Sql } from '../database/sql.ts'
import type { Position } from '../feed/chain.ts'
import { type Message, Prisma } from '../generated/prisma/client.ts'
import { authorColumns, type PublicUser, takeAuthor, type WithAuthor } from '../users/queries.ts'

/** Tells whether a message has ended by itself. It is shown as deleted, until a chore deletes it. */
export const hasExpired = Prisma.sql`coalesce(messages.expires_at <= now(), false)`

/** The columns of a message, as `toMessage` takes them. */
export const messageColumns = columnsOf('messages', Prisma.MessageScalarFieldEnum, {
  computed: {
    body: Prisma.sql`case when ${hasExpired} then null else messages.body end`,
    deletedAt: Prisma.sql`
      case when ${hasExpired} then coalesce(messages.deleted_at, messages.expires_at) else messages.deleted_at end`,
    pinnedAt: Prisma.sql`case when ${hasExpired} then null else messages.pinned_at end`,
  },
})

/** Takes a message whose `seq` may still be text. */
const takeMessage = rowTaker<Message>(Prisma.MessageScalarFieldEnum)

/** Builds a message from a row of `messageColumns`. */
export function toMessage(row: object): Message {
  const message = takeMessage(row)
  message.seq = BigInt(message.seq)
  return message
}

/** The columns of `AuthoredRow`. The statement joins the authors as `users`. */
export const authoredColumns = Prisma.sql`${messageColumns}, ${authorColumns}`

/** A message and its author in one row. */
export type AuthoredRow = Omit<Message, 'seq'> & { seq: string | bigint } & WithAuthor

/** A message with its author, whom a loader reads where it was read alone. */
export interface AuthoredMessage {
  readonly message: Message
  /** Null when the server wrote it, or when it was read alone. */
  readonly author: PublicUser | null
}

/** Returns a function that builds messages from rows, and each author once. */
export function authoredTaker(): (row: AuthoredRow) => AuthoredMessage {
  const authors = new Map<string, PublicUser | null>()
  return (row) => {
    const message = toMessage(row)
    const authorId = row['author.id']
    if (authorId === null) return { message, author: null }
    const author = authors.get(authorId) ?? takeAuthor(row)
    authors.set(authorId, author)
    return { message, author }
  }
}

/** Reads messages by their ids, in any order. */
export async function readMessages(sql: Sql, ids: readonly string[]): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readMessages: messages_pkey and users_pkey; for every page and event
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where ${isAnyOf(Prisma.sql`messages.id`, ids)}`)
  return rows.map(authoredTaker())
}

/** Reads messages by their ids, in their order; null for missing ones. */
export async function readMessagesInOrder(sql: Sql, ids: readonly string[]): Promise<(AuthoredMessage | null)[]> {
  return inOrder(ids, await readMessages(sql, ids), ({ message }) => message.id)
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
    cross join lateral (
      select * from messages where messages.room_id = wanted.room_id and messages.number = wanted.number limit 1
    ) as messages
    left join users on users.id = messages.author_id`)
  return rows.map(authoredTaker())
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
  /** The position of the room's feed by which the viewer was let in: the page shows at least that state. */
  since: Position
}

/** Reads ranges of histories in one direction: a list for each. */
export async function readStretches(
  sql: Sql,
  stretches: readonly Stretch[],
  direction: Stretch['direction'],
): Promise<AuthoredMessage[][]> {
  const order = direction === 'forward' ? Prisma.sql`asc` : Prisma.sql`desc`
  const [first] = stretches
  if (first && stretches.length === 1) return [await readStretch(sql, first, order)]
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

/** Reads one range. PostgreSQL keeps the plan of this statement; that of many ranges it makes each time. */
async function readStretch(sql: Sql, stretch: Stretch, order: Prisma.Sql): Promise<AuthoredMessage[]> {
  const { roomId, above, upTo, take } = stretch
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readStretch: messages_room_id_number_key, take rows, and users_pkey; for every page
    select ${authoredColumns}
    from (
      select *
      from messages
      where messages.room_id = ${roomId}::uuid and messages.number > ${above} and messages.number <= ${upTo}
      order by messages.number ${order}
      limit ${take}
    ) as messages
    left join users on users.id = messages.author_id
    order by messages.number ${order}`)
  return rows.map(authoredTaker())
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
  const take = authoredTaker()
  for (const row of rows) lists[Number(row.position) - 1]?.push(take(row))
  return lists
}
