import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { markSeen } from '../../users/queries.ts'

/** The lease of a server: its rows count while the lease lasts. */
export interface Lease {
  serverId: string
  leaseMs: number
}

/** Takes a lease, or takes it again after it expired. */
export async function takeLease(sql: Sql, { serverId, leaseMs }: Lease): Promise<void> {
  await sql(Prisma.sql`
    -- takeLease: server_leases_pkey
    insert into server_leases (id, renewed_at, expires_at)
    values (${serverId}::uuid, now(), now() + ${leaseMs}::integer * interval '1 millisecond')
    on conflict (id) do update
    set renewed_at = excluded.renewed_at, expires_at = excluded.expires_at`)
}

/**
 * Renews a lease. One row, for any number of connected users.
 *
 * @returns false when it expired and was deleted.
 */
export async function renewLease(sql: Sql, { serverId, leaseMs }: Lease): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- renewLease: server_leases_pkey
    update server_leases
    set renewed_at = now(), expires_at = now() + ${leaseMs}::integer * interval '1 millisecond'
    where id = ${serverId}::uuid
    returning id`)
  return rows.length > 0
}

/** Deletes the lease of a server that has closed everything under it. */
export async function dropLease(sql: Sql, serverId: string): Promise<void> {
  await sql(Prisma.sql`
    -- dropLease: server_leases_pkey
    delete from server_leases
    where id = ${serverId}::uuid`)
}

/** A user who is connected to a server. */
export interface Connected {
  readonly userId: string
  /** Whether they have been inactive for a while. */
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
    -- removePresences: user_presences_pkey, one row a user
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

/**
 * Ends everything held by servers with expired leases.
 *
 * Visits and presences end at the last renewal.
 *
 * @returns the users who were connected to them.
 */
export async function clearExpiredLeases(sql: Sql, leasesMax: number): Promise<{ servers: number; userIds: string[] }> {
  const rows = await sql<{ id: string; user_id: string | null }>(Prisma.sql`
    -- clearExpiredLeases: server_leases_expires_at_idx, then user_presences_server_id_idx and room_visits_server_id_idx
    with expired as (
      select id, renewed_at
      from server_leases
      where expires_at < now()
      order by expires_at
      limit ${leasesMax}
      for update skip locked
    ), ended as (
      update room_visits
      set left_at = greatest(entered_at, renewed_at), server_id = null
      from expired
      where room_visits.server_id = expired.id and left_at is null
    ), gone as (
      delete from user_presences
      using expired
      where server_id = expired.id
      returning user_id, server_id, renewed_at
    ), seen as (
      update users
      set last_seen_at = greatest(last_seen_at, last.renewed_at)
      from (select user_id, max(renewed_at) as renewed_at from gone group by user_id) as last
      where users.id = last.user_id
    ), dropped as (
      delete from server_leases
      using expired
      where server_leases.id = expired.id
    )
    select expired.id, gone.user_id
    from expired
    left join gone on gone.server_id = expired.id`)
  const userIds = rows.flatMap(({ user_id }) => user_id ?? [])
  return { servers: new Set(rows.map(({ id }) => id)).size, userIds: [...new Set(userIds)] }
}
