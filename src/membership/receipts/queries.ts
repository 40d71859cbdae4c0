import type { Mark, Marked } from '../../access/context.ts'
import { memberLookup } from '../../access/facts.ts'
import { receiptLimits } from '../../config/rooms.ts'
import type { Sql } from '../../database/sql.ts'
import { type Member, Prisma } from '../../generated/prisma/client.ts'
import { memberColumns } from '../queries.ts'

/** The condition that a mark changes something. */
const movesOn = Prisma.sql`wanted.read > members.last_read_number
        or wanted.delivered > members.last_delivered_number
        or wanted.read >= members.unread_from`

/** A member after their read markers moved, and whether to try again. */
export interface MarkedRow extends Marked {
  /** Whether another transaction held the lock of the member, so that nothing changed. */
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
          when members.unread_from is not null and locked.read < members.last_read_number
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

/** The slowest members of a room, in reading or in receiving. */
export interface SlowestMembers {
  readonly userIds: readonly string[]
  /** The number that all other members had reached. Members never go back. */
  readonly others: number
}

/** The slowest members of a room, of those who show their receipts. */
export interface Slowest {
  readonly roomId: string
  readonly readers: SlowestMembers
  readonly receivers: SlowestMembers
  /** The two who joined first: a message has recipients when one of them, except its author, was there before it. */
  readonly elders: readonly Elder[]
  /** When the room was searched, by the clock of PostgreSQL: an ISO date. */
  readonly searchedAt: string
}

/** The numbers that the slowest members of a room have reached. */
export interface Watermark {
  readonly roomId: string
  /** The lowest number of the slowest readers; null when all of them have left. */
  readonly read: number | null
  /** The lowest number of the slowest receivers; null when all of them have left. */
  readonly delivered: number | null
  /** Those of the elders who are members now. */
  readonly elders: readonly Elder[]
  /** Whether somebody has joined since the search. */
  readonly hasJoined: boolean
  /** Whether somebody in the room may have begun to show or hide receipts since the search: then it is worth nothing. */
  readonly hasChanged: boolean
}

/** One of the members who joined a room first. */
export interface Elder {
  readonly userId: string
  /** In milliseconds since 1970. */
  readonly joinedAt: number
}

/** Reads the numbers that the known slowest members have reached now, in any order. */
export function readWatermarks(sql: Sql, slowest: readonly Slowest[]): Promise<Watermark[]> {
  const known = slowest.flatMap(({ roomId, readers, receivers, elders }) => [
    ...readers.userIds.map((userId) => ({ roomId, userId, part: 'reader' })),
    ...receivers.userIds.map((userId) => ({ roomId, userId, part: 'receiver' })),
    ...elders.map(({ userId }) => ({ roomId, userId, part: 'elder' })),
  ])
  // a change that was begun before a search may have been committed after it
  const since = Prisma.sql`searched.at - ${receiptLimits.changeMs}::integer * interval '1 millisecond'`
  return sql<Watermark>(Prisma.sql`
    -- readWatermarks: members_pkey, one row a known member; members_room_id_joined_at_user_id_idx, one row a room;
    -- users_receipts_changed_at_idx, at most changesMax rows and one more a room, and members_pkey for each
    select rooms.id as "roomId", known.read, known.delivered, coalesce(known.elders, '[]'::json) as elders,
      coalesce((
        select joined_at
        from members
        where room_id = rooms.id
        order by joined_at desc, user_id desc
        limit 1
      ) > ${since}, false) as "hasJoined",
      (
        select count(*) > ${receiptLimits.changesMax} or coalesce(bool_or(exists (
          select from members where members.room_id = rooms.id and members.user_id = changed.id
        )), false)
        from (
          select users.id
          from users
          where users.receipts_changed_at > ${since}
          limit ${receiptLimits.changesMax + 1}
        ) as changed
      ) as "hasChanged"
    from unnest(
      ${slowest.map(({ roomId }) => roomId)}::uuid[],
      ${slowest.map(({ searchedAt }) => searchedAt)}::timestamptz[]
    ) as searched (room_id, at)
    join rooms on rooms.id = searched.room_id
    left join (
      select known.room_id,
        min(members.last_read_number) filter (where known.part = 'reader') as read,
        min(members.last_delivered_number) filter (where known.part = 'receiver') as delivered,
        json_agg(${elder}) filter (where known.part = 'elder') as elders
      from unnest(
        ${known.map(({ roomId }) => roomId)}::uuid[],
        ${known.map(({ userId }) => userId)}::uuid[],
        ${known.map(({ part }) => part)}::text[]
      ) as known (room_id, user_id, part)
      join ${memberLookup(Prisma.sql`known.room_id`, Prisma.sql`known.user_id`)} on true
      group by known.room_id
    ) as known on known.room_id = searched.room_id`)
}

/** An elder as JSON, of a row of members. */
const elder = Prisma.sql`json_build_object(
          'userId', members.user_id, 'joinedAt', (extract(epoch from members.joined_at) * 1000)::float8
        )`

/** Builds the columns of the slowest members of a room, as `ids`, `least` and `most`. Null when nobody shows receipts. */
const slowestBy = (number: Prisma.Sql, max: number) => Prisma.sql`
      select array_agg(user_id) as ids, min(number) as least, max(number) as most
      from (
        select members.user_id, ${number} as number
        from members
        join users on users.id = members.user_id and users.shows_receipts
        where members.room_id = rooms.id
        order by number
        limit ${max}
      ) as members`

interface SlowestRow {
  readonly roomId: string
  readonly readers: string[] | null
  readonly read: number | null
  readonly othersRead: number | null
  readonly receivers: string[] | null
  readonly delivered: number | null
  readonly othersReceived: number | null
  readonly elders: Elder[]
  readonly searchedAt: string
}

/** Finds the slowest members of rooms, at most `max` each, in any order. */
export async function readSlowest(
  sql: Sql,
  roomIds: readonly string[],
  max: number,
): Promise<{ slowest: Slowest; watermark: Watermark }[]> {
  const rows = await sql<SlowestRow>(Prisma.sql`
    -- readSlowest: members_pkey and users_pkey, as many rows as the rooms have members
    select rooms.id as "roomId", to_json(now())#>>'{}' as "searchedAt",
      reader.ids as readers, reader.least as read, reader.most as "othersRead",
      receiver.ids as receivers, receiver.least as delivered, receiver.most as "othersReceived",
      coalesce(elder.list, '[]'::json) as elders
    from rooms
    cross join lateral (${slowestBy(Prisma.sql`members.last_read_number`, max)}
    ) as reader
    cross join lateral (${slowestBy(Prisma.sql`members.last_delivered_number`, max)}
    ) as receiver
    cross join lateral (
      select json_agg(${elder}) as list
      from (
        select members.user_id, members.joined_at
        from members
        join users on users.id = members.user_id and users.shows_receipts
        where members.room_id = rooms.id
        order by members.joined_at, members.user_id
        limit 2
      ) as members
    ) as elder
    where rooms.id = any(${roomIds}::uuid[])`)
  return rows.map(toSlowest)
}

function toSlowest(row: SlowestRow): { slowest: Slowest; watermark: Watermark } {
  const { roomId, readers, othersRead, receivers, othersReceived, elders, searchedAt, read, delivered } = row
  const slowest = {
    ...{ roomId, elders, searchedAt },
    readers: { userIds: readers ?? [], others: othersRead ?? 0 },
    receivers: { userIds: receivers ?? [], others: othersReceived ?? 0 },
  }
  return { slowest, watermark: { roomId, read, delivered, elders, hasJoined: false, hasChanged: false } }
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

/** Reads pages of recipients who show their receipts, a list for each query, in the order of joining. */
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
