import { hasBlockBetween } from '../../access/facts.ts'
import type { Sql } from '../../database/sql.ts'
import { Prisma, type RoomVisit } from '../../generated/prisma/client.ts'
import { beyond, type Keyset } from '../../input/keyset.ts'

/** Selects a page of the visits of a room. */
export interface VisitsQuery {
  roomId: string
  /** The viewer: left out are visits of users with a block between them and the viewer, and where one of the two hides presence. */
  viewerId: string
  /** True if the visits of all members are read, or those of the viewer. */
  isOfAll: boolean
  take: number
  /** The visit after which the page begins; null for the newest. */
  after: Keyset | null
}

/** Reads visits of a room, newest first. */
export function readVisits(sql: Sql, { roomId, viewerId, isOfAll, take, after }: VisitsQuery): Promise<RoomVisit[]> {
  return sql<RoomVisit>(Prisma.sql`
    -- readVisits: room_visits_room_id_entered_at_idx or room_visits_user_id_idx, take rows and those that are left out;
    -- blocks_pkey and users_pkey
    select id, room_id as "roomId", user_id as "userId", server_id as "serverId", entered_at as "enteredAt",
      left_at as "leftAt"
    from room_visits
    where room_id = ${roomId}::uuid
      ${isOfAll ? Prisma.empty : Prisma.sql`and user_id = ${viewerId}::uuid`}
      and (user_id = ${viewerId}::uuid or (
        select count(*) from users where id in (user_id, ${viewerId}::uuid) and shows_presence
      ) = 2)
      and not ${hasBlockBetween(Prisma.sql`${viewerId}::uuid`, Prisma.sql`user_id`)}
      ${beyond(Prisma.sql`(entered_at, id) <`, after)}
    order by entered_at desc, id desc
    limit ${take}`)
}

/** Deletes some of the visits that ended more than `days` ago. Returns how many. */
export async function deleteOldVisits(sql: Sql, { days, take }: { days: number; take: number }): Promise<number> {
  const rows = await sql(Prisma.sql`
    -- deleteOldVisits: room_visits_left_at_idx, take rows
    delete from room_visits
    where id in (
      select id
      from room_visits
      where left_at < now() - ${days}::integer * interval '1 day'
      order by left_at
      limit ${take}
    )
    returning id`)
  return rows.length
}
