import type { Mark, Marked } from '../../access/context.ts'
import { memberLookup } from '../../access/facts.ts'
import type { Sql } from '../../database/sql.ts'
import { type Member, Prisma } from '../../generated/prisma/client.ts'
import { memberColumns } from '../queries.ts'

/** The condition that a mark changes something. */
const movesOn = Prisma.sql`wanted.read > members.last_read_number
        or wanted.delivered > members.last_delivered_number
        or wanted.read >= members.unread_from`

/** A member after their read markers moved, and whether to try again. */
export interface MarkedRow extends Marked {
  /** True if another transaction held the lock of the member, so that nothing changed. */
  readonly isBusy: boolean
}

/**
 * Moves read markers of any members of any rooms forward, in one statement.
 *
 * Locked rows are skipped: a statement that never waits while it holds rows cannot deadlock, and a send, which locks
 * the members of its authors, never waits longer than this statement takes.
 *
 * @returns a row for each existing member, in any order. Marks beyond the newest message change nothing.
 */
export async function moveMarks(sql: Sql, marks: readonly Mark[]): Promise<MarkedRow[]> {
  const rows = await sql<
    Member & Omit<MarkedRow, 'member'> & { readNow: number; deliveredNow: number; unreadNow: number | null }
  >(
    Prisma.sql`
    -- moveMarks: members_pkey, topics_pkey, rooms_pkey and users_pkey, one row of each a member
    with marks as (
      select room_id, user_id, number, case when is_read then number else 0 end as read
      from unnest(
        ${marks.map((mark) => mark.roomId)}::uuid[],
        ${marks.map((mark) => mark.userId)}::uuid[],
        ${marks.map((mark) => mark.number)}::integer[],
        ${marks.map((mark) => mark.isRead)}::boolean[]
      ) as mark (room_id, user_id, number, is_read)
    ), wanted as (
      select marks.room_id, marks.user_id, max(marks.read) as read, max(marks.number) as delivered
      from marks
      join topics on topics.id = marks.room_id and topics.last_number >= marks.number
      group by marks.room_id, marks.user_id
    ), locked as (
      select wanted.room_id, wanted.user_id, wanted.read, wanted.delivered
      from wanted
      join members on members.room_id = wanted.room_id and members.user_id = wanted.user_id
      where ${movesOn}
      for no key update of members skip locked
    ), moved as (
      update members
      set takes_part = members.takes_part or locked.read > 0,
        last_read_number = greatest(members.last_read_number, locked.read),
        unread_from = case
          when members.unread_from is not null and locked.read < greatest(members.last_read_number, members.unread_from)
            then greatest(members.unread_from, locked.read + 1)
        end,
        last_delivered_number = greatest(members.last_delivered_number, locked.delivered)
      from locked
      where members.room_id = locked.room_id and members.user_id = locked.user_id
      returning members.room_id, members.user_id, members.last_read_number, members.last_delivered_number,
        members.unread_from
    )
    select ${memberColumns}, topics.last_number as "lastNumber", users.shows_receipts as "showsReceipts",
      coalesce(moved.last_read_number, members.last_read_number) as "readNow",
      coalesce(moved.last_delivered_number, members.last_delivered_number) as "deliveredNow",
      case when moved.room_id is null then members.unread_from else moved.unread_from end as "unreadNow",
      moved.room_id is not null as "hasMoved",
      coalesce(moved.room_id is null and (${movesOn}), false) as "isBusy"
    from (select distinct room_id, user_id from marks) as keys
    join ${memberLookup(Prisma.sql`keys.room_id`, Prisma.sql`keys.user_id`)} on true
    join rooms on rooms.id = keys.room_id and rooms.deleted_at is null
    join topics on topics.id = keys.room_id
    join users on users.id = keys.user_id
    left join wanted on wanted.room_id = keys.room_id and wanted.user_id = keys.user_id
    left join moved on moved.room_id = keys.room_id and moved.user_id = keys.user_id`,
  )
  return rows.map(({ lastNumber, showsReceipts, hasMoved, isBusy, readNow, deliveredNow, unreadNow, ...member }) => ({
    member: { ...member, lastReadNumber: readNow, lastDeliveredNumber: deliveredNow, unreadFrom: unreadNow },
    ...{ lastNumber, hasMoved, isBusy, showsReceipts },
  }))
}

/** Selects a page of the recipients of a message. */
export interface RecipientsQuery {
  readonly roomId: string
  /** The author, who is left out; null leaves nobody out. */
  readonly authorId: string | null
  /** When it was sent: members who joined later are not recipients. */
  readonly sentAt: string
  readonly take: number
  /** The member after which the page begins. */
  readonly after: { readonly at: string; readonly id: string } | null
}

/**
 * Reads pages of recipients who show their receipts.
 *
 * @returns a list for each query, in the order of joining.
 */
export async function readRecipients(sql: Sql, queries: readonly RecipientsQuery[]): Promise<Member[][]> {
  const rows = await sql<Member & { position: unknown }>(Prisma.sql`
    -- readRecipients: members_room_id_joined_at_user_id_idx, take rows a query, the author and those who hide receipts; users_pkey
    select query.position, members.*
    from unnest(
      ${queries.map((query) => query.roomId)}::uuid[],
      ${queries.map((query) => query.authorId)}::uuid[],
      ${queries.map((query) => query.sentAt)}::timestamptz[],
      ${queries.map((query) => query.take)}::integer[],
      ${queries.map((query) => query.after?.at ?? null)}::timestamptz[],
      ${queries.map((query) => query.after?.id ?? null)}::uuid[]
    ) with ordinality as query (room_id, author_id, sent_at, take, after_at, after_id, position)
    cross join lateral (
      select ${memberColumns}
      from members
      join users on users.id = members.user_id and users.shows_receipts
      where members.room_id = query.room_id
        and members.joined_at <= query.sent_at
        and (query.after_id is null or (members.joined_at, members.user_id) > (query.after_at, query.after_id))
        and members.user_id is distinct from query.author_id
      order by members.joined_at, members.user_id
      limit query.take
    ) as members
    order by query.position, members."joinedAt", members."userId"`)
  const byPosition = Map.groupBy(rows, (row) => Number(row.position))
  return queries.map((_, index) => byPosition.get(index + 1) ?? [])
}
