import type { Sql } from '../../database/sql.ts'
import { type MessageKind, Prisma } from '../../generated/prisma/client.ts'

/** A room, and whether its oldest unexpired message is due. */
export interface RoomToExpire {
  readonly roomId: string
  readonly isDue: boolean
}

/** Reads a page of rooms in the order of ids, from the first or after one. */
export function readRoomsToExpire(
  sql: Sql,
  { before, afterId, take }: { before: Date; afterId: string | null; take: number },
): Promise<RoomToExpire[]> {
  return sql<RoomToExpire>(Prisma.sql`
    -- readRoomsToExpire: rooms_pkey, take rows, and messages_room_id_number_key, one row per room
    select page.id as "roomId", coalesce(oldest.created_at < ${before}::timestamptz, false) as "isDue"
    from (
      select rooms.id, coalesce(room_retentions.expired_number, 0) as expired_number
      from rooms
      left join room_retentions on room_retentions.room_id = rooms.id
      ${afterId === null ? Prisma.empty : Prisma.sql`where rooms.id > ${afterId}::uuid`}
      order by rooms.id
      limit ${take}
    ) as page
    left join lateral (
      select created_at
      from messages
      where messages.room_id = page.id and messages.number > page.expired_number
      order by number
      limit 1
    ) as oldest on true
    order by page.id`)
}

/** The fields that decide whether a message expires. */
export interface OldMessage {
  readonly id: string
  readonly number: number
  readonly kind: MessageKind
  readonly createdAt: Date
  readonly deletedAt: Date | null
}

/** Reads the oldest unexpired messages of a room, by their numbers. */
export function readOldest(sql: Sql, roomId: string, take: number): Promise<OldMessage[]> {
  return sql<OldMessage>(Prisma.sql`
    -- readOldest: messages_room_id_number_key, take rows
    select id, number, kind, created_at as "createdAt", deleted_at as "deletedAt"
    from messages
    where room_id = ${roomId}::uuid
      and number > coalesce((select expired_number from room_retentions where room_id = ${roomId}::uuid), 0)
    order by number
    limit ${take}`)
}

/** Statements that delete ended rows after a retention time, each up to `take` rows, with a result per row. */
const statements = {
  sessions: ({ days, take }: Sweep) => Prisma.sql`
    -- sweepSessions: sessions_ended_at_idx, take rows, with their refresh tokens by refresh_tokens_session_id_idx
    delete from sessions
    where id in (
      select id
      from sessions
      where least(expires_at, revoked_at) < now() - ${days}::integer * interval '1 day'
      limit ${take}
    )
    returning 1`,
  invites: ({ days, take }: Sweep) => Prisma.sql`
    -- sweepInvites: invites_ended_at_idx and invites_used_up_idx, take rows of each
    delete from invites
    where id in (
      (
        select id
        from invites
        where least(expires_at, revoked_at) < now() - ${days}::integer * interval '1 day'
        limit ${take}
      )
      union all
      (
        select id
        from invites
        where uses >= uses_max and created_at < now() - ${days}::integer * interval '1 day'
        limit ${take}
      )
    )
    returning 1`,
  bans: ({ days, take }: Sweep) => Prisma.sql`
    -- sweepBans: bans_expires_at_idx, take rows
    delete from bans
    where (room_id, user_id) in (
      select room_id, user_id
      from bans
      where expires_at < now() - ${days}::integer * interval '1 day'
      limit ${take}
    )
    returning 1`,
  formerMembers: ({ days, take }: Sweep) => Prisma.sql`
    -- sweepFormerMembers: former_members_bound_until_idx, take rows
    delete from former_members
    where (room_id, user_id) in (
      select room_id, user_id
      from former_members
      where greatest(muted_until, last_sent_at) < now() - ${days}::integer * interval '1 day'
      limit ${take}
    )
    returning 1`,
  invitations: ({ days, take }: Sweep) => Prisma.sql`
    -- sweepInvitations: room_invitations_created_at_idx, take rows
    delete from room_invitations
    where id in (
      select id
      from room_invitations
      where created_at < now() - ${days}::integer * interval '1 day'
      limit ${take}
    )
    returning 1`,
  restingNames: ({ days, take }: Sweep) => Prisma.sql`
    -- sweepRestingNames: resting_names_released_at_idx, take rows
    delete from resting_names
    where username_hash in (
      select username_hash
      from resting_names
      where released_at <= now() - ${days}::integer * interval '1 day'
      limit ${take}
    )
    returning 1`,
  auditEvents: ({ days, take }: Sweep) => Prisma.sql`
    -- sweepAuditEvents: audit_events_at_idx, take rows
    delete from audit_events
    where id in (
      select id
      from audit_events
      where at < now() - ${days}::integer * interval '1 day'
      limit ${take}
    )
    returning 1`,
} as const

/** A kind of rows that end and are deleted later. */
export type Ending = keyof typeof statements

/** How many days to keep rows after their end, and how many rows to delete at once. */
export interface Sweep {
  readonly days: number
  readonly take: number
}

/** Deletes a batch of old ended rows. Returns their number; fewer than `take` when no more are due. */
export async function sweepEnded(sql: Sql, ending: Ending, sweep: Sweep): Promise<number> {
  return (await sql(statements[ending](sweep))).length
}
