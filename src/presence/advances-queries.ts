import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** A room of a user, and the number of its newest message. */
export interface FollowedRoom {
  readonly userId: string
  readonly roomId: string
  readonly lastNumber: number
  /** Whether it got a message lately that the user has not read. */
  readonly hasNews: boolean
}

/** Which rooms of users to read. */
export interface FollowedRoomsQuery {
  userIds: readonly string[]
  /** Of each user at most so many. */
  roomsMax: number
  /** What came later than so long ago is news. */
  newsMs: number
}

/** Reads the rooms of users. */
export function readFollowedRooms(
  sql: Sql,
  { userIds, roomsMax, newsMs }: FollowedRoomsQuery,
): Promise<FollowedRoom[]> {
  return sql<FollowedRoom>(Prisma.sql`
    -- readFollowedRooms: members_user_id_idx and topics_pkey, at most roomsMax rows a user
    select asked.user_id as "userId", topics.id as "roomId", topics.last_number as "lastNumber",
      topics.last_number > mine.last_read_number
        and topics.active_at > now() - ${newsMs} * interval '1 millisecond' as "hasNews"
    from unnest(${userIds}::uuid[]) as asked (user_id)
    cross join lateral (
      select room_id, last_read_number
      from members
      where members.user_id = asked.user_id
      limit ${roomsMax}
    ) as mine
    join topics on topics.id = mine.room_id`)
}
