import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { uncountedIn } from '../../rooms/uncounted/queries.ts'

/** A room of a user, with the number of its newest message. */
export interface FollowedRoom {
  readonly userId: string
  readonly roomId: string
  readonly lastNumber: number
  /** How many of its messages nobody counts as unread. */
  readonly uncounted: number
  /** True if it recently got a message that the user has not read. */
  readonly hasNews: boolean
}

/** Selects rooms of users. */
export interface FollowedRoomsQuery {
  userIds: readonly string[]
  /** The maximum of rooms per user. */
  roomsMax: number
  /** Messages newer than this are news. */
  newsMs: number
}

/** Reads the rooms of users. The most recently active ones, when there are too many. */
export function readFollowedRooms(
  sql: Sql,
  { userIds, roomsMax, newsMs }: FollowedRoomsQuery,
): Promise<FollowedRoom[]> {
  return sql<FollowedRoom>(Prisma.sql`
    -- readFollowedRooms: members_user_id_idx, topics_pkey and uncounted_messages_pkey, as many rows as the users have rooms
    select follower.user_id as "userId", mine.room_id as "roomId", mine.last_number as "lastNumber",
      mine.uncounted, mine.last_number > mine.last_read_number
        and mine.active_at > now() - ${newsMs} * interval '1 millisecond' as "hasNews"
    from unnest(${userIds}::uuid[]) as follower (user_id)
    cross join lateral (
      select members.room_id, members.last_read_number, topics.last_number, topics.active_at,
        ${uncountedIn(Prisma.sql`topics.id`)} as uncounted
      from members
      join topics on topics.id = members.room_id
      where members.user_id = follower.user_id
      order by topics.active_at desc, members.room_id desc
      limit ${roomsMax}
    ) as mine`)
}

/** The number of a room's newest message, and how many of them do not count. */
export type RoomNews = Pick<FollowedRoom, 'roomId' | 'lastNumber' | 'uncounted'>

/** Reads whether rooms have news. In any order. */
export function readRoomNews(sql: Sql, roomIds: readonly string[]): Promise<RoomNews[]> {
  return sql<RoomNews>(Prisma.sql`
    -- readRoomNews: topics_pkey and uncounted_messages_pkey, a few rows a room; for every message
    select topics.id as "roomId", topics.last_number as "lastNumber", ${uncountedIn(Prisma.sql`topics.id`)} as uncounted
    from topics
    where topics.id = any(${roomIds}::uuid[])`)
}
