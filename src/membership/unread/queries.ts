import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import type { Db } from '../../database/client.ts'
import type { Sql } from '../../database/sql.ts'
import { type Member, Prisma } from '../../generated/prisma/client.ts'
import { uncountedBetween } from '../../rooms/uncounted/queries.ts'

/** The number after which messages are unread for a member. */
export const unreadAfter = ({ lastReadNumber, unreadFrom }: Pick<Member, 'lastReadNumber' | 'unreadFrom'>) =>
  unreadFrom === null ? lastReadNumber : Math.min(lastReadNumber, unreadFrom - 1)

/** The unread messages of a user, over all rooms. */
export interface UnreadTotals {
  /** Without rooms at the notification level NONE. */
  readonly heard: number
  readonly all: number
}

/** Counts the unread messages of a user, over all rooms. */
export async function readUnreadTotals(sql: Sql, userId: string): Promise<UnreadTotals> {
  const unread = unreadIn({
    roomId: Prisma.sql`members.room_id`,
    userId: Prisma.sql`members.user_id`,
    after: Prisma.sql`marks.after`,
    upTo: Prisma.sql`topics.last_number`,
  })
  const [row] = await sql<UnreadTotals>(Prisma.sql`
    -- readUnreadTotals: members_user_id_idx, as many rows as the user has rooms, and for each with news as unreadIn says
    select coalesce(sum(unread.count), 0)::integer as all,
      coalesce(sum(unread.count) filter (where members.notifications <> 'NONE'), 0)::integer as heard
    from members
    join rooms on rooms.id = members.room_id
    join topics on topics.id = members.room_id
    cross join lateral (
      select least(members.last_read_number, coalesce(members.unread_from - 1, members.last_read_number)) as after
    ) as marks
    cross join lateral (select ${unread} as count) as unread
    where members.user_id = ${userId}::uuid and rooms.deleted_at is null and topics.last_number > marks.after
      and (members.hidden_number is null or topics.last_number > members.hidden_number)`)
  return row ?? { heard: 0, all: 0 }
}

/** A member and the stretch of messages to count: those after a number, up to another. */
interface UnreadStretch {
  readonly roomId: Prisma.Sql
  readonly userId: Prisma.Sql
  readonly after: Prisma.Sql
  readonly upTo: Prisma.Sql
}

/**
 * Builds the expression of how many messages of a stretch are unread for a member.
 *
 * Leaves out those by users whom the member has blocked, among the newest `limits.unreadSiftedMax`: older ones all count.
 * Own messages are not after the marker, because sending moves it (`insertMessages` in messages/send/queries.ts). Only
 * `markUnread` moves it back before some, and then they are left out here, too. System messages and deleted ones never
 * count: rooms/uncounted records them, because the code that appends system messages ranks below this folder.
 * By uncounted_messages_pkey, messages_uncounted_idx, messages_room_id_number_key and blocks_pkey.
 */
const unreadIn = ({ roomId, userId, after, upTo }: UnreadStretch) => Prisma.sql`(
    ${upTo} - ${after} - ${uncountedBetween(roomId, { after, upTo })} - (
      select count(*)
      from (
        select messages.author_id
        from messages
        where messages.room_id = ${roomId} and messages.number > ${after} and messages.number <= ${upTo}
          and messages.kind = 'TEXT' and messages.deleted_at is null
          and (
            exists (select from blocks where blocks.blocker_id = ${userId})
            or exists (
              select from members as marked
              where marked.room_id = ${roomId} and marked.user_id = ${userId} and marked.unread_from is not null
            )
          )
        order by messages.number desc
        limit ${limits.unreadSiftedMax}
      ) as sifted
      where sifted.author_id = ${userId}
        or exists (
          select from blocks
          where blocks.blocker_id = ${userId} and blocks.blocked_id = sifted.author_id
        )
    )
  )`

/**
 * Counts the unread messages of members: a count for each, in their order.
 *
 * System messages, deleted ones, and those by users whom the member has blocked do not count.
 *
 * @param keys a key of `memberKey`, the number after which messages count, and the last number that counts.
 */
export async function unreadCountsByKeys({ lookups }: ServiceContext, keys: readonly string[]): Promise<number[]> {
  const unread = unreadIn({
    roomId: Prisma.sql`span.room_id`,
    userId: Prisma.sql`span.user_id`,
    after: Prisma.sql`span.after`,
    upTo: Prisma.sql`span.until`,
  })
  const rows = await lookups<{ count: number }>(Prisma.sql`
    -- unreadCountsByKeys: as unreadIn says; for every page of rooms
    select ${unread}::integer as count
    from ${spansOf(keys)}
    order by span.position`)
  return rows.map((row) => row.count)
}

/** Builds the source of stretches from keys of a member, the number after which messages count, and the last one. */
function spansOf(keys: readonly string[]): Prisma.Sql {
  const parts = keys.map((key) => key.split(' '))
  return Prisma.sql`unnest(
      ${parts.map(([roomId]) => roomId)}::uuid[],
      ${parts.map(([, userId]) => userId)}::uuid[],
      ${parts.map(([, , after]) => after)}::integer[],
      ${parts.map(([, , , until]) => until)}::integer[]
    ) with ordinality as span (room_id, user_id, after, until, position)`
}

/**
 * Counts mentions in ranges of messages: a count for each, in their order.
 *
 * Only the newest `limits.mentionsCountedMax` of each range are counted, without those by users whom the member has blocked.
 * A mention of everybody in a large room is one row that counts for each member.
 *
 * @param keys a key of `memberKey`, the number after which mentions count, and the last number that counts.
 */
export async function mentionCountsByKeys({ lookups }: ServiceContext, keys: readonly string[]): Promise<number[]> {
  // the limit bounds how many messages are read for their authors
  const rows = await lookups<{ count: number }>(Prisma.sql`
    -- mentionCountsByKeys: mentions_user_id_room_id_number_idx, group_mentions_room_id_number_idx, messages_pkey and
    -- blocks_pkey, up to mentionsCountedMax rows of each a range
    select (
      select count(*)
      from (
        (
          select message_id, number
          from mentions
          where mentions.user_id = span.user_id and mentions.room_id = span.room_id and not mentions.taken_back
            and mentions.number > span.after and mentions.number <= span.until
          order by mentions.number desc
          limit ${limits.mentionsCountedMax}
        )
        union
        (
          select message_id, number
          from group_mentions
          where group_mentions.room_id = span.room_id and group_mentions.counts_for_all
            and group_mentions.number > span.after and group_mentions.number <= span.until
          order by group_mentions.number desc
          limit ${limits.mentionsCountedMax}
        )
        order by number desc
        limit ${limits.mentionsCountedMax}
      ) as mentions
      cross join lateral (select author_id from messages where id = mentions.message_id limit 1) as message
      where not exists (
        select from blocks
        where blocks.blocker_id = span.user_id and blocks.blocked_id = message.author_id
      ) and message.author_id is distinct from span.user_id
    )::integer as count
    from ${spansOf(keys)}
    order by span.position`)
  return rows.map((row) => row.count)
}

/**
 * Marks the messages of a room as unread for a member, from a number on. Their receipts stay.
 *
 * @returns whether there is such a member.
 */
export async function setUnreadFrom(
  db: Db,
  { roomId, userId, number }: { roomId: string; userId: string; number: number },
): Promise<boolean> {
  const { count } = await db.member.updateMany({ where: { roomId, userId }, data: { unreadFrom: number } })
  return count > 0
}
