import { roomLimits } from '../../config/rooms.ts'
import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { authorColumns, type PublicUser, takeAuthor, type WithAuthor } from '../../users/queries.ts'

/** Reads the members who joined rooms first. One more than a title names, because it does not name the viewer. */
export async function readFirstMembers(sql: Sql, roomIds: readonly string[]): Promise<PublicUser[][]> {
  const rows = await sql<{ position: unknown } & WithAuthor>(Prisma.sql`
    -- readFirstMembers: members_room_id_joined_at_user_id_idx, a few rows a room, and users_pkey
    select wanted.position, ${authorColumns}
    from unnest(${roomIds}::uuid[]) with ordinality as wanted (room_id, position)
    cross join lateral (
      select members.user_id, members.joined_at
      from members
      where members.room_id = wanted.room_id
      order by members.joined_at, members.user_id
      limit ${roomLimits.titleNamesMax + 1}
    ) as member
    join users on users.id = member.user_id
    order by wanted.position, member.joined_at, member.user_id`)
  const lists: PublicUser[][] = roomIds.map(() => [])
  for (const row of rows) {
    const user = takeAuthor(row)
    if (user) lists[Number(row.position) - 1]?.push(user)
  }
  return lists
}
