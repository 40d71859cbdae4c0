import type { Sql } from '../database/sql.ts'
import type { TopicState } from '../feed/topics.ts'
import type { MemberRole, RoomAccess, RoomKind } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** What a decision about a member rests on. */
export interface MemberFacts {
  readonly role: MemberRole
  readonly mutedUntil: Date | null
  /** When the member last sent a message to the room. */
  readonly lastSentAt: Date | null
}

/** All that a decision about a viewer and a room rests on, read in one statement. */
export interface RoomFacts {
  readonly roomId: string
  readonly kind: RoomKind
  readonly access: RoomAccess
  readonly archivedAt: Date | null
  readonly slowModeSeconds: number
  readonly topic: TopicState
  /** Null when the viewer is not a member. */
  readonly member: MemberFacts | null
  /** Whether the viewer is banned now. */
  readonly banned: boolean
  /** In a DIRECT room: whether one of the two has blocked the other. */
  readonly blocked: boolean
}

/** What `factsColumns` selects. */
export interface FactsRow {
  id: string
  kind: RoomKind
  access: RoomAccess
  archivedAt: Date | null
  slowModeSeconds: number
  epoch: number
  head: unknown
  floor: unknown
  lastNumber: number
  role: MemberRole | null
  mutedUntil: Date | null
  lastSentAt: Date | null
  banned: boolean
  blocked: boolean
}

/**
 * The columns of the facts about rooms. `factsJoins` must follow in the statement.
 *
 * @param viewer the expression of the viewer's id: a value or a column.
 */
export const factsColumns = (viewer: Prisma.Sql) => Prisma.sql`
  rooms.id, rooms.kind, rooms.access, rooms.archived_at as "archivedAt", rooms.slow_mode_seconds as "slowModeSeconds",
  topics.epoch, topics.head, topics.floor, topics.last_number as "lastNumber",
  members.role, members.muted_until as "mutedUntil", members.last_sent_at as "lastSentAt",
  exists (
    select from bans
    where bans.room_id = rooms.id and bans.user_id = ${viewer}
      and (bans.expires_at is null or bans.expires_at > now())
  ) as banned,
  rooms.kind = 'DIRECT' and exists (
    select from blocks
    where (blocker_id, blocked_id) in ((direct_low_id, direct_high_id), (direct_high_id, direct_low_id))
  ) as blocked`

/** Joins each room's topic and the viewer's membership, one row a room. */
export const factsJoins = (viewer: Prisma.Sql) => Prisma.sql`
  join topics on topics.id = rooms.id
  left join members on members.room_id = rooms.id and members.user_id = ${viewer}`

/** Makes the facts of a row. */
export function toFacts(row: FactsRow): RoomFacts {
  const { id, kind, access, archivedAt, slowModeSeconds, role, mutedUntil, lastSentAt, banned, blocked } = row
  return {
    roomId: id,
    kind,
    access,
    archivedAt,
    slowModeSeconds,
    topic: {
      topicId: id,
      epoch: row.epoch,
      head: Number(row.head),
      floor: Number(row.floor),
      lastNumber: row.lastNumber,
    },
    member: role && { role, mutedUntil, lastSentAt },
    banned,
    blocked,
  }
}

/**
 * Reads the facts about a viewer and rooms, all of one snapshot.
 *
 * @param viewerId null for nobody.
 * @returns in the order of the ids; null where there is no such room.
 */
export async function readRoomFacts(
  sql: Sql,
  roomIds: readonly string[],
  viewerId: string | null,
): Promise<(RoomFacts | null)[]> {
  const viewer = Prisma.sql`${viewerId}::uuid`
  const rows = await sql<FactsRow>(Prisma.sql`
    -- readRoomFacts: primary keys
    select ${factsColumns(viewer)}
    from rooms ${factsJoins(viewer)}
    where rooms.id = any(${roomIds}::uuid[]) and rooms.deleted_at is null`)
  const byId = new Map(rows.map((row) => [row.id, toFacts(row)]))
  return roomIds.map((id) => byId.get(id) ?? null)
}

/** Reads whom a user has blocked: whose messages they must not see. */
export async function readBlockedUserIds(sql: Sql, userId: string): Promise<string[]> {
  const rows = await sql<{ blocked_id: string }>(Prisma.sql`
    -- readBlockedUserIds: blocks_pkey
    select blocked_id
    from blocks
    where blocker_id = ${userId}::uuid`)
  return rows.map((row) => row.blocked_id)
}

/** Reads who has blocked a user. Neither of the two is to see what the other does at the moment. */
export async function readBlockerUserIds(sql: Sql, userId: string): Promise<string[]> {
  const rows = await sql<{ blocker_id: string }>(Prisma.sql`
    -- readBlockerUserIds: blocks_blocked_id_idx
    select blocker_id
    from blocks
    where blocked_id = ${userId}::uuid`)
  return rows.map((row) => row.blocker_id)
}
