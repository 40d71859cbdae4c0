import { memberLookup } from '../../../access/facts.ts'
import { receiptLimits } from '../../../config/membership.ts'
import type { Sql } from '../../../database/sql.ts'
import { Prisma } from '../../../generated/prisma/client.ts'

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
  /** True when somebody has joined since the search. */
  readonly hasJoined: boolean
  /** True when somebody in the room may have begun to show or hide receipts since the search: then it is worth nothing. */
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
