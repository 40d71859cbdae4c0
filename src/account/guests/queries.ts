import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Tells whether a user has a session that has not ended. By sessions_user_id_idx. */
const hasSession = (userId: Prisma.Sql) => Prisma.sql`exists (
        select from sessions as live
        where live.user_id = ${userId} and live.revoked_at is null and live.expires_at > now()
      )`

/** Reads guests whose last session ended since a time, and who are still in rooms. In any order. */
export async function readGuestsGone(sql: Sql, { since, take }: { since: Date; take: number }): Promise<string[]> {
  const rows = await sql<{ user_id: string }>(Prisma.sql`
    -- readGuestsGone: sessions_ended_at_idx, the sessions that ended since; users_pkey and members_user_id_idx
    select distinct sessions.user_id
    from sessions
    join users on users.id = sessions.user_id and users.is_guest and users.deleted_at is null
    where least(sessions.expires_at, sessions.revoked_at) >= ${since}::timestamptz
      and least(sessions.expires_at, sessions.revoked_at) <= now()
      and not ${hasSession(Prisma.sql`users.id`)}
      and exists (
        select from members
        join rooms on rooms.id = members.room_id and rooms.deleted_at is null
        where members.user_id = users.id
      )
    limit ${take}`)
  return rows.map((row) => row.user_id)
}

/** Reads guests with a session who were not seen for a while. In any order. */
export async function readGuestsAway(sql: Sql, { days, take }: { days: number; take: number }): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readGuestsAway: users_guests_idx, as many rows as there are guests; sessions_user_id_idx
    select users.id
    from users
    where users.is_guest and users.deleted_at is null
      and coalesce(users.last_seen_at, users.created_at) < now() - ${days}::integer * interval '1 day'
      and ${hasSession(Prisma.sql`users.id`)}
      and not exists (
        select from sessions
        where sessions.user_id = users.id and sessions.last_used_at >= now() - ${days}::integer * interval '1 day'
      )
    limit ${take}`)
  return rows.map((row) => row.id)
}
