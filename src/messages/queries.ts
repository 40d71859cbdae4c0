import type { Sql } from '../database/sql.ts'
import { type Message, Prisma, type User } from '../generated/prisma/client.ts'
import { authorColumns, takeAuthor, type WithAuthor } from '../users/queries.ts'

const messageColumns = Prisma.sql`
  messages.id, messages.room_id as "roomId", messages.number, messages.seq, messages.author_id as "authorId",
  messages.kind, messages.system_action as "systemAction", messages.subject_id as "subjectId", messages.body,
  messages.nonce, messages.fingerprint, messages.reply_to_id as "replyToId",
  messages.created_at as "createdAt", messages.edited_at as "editedAt", messages.deleted_at as "deletedAt",
  messages.pinned_at as "pinnedAt", messages.pinned_by_id as "pinnedById"`

/** The columns of `AuthoredRow`. The statement joins the users who wrote the messages. */
export const authoredColumns = Prisma.sql`${messageColumns}, ${authorColumns}`

/** A message and its author in one row. */
export type AuthoredRow = Omit<Message, 'seq'> & { seq: string | bigint } & WithAuthor

/** A message and its author. Whoever shows one shows the other. */
export interface AuthoredMessage {
  readonly message: Message
  /** Null where the server wrote it. */
  readonly author: User | null
}

/** Makes a message and its author of a row. */
export function toAuthored(row: AuthoredRow): AuthoredMessage {
  const { id, roomId, number, authorId, kind, systemAction, subjectId, body, nonce, fingerprint, replyToId } = row
  const { createdAt, editedAt, deletedAt, pinnedAt, pinnedById } = row
  const seq = BigInt(row.seq)
  const content = { id, roomId, number, seq, authorId, kind, systemAction, subjectId, body, nonce, fingerprint }
  const message = { ...content, replyToId, createdAt, editedAt, deletedAt, pinnedAt, pinnedById }
  return { message, author: takeAuthor(row) }
}

/** Reads messages by their ids, in any order. */
export async function readMessages(sql: Sql, ids: readonly string[]): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readMessages: messages_pkey and users_pkey
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where messages.id = any(${ids}::uuid[])`)
  return rows.map(toAuthored)
}

/** Reads messages by room and number, in any order. */
export async function readMessagesAt(
  sql: Sql,
  places: readonly { roomId: string; number: number }[],
): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readMessagesAt: messages_room_id_number_key and users_pkey
    select ${authoredColumns}
    from unnest(
      ${places.map((place) => place.roomId)}::uuid[],
      ${places.map((place) => place.number)}::integer[]
    ) as wanted (room_id, number)
    join messages on messages.room_id = wanted.room_id and messages.number = wanted.number
    left join users on users.id = messages.author_id`)
  return rows.map(toAuthored)
}

/** A stretch of a room's history. */
export interface Stretch {
  roomId: string
  /** Numbers above this. */
  above: number
  /** Numbers up to this. */
  upTo: number
  direction: 'forward' | 'backward'
  take: number
}

/** Reads a stretch of a room's history in its direction. */
export async function readStretch(
  sql: Sql,
  { roomId, above, upTo, direction, take }: Stretch,
): Promise<AuthoredMessage[]> {
  const order = direction === 'forward' ? Prisma.sql`asc` : Prisma.sql`desc`
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readStretch: messages_room_id_number_key, take rows, and users_pkey
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where room_id = ${roomId}::uuid and number > ${above} and number <= ${upTo}
    order by number ${order}
    limit ${take}`)
  return rows.map(toAuthored)
}

/** Reads the pinned messages of a room, the newest pin first. */
export async function readPinned(sql: Sql, roomId: string, take: number): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readPinned: messages_room_id_pinned_at_idx, take rows, and users_pkey
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where room_id = ${roomId}::uuid and pinned_at is not null
    order by pinned_at desc, number desc
    limit ${take}`)
  return rows.map(toAuthored)
}
