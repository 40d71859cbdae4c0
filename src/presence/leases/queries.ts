import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

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
    -- dropLease: server_leases_pkey; Prisma does not have the connection
    delete from server_leases
    where id = ${serverId}::uuid`)
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
