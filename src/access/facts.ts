import type { Sql } from '../database/sql.ts'
import type { TopicState } from '../feed/topics.ts'
import type { MemberRole, RoomAccess, RoomKind } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** All that a decision about a viewer and a room rests on, read in one statement. */
export interface RoomFacts {
  readonly roomId: string
  readonly kind: RoomKind
  readonly access: RoomAccess
  readonly archivedAt: Date | null
  readonly slowModeSeconds: number
  readonly topic: TopicState
  /** Null when the viewer is not a member. */
  readonly member: { readonly role: MemberRole; readonly mutedUntil: Date | null } | null
  /** Whether the viewer is banned now. */
  readonly banned: boolean
  /** In a DIRECT room: whether one of the two has blocked the other. */
  readonly blocked: boolean
  /** Whose messages the viewer must not see. */
  readonly blockedUserIds: readonly string[]
}

interface FactsRow {
  id: string
  kind: RoomKind
  access: RoomAccess
  archived_at: Date | null
  slow_mode_seconds: number
  epoch: number
  head: unknown
  floor: unknown
  last_number: number
  role: MemberRole | null
  muted_until: Date | null
  banned: boolean
  blocked: boolean
  blocked_ids: string[]
}

/**
 * Reads the facts about a viewer and a room.
 *
 * @param viewerId null for nobody.
 * @returns null when there is no such room.
 */
export async function readRoomFacts(sql: Sql, roomId: string, viewerId: string | null): Promise<RoomFacts | null> {
  const [row] = await sql<FactsRow>(Prisma.sql`
    -- readRoomFacts: one row of each primary key
    select rooms.id, rooms.kind, rooms.access, rooms.archived_at, rooms.slow_mode_seconds,
      topics.epoch, topics.head, topics.floor, topics.last_number,
      members.role, members.muted_until,
      exists (
        select from bans
        where bans.room_id = rooms.id and bans.user_id = ${viewerId}::uuid
          and (bans.expires_at is null or bans.expires_at > now())
      ) as banned,
      rooms.kind = 'DIRECT' and exists (
        select from blocks
        where (blocker_id, blocked_id) in ((direct_low_id, direct_high_id), (direct_high_id, direct_low_id))
      ) as blocked,
      array(select blocked_id::text from blocks where blocker_id = ${viewerId}::uuid) as blocked_ids
    from rooms
    join topics on topics.id = rooms.id
    left join members on members.room_id = rooms.id and members.user_id = ${viewerId}::uuid
    where rooms.id = ${roomId}::uuid and rooms.deleted_at is null`)
  if (!row) return null
  return {
    roomId: row.id,
    kind: row.kind,
    access: row.access,
    archivedAt: row.archived_at,
    slowModeSeconds: row.slow_mode_seconds,
    topic: {
      topicId: row.id,
      epoch: row.epoch,
      head: Number(row.head),
      floor: Number(row.floor),
      lastNumber: row.last_number,
    },
    member: row.role && { role: row.role, mutedUntil: row.muted_until },
    banned: row.banned,
    blocked: row.blocked,
    blockedUserIds: row.blocked_ids,
  }
}
