import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { type AuthoredMessage, type AuthoredRow, authoredColumns, hasExpired, toLists } from '../queries.ts'

/** Reads the pinned messages of rooms, newest pin first: at most `take` for each. */
export async function readPinned(sql: Sql, roomIds: readonly string[], take: number): Promise<AuthoredMessage[][]> {
  const rows = await sql<AuthoredRow & { position: unknown }>(Prisma.sql`
    -- readPinned: messages_room_id_pinned_at_idx, take rows a room, and users_pkey
    select wanted.position, page.*
    from unnest(${roomIds}::uuid[]) with ordinality as wanted (room_id, position)
    cross join lateral (
      select ${authoredColumns}
      from messages
      left join users on users.id = messages.author_id
      where messages.room_id = wanted.room_id and messages.pinned_at is not null and not ${hasExpired}
      order by messages.pinned_at desc, messages.number desc
      limit ${take}
    ) as page
    order by wanted.position, page."pinnedAt" desc, page.number desc`)
  return toLists(roomIds, rows)
}
