import type { Db } from '../../database/client.ts'
import type { Sql } from '../../database/sql.ts'
import { type Invite, Prisma } from '../../generated/prisma/client.ts'

/** The condition that an invite can still be used. */
const isLive = Prisma.sql`revoked_at is null
      and (expires_at is null or expires_at > now())
      and (uses_max is null or uses < uses_max)`

/**
 * Uses up one use of an invite to a room.
 *
 * @returns false, without using it, when it is of another room, expired, revoked or used up.
 */
export async function takeInvite(sql: Sql, { roomId, code }: { roomId: string; code: string }): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- takeInvite: invites_code_key
    update invites
    set uses = uses + 1
    where code = ${code} and room_id = ${roomId}::uuid
      and ${isLive}
    returning id`)
  return rows.length > 0
}

/** Counts the invites to a room that can still be used. */
export async function countLiveInvites(sql: Sql, roomId: string): Promise<number> {
  const [row] = await sql<{ count: number }>(Prisma.sql`
    -- countLiveInvites: invites_room_id_id_idx, as many rows as the room ever had invites; by the clock of PostgreSQL
    select count(*)::integer as count
    from invites
    where room_id = ${roomId}::uuid and ${isLive}`)
  return row?.count ?? 0
}

/** Selects a page of the invites to a room. */
export interface InvitesQuery {
  roomId: string
  take: number
  /** The id of the invite after which the page begins; null for the newest. */
  after: string | null
}

/** Reads the invites to a room, newest first: their ids are in order of time. */
export function readInvites(db: Db, { roomId, take, after }: InvitesQuery): Promise<Invite[]> {
  const where = { roomId, ...(after !== null && { id: { lt: after } }) }
  return db.invite.findMany({ where, orderBy: { id: 'desc' }, take })
}

/** The part of a room that holders of an invite may see before they enter. */
export interface InvitePreview {
  readonly roomId: string
  readonly name: string
  readonly description: string | null
  readonly memberCount: number
  readonly createdById: string
  readonly expiresAt: Date | null
}

/** Reads the preview of an invite; null when it can no longer be used. */
export async function readInvitePreview(sql: Sql, code: string): Promise<InvitePreview | null> {
  const [row] = await sql<InvitePreview>(Prisma.sql`
    -- readInvitePreview: invites_code_key and rooms_pkey
    select rooms.id as "roomId", coalesce(rooms.name, rooms.code) as name, rooms.description, rooms.member_count as "memberCount",
      invites.created_by_id as "createdById", invites.expires_at as "expiresAt"
    from invites
    join rooms on rooms.id = invites.room_id
    where invites.code = ${code} and rooms.deleted_at is null and ${isLive}`)
  return row ?? null
}
