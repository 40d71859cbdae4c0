import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { markSeen } from '../../users/queries.ts'

/** A user who is connected to a server. */
export interface Connected {
  readonly userId: string
  /** True if they have been inactive for a while. */
  readonly isIdle: boolean
}

/** Writes that users are connected to a server. Users set to away stay so. */
export async function writePresences(sql: Sql, serverId: string, users: readonly Connected[]): Promise<void> {
  if (users.length === 0) return
  await sql(Prisma.sql`
    -- writePresences: user_presences_pkey and server_leases_pkey, a row a user and server
    insert into user_presences (user_id, server_id, is_idle, is_away)
    select users.id, ${serverId}::uuid, connected.is_idle, exists (
      select from user_presences
      join server_leases on server_leases.id = user_presences.server_id and server_leases.expires_at > now()
      where user_presences.user_id = users.id and is_away
    )
    from unnest(
      ${users.map(({ userId }) => userId)}::uuid[],
      ${users.map(({ isIdle }) => isIdle)}::boolean[]
    ) as connected (user_id, is_idle)
    join users on users.id = connected.user_id
    on conflict (user_id, server_id) do update
    set is_idle = excluded.is_idle`)
}

/** Writes that users are no longer connected to a server, and were last seen now. */
export async function removePresences(sql: Sql, serverId: string, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return
  await sql(Prisma.sql`
    -- removePresences: user_presences_pkey, one row a user; Prisma does not have the connection
    delete from user_presences
    where server_id = ${serverId}::uuid and user_id = any(${userIds}::uuid[])`)
  await markSeen(sql, userIds)
}

/** A visit to a room, as stored. */
export interface Visit {
  readonly id: string
  readonly roomId: string
  readonly userId: string
  readonly enteredAt: Date
  /** Null while it is open. */
  readonly leftAt: Date | null
}

/** Writes visits to rooms: new ones, and the ends of known ones. */
export async function writeVisits(sql: Sql, serverId: string, visits: readonly Visit[]): Promise<void> {
  if (visits.length === 0) return
  await sql(Prisma.sql`
    -- writeVisits: room_visits_pkey, one row a visit
    insert into room_visits (id, room_id, user_id, server_id, entered_at, left_at)
    select visit.id, rooms.id, users.id, case when visit.left_at is null then ${serverId}::uuid end,
      visit.entered_at, visit.left_at
    from unnest(
      ${visits.map(({ id }) => id)}::uuid[],
      ${visits.map(({ roomId }) => roomId)}::uuid[],
      ${visits.map(({ userId }) => userId)}::uuid[],
      ${visits.map(({ enteredAt }) => enteredAt)}::timestamptz[],
      ${visits.map(({ leftAt }) => leftAt)}::timestamptz[]
    ) as visit (id, room_id, user_id, entered_at, left_at)
    join rooms on rooms.id = visit.room_id
    join users on users.id = visit.user_id
      and (users.deleted_at is null or exists (select from room_visits where room_visits.id = visit.id))
    on conflict (id) do update
    set left_at = excluded.left_at, server_id = excluded.server_id
    where room_visits.left_at is null`)
}
