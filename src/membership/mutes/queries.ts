import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { MemberKey } from '../queries.ts'

/** Restrictions of a member that outlast their membership. */
export interface Bounds {
  readonly userId: string
  readonly mutedUntil: Date | null
  readonly lastSentAt: Date | null
}

/** Saves the restrictions still in force of a member who is about to be removed. */
export async function keepBounds(sql: Sql, { roomId, userId }: MemberKey): Promise<void> {
  await sql(Prisma.sql`
    -- keepBounds: members_pkey and rooms_pkey
    insert into former_members (room_id, user_id, muted_until, last_sent_at)
    select members.room_id, members.user_id, members.muted_until, members.last_sent_at
    from members
    join rooms on rooms.id = members.room_id
    where members.room_id = ${roomId}::uuid and members.user_id = ${userId}::uuid
      and (
        members.muted_until > now()
        or members.last_sent_at > now() - make_interval(secs => rooms.slow_mode_seconds)
      )
    on conflict on constraint former_members_pkey do update
    set muted_until = excluded.muted_until, last_sent_at = excluded.last_sent_at`)
}

/** Takes the saved restrictions of users who enter a room again, by user id. */
export async function takeBounds(sql: Sql, roomId: string, userIds: readonly string[]): Promise<Map<string, Bounds>> {
  const rows = await sql<Bounds>(Prisma.sql`
    -- takeBounds: former_members_pkey, one row a user
    delete from former_members
    where room_id = ${roomId}::uuid and user_id = any(${userIds}::uuid[])
    returning user_id as "userId", muted_until as "mutedUntil", last_sent_at as "lastSentAt"`)
  return new Map(rows.map((row) => [row.userId, row]))
}
