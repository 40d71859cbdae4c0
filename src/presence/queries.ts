import type { Db } from '../database/client.ts'
import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** Counts the present members of rooms, without those who hide their presence. Rooms without any are missing. */
export async function readOnlineCounts(sql: Sql, roomIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ room_id: string; count: number }>(Prisma.sql`
    -- readOnlineCounts: members_pkey and user_presences, as many rows as the rooms have members or as users are present,
    -- and users_pkey for each
    select members.room_id, count(distinct members.user_id)::integer as count
    from members
    join user_presences on user_presences.user_id = members.user_id
    join users on users.id = members.user_id and users.shows_presence
    join server_leases on server_leases.id = user_presences.server_id and server_leases.expires_at > now()
    where members.room_id = any(${roomIds}::uuid[])
    group by members.room_id`)
  return new Map(rows.map((row) => [row.room_id, row.count]))
}

/**
 * Sets, for all servers, whether a user wants to appear away.
 *
 * @returns whether anything changed.
 */
export async function writeAway(db: Db, { userId, isAway }: { userId: string; isAway: boolean }): Promise<boolean> {
  const { count } = await db.userPresence.updateMany({ where: { userId, isAway: !isAway }, data: { isAway } })
  return count > 0
}
