import { invitationLimits } from '../../config/membership.ts'
import type { Db } from '../../database/client.ts'
import type { Sql } from '../../database/sql.ts'
import { Prisma, type RoomInvitation } from '../../generated/prisma/client.ts'

const columns = Prisma.sql`
  room_invitations.id, room_invitations.room_id as "roomId", room_invitations.user_id as "userId",
  room_invitations.invited_by_id as "invitedById", room_invitations.created_at as "createdAt",
  room_invitations.ended_at as "endedAt"`

/** The condition that an invitation is pending: not ended, not expired, and its inviter is still in the room. */
const waits = Prisma.sql`
  room_invitations.ended_at is null
    and room_invitations.created_at > now() - ${invitationLimits.days}::integer * interval '1 day'
    and exists (
      select from members
      where members.room_id = room_invitations.room_id and members.user_id = room_invitations.invited_by_id
    )
    and exists (select from rooms where rooms.id = room_invitations.room_id and rooms.deleted_at is null)`

/** Selects a page of invitations, of a user or of a room, newest first. */
export interface InvitationsQuery {
  readonly userId?: string
  readonly roomId?: string
  readonly take: number
  /** The id of the invitation after which the page begins; null for the newest. */
  readonly after: string | null
}

/** Reads pending invitations, newest first. */
export function readInvitations(
  sql: Sql,
  { userId, roomId, take, after }: InvitationsQuery,
): Promise<RoomInvitation[]> {
  const whose =
    userId === undefined
      ? Prisma.sql`room_invitations.room_id = ${roomId}::uuid`
      : Prisma.sql`room_invitations.user_id = ${userId}::uuid`
  return sql<RoomInvitation>(Prisma.sql`
    -- readInvitations: room_invitations_user_id_id_idx or room_invitations_room_id_id_idx, take rows and the ended ones
    -- between; by the clock of PostgreSQL
    select ${columns}
    from room_invitations
    where ${whose} and ${waits} ${after === null ? Prisma.empty : Prisma.sql`and room_invitations.id < ${after}::uuid`}
    order by room_invitations.id desc
    limit ${take}`)
}

/** Reads pending invitations by their ids, in any order. */
export function readWaiting(sql: Sql, ids: readonly string[]): Promise<RoomInvitation[]> {
  return sql<RoomInvitation>(Prisma.sql`
    -- readWaiting: room_invitations_pkey, members_pkey and rooms_pkey; by the clock of PostgreSQL
    select ${columns}
    from room_invitations
    where room_invitations.id = any(${ids}::uuid[]) and ${waits}`)
}

/** The number of existing invitations, for the limits. */
export interface InvitationCounts {
  /** Pending invitations of the room. */
  readonly ofRoom: number
  /** Invitations that the inviter made in the last `windowMs`. */
  readonly made: number
  /** The users who already have the maximum of pending invitations. */
  readonly fullUserIds: string[]
}

/** Counts existing invitations before new ones are made. */
export async function countInvitations(
  sql: Sql,
  { roomId, invitedById, userIds }: { roomId: string; invitedById: string; userIds: readonly string[] },
): Promise<InvitationCounts> {
  const { windowMs, waitingPerUserMax } = invitationLimits
  const [row] = await sql<InvitationCounts>(Prisma.sql`
    -- countInvitations: indexes of room_invitations, bounded rows of each
    select
      (select count(*) from room_invitations where room_id = ${roomId}::uuid and ended_at is null)::integer as "ofRoom",
      (
        select count(*)
        from room_invitations
        where invited_by_id = ${invitedById}::uuid and created_at > now() - ${windowMs}::integer * interval '1 millisecond'
      )::integer as made,
      array(
        select user_id::text
        from room_invitations
        where user_id = any(${userIds}::uuid[]) and ended_at is null
        group by user_id
        having count(*) >= ${waitingPerUserMax}::integer
      ) as "fullUserIds"`)
  return row ?? { ofRoom: 0, made: 0, fullUserIds: [] }
}

/** Reads the users with a pending invitation from a member. Their topics are locked when that member leaves. */
export async function readInvitedBy(
  db: Db,
  { roomId, userId: invitedById }: { roomId: string; userId: string },
): Promise<string[]> {
  const where = { roomId, invitedById, endedAt: null }
  const invitations = await db.roomInvitation.findMany({ where, select: { userId: true } })
  return invitations.map(({ userId }) => userId)
}

/** Selects the pending invitations to end. */
export interface Ending {
  readonly roomId?: string
  readonly invitedById?: string
  /** Users whose topics are locked. */
  readonly userIds: readonly string[]
}

/** Ends pending invitations. */
export function endWaiting(sql: Sql, { roomId, invitedById, userIds }: Ending): Promise<RoomInvitation[]> {
  return sql<RoomInvitation>(Prisma.sql`
    -- endWaiting: room_invitations_waiting_key and room_invitations_user_id_id_idx, bounded rows a user
    update room_invitations
    set ended_at = now()
    where user_id = any(${userIds}::uuid[]) and ended_at is null
      ${roomId === undefined ? Prisma.empty : Prisma.sql`and room_id = ${roomId}::uuid`}
      ${invitedById === undefined ? Prisma.empty : Prisma.sql`and invited_by_id = ${invitedById}::uuid`}
    returning ${columns}`)
}

/** Records that a user does not want to be added to a room by another user again. */
export async function insertRefusal(
  sql: Sql,
  refusal: { roomId: string; userId: string; refusedId: string; declined: boolean },
): Promise<void> {
  const { roomId, userId, refusedId, declined } = refusal
  await sql(Prisma.sql`
    -- insertRefusal: room_refusals_pkey
    insert into room_refusals (room_id, user_id, refused_id, declined)
    values (${roomId}::uuid, ${userId}::uuid, ${refusedId}::uuid, ${declined})
    on conflict on constraint room_refusals_pkey do update
    set declined = room_refusals.declined or excluded.declined`)
}
