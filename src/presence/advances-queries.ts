import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** A room of a user, and the number of its newest message. */
export interface FollowedRoom {
  readonly userId: string
  readonly roomId: string
  readonly lastNumber: number
}

/** Reads the rooms of users, of each at most so many. */
export function readFollowedRooms(sql: Sql, userIds: readonly string[], roomsMax: number): Promise<FollowedRoom[]> {
  return sql<FollowedRoom>(Prisma.sql`
    -- readFollowedRooms: members_user_id_idx and topics_pkey, at most roomsMax rows a user
    select asked.user_id as "userId", topics.id as "roomId", topics.last_number as "lastNumber"
    from unnest(${userIds}::uuid[]) as asked (user_id)
    cross join lateral (
      select room_id
      from members
      where members.user_id = asked.user_id
      limit ${roomsMax}
    ) as mine
    join topics on topics.id = mine.room_id`)
}
