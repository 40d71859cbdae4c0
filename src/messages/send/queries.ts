// Reads the facts about sends, and stores messages. The service judges the facts under the lock of the room (`judgeSend` there):
// rights, slow mode, the nonce, the message that is replied to.

import { type FactsRow, factsColumns, factsJoins } from '../../access/facts.ts'
import { sendWindowMs } from '../../config/rates.ts'
import { roomLimits } from '../../config/rooms.ts'
import type { Sql } from '../../database/sql.ts'
import { type Message, Prisma } from '../../generated/prisma/client.ts'
import type { Mentioned } from '../mentions/service.ts'
import { termsVersion } from '../search/reindex.ts'

/** A message to send. */
export interface Send {
  /** The UUIDv7 that the message will have. */
  readonly id: string
  readonly roomId: string
  readonly authorId: string
  readonly body: string
  readonly nonce: string | null
  readonly replyToId: string | null
  /** Files of the author, in display order. */
  readonly attachmentIds: readonly string[]
  /** The users whom it mentions, as read before the write. */
  readonly mentioned: Mentioned
  /** How many messages its author may send in `sendWindowMs`. */
  readonly sendsMax: number
}

/** The facts about a send, read under the lock of its room. */
export interface SendFacts extends FactsRow {
  /** The time of PostgreSQL, read under the lock, so that members who joined before have an earlier time. */
  now: Date
  /** True if the activity time of the room in the room list is out of date. */
  isStale: boolean
  replyFound: boolean
  /** In a direct room: the members whose list does not show it until now. */
  hidingIds: string[]
  /** After how many seconds messages of the room end by themselves; null for never. */
  messageSeconds: number | null
  /** The message for which the nonce was used before. */
  earlierId: string | null
  earlierFingerprint: Uint8Array | null
}

/** Reads the facts about sends, in their order; null where the room does not exist. */
export async function readSendFacts(sql: Sql, sends: readonly Send[]): Promise<(SendFacts | null)[]> {
  const author = Prisma.sql`send.author_id`
  const rows = await sql<SendFacts & { position: unknown }>(Prisma.sql`
    -- readSendFacts: primary keys and messages_room_id_author_id_nonce_key, one row of each a send
    select send.position, (select clock_timestamp()::timestamptz(3)) as now,
      rooms.active_at < now() - ${roomLimits.activeAtStaleMs} * interval '1 millisecond' as "isStale",
      ${factsColumns(author)},
      coalesce(
        -- by its id alone. Otherwise PostgreSQL may keep a plan from when the table was small, which reads the whole room
        (
          select messages.room_id = send.room_id and messages.number > members.history_from
          from messages
          where messages.id = send.reply_to_id
        ),
        false
      ) as "replyFound",
      rooms.message_seconds as "messageSeconds",
      case
        when rooms.kind = 'DIRECT' then array(
          select hiding.user_id from members as hiding
          where hiding.room_id = send.room_id and hiding.hidden_number is not null
        )
        else '{}'
      end as "hidingIds",
      earlier.id as "earlierId", earlier.fingerprint as "earlierFingerprint"
    from unnest(
      ${sends.map((send) => send.roomId)}::uuid[],
      ${sends.map((send) => send.authorId)}::uuid[],
      ${sends.map((send) => send.nonce)}::text[],
      ${sends.map((send) => send.replyToId)}::uuid[]
    ) with ordinality as send (room_id, author_id, nonce, reply_to_id, position)
    join rooms on rooms.id = send.room_id and rooms.deleted_at is null
    ${factsJoins(author)}
    left join lateral (
      select messages.id, messages.fingerprint
      from messages
      where messages.room_id = send.room_id and messages.author_id = send.author_id and messages.nonce = send.nonce
    ) as earlier on true`)
  const byPosition = new Map(rows.map((row) => [Number(row.position), row]))
  return sends.map((_, index) => byPosition.get(index + 1) ?? null)
}

/** The number of messages that an author sent in the last `sendWindowMs`. */
export interface RecentSends {
  readonly count: number
  /** Milliseconds until the first of them is no longer counted. */
  readonly waitMs: number
}

/** Reads how many messages authors sent recently, by author id. Authors who sent none are missing. */
export async function readRecentSends(sql: Sql, sends: readonly Send[]): Promise<ReadonlyMap<string, RecentSends>> {
  const sendsMax = Math.min(...sends.map((send) => send.sendsMax))
  if (sendsMax === Number.POSITIVE_INFINITY) return new Map()
  const rows = await sql<{ author_id: string; count: number; wait_ms: number }>(Prisma.sql`
    -- readRecentSends: messages_author_id_created_at_idx, up to sendsMax rows an author
    select author.id as author_id, recent.count, recent.wait_ms
    from unnest(${[...new Set(sends.map((send) => send.authorId))]}::uuid[]) as author (id)
    cross join lateral (
      select count(*)::integer,
        (extract(epoch from min(created_at) - now()) * 1000 + ${sendWindowMs})::float8 as wait_ms
      from (
        select created_at
        from messages
        where author_id = author.id and created_at > now() - ${sendWindowMs} * interval '1 millisecond'
        order by created_at desc
        limit ${sendsMax}
      ) as latest
    ) as recent
    where recent.count > 0`)
  return new Map(rows.map((row) => [row.author_id, { count: row.count, waitMs: Math.ceil(row.wait_ms) }]))
}

/** A message to insert, with its terms as the text of a tsvector. */
export type NewMessage = Message & { readonly terms: string }

/** Inserts messages, and moves the read markers of their authors forward. */
export async function insertMessages(sql: Sql, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return
  await sql(Prisma.sql`
    -- insertMessages: members_pkey, one row an author and room
    with sent as (
      insert into messages (
        id, room_id, number, seq, chain, author_id, body, nonce, fingerprint, reply_to_id, created_at, expires_at, terms,
        terms_version
      )
      select id, room_id, number, seq, chain, author_id, body, nonce, fingerprint, reply_to_id, created_at, expires_at,
        terms::tsvector, ${termsVersion}
      from unnest(
        ${messages.map((message) => message.id)}::uuid[],
        ${messages.map((message) => message.roomId)}::uuid[],
        ${messages.map((message) => message.number)}::integer[],
        ${messages.map((message) => Number(message.seq))}::bigint[],
        ${messages.map((message) => Buffer.from(message.chain))}::bytea[],
        ${messages.map((message) => message.authorId)}::uuid[],
        ${messages.map((message) => message.body)}::text[],
        ${messages.map((message) => message.nonce)}::text[],
        ${messages.map((message) => message.fingerprint && Buffer.from(message.fingerprint))}::bytea[],
        ${messages.map((message) => message.replyToId)}::uuid[],
        ${messages.map((message) => message.createdAt)}::timestamptz[],
        ${messages.map((message) => message.expiresAt)}::timestamptz[],
        ${messages.map((message) => message.terms)}::text[]
      ) as sent (
        id, room_id, number, seq, chain, author_id, body, nonce, fingerprint, reply_to_id, created_at, expires_at, terms
      )
      returning room_id, author_id, number, created_at
    ), newest as (
      select room_id, author_id, max(number) as number, max(created_at) as at
      from sent
      group by room_id, author_id
    )
    update members
    set takes_part = true,
      unread_from = null,
      last_sent_at = newest.at,
      last_read_number = greatest(last_read_number, newest.number),
      last_delivered_number = greatest(last_delivered_number, newest.number)
    from newest
    where members.room_id = newest.room_id and members.user_id = newest.author_id`)
}
