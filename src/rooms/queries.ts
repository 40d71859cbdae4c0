import type { RoomFacts } from '../access/facts.ts'
import type { Sql } from '../database/sql.ts'
import type { MemberRole, Room } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** A room, and the facts about a viewer and it, of one snapshot. */
export interface RoomView {
  readonly room: Room
  readonly facts: RoomFacts
}

interface FactsRow {
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
 * Reads rooms with the facts about a viewer and each, all of one snapshot.
 *
 * @param viewerId null for nobody.
 * @returns in any order; rooms that do not exist are missing.
 */
export function readRoomViews(sql: Sql, roomIds: readonly string[], viewerId: string | null): Promise<RoomView[]> {
  return readViews(sql, Prisma.sql`rooms.id = any(${roomIds}::uuid[])`, viewerId)
}

/** Reads the room of a code with the facts about a viewer and it; null if none. */
export async function readRoomViewByCode(sql: Sql, code: string, viewerId: string | null): Promise<RoomView | null> {
  const [view] = await readViews(sql, Prisma.sql`rooms.code = ${code}`, viewerId)
  return view ?? null
}

async function readViews(sql: Sql, wanted: Prisma.Sql, viewerId: string | null): Promise<RoomView[]> {
  const rows = await sql<FactsRow & Room>(Prisma.sql`
    -- readRoomViews: one row of each primary key, or of rooms_code_key, a room
    select rooms.id, rooms.code, rooms.kind, rooms.access, rooms.name, rooms.description,
      rooms.password_hash as "passwordHash", rooms.category_id as "categoryId", rooms.region_id as "regionId",
      rooms.slow_mode_seconds as "slowModeSeconds", rooms.member_count as "memberCount",
      rooms.direct_low_id as "directLowId", rooms.direct_high_id as "directHighId",
      rooms.created_at as "createdAt", rooms.updated_at as "updatedAt",
      rooms.archived_at as "archivedAt", rooms.deleted_at as "deletedAt",
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
    where ${wanted} and rooms.deleted_at is null`)
  return rows.map(toView)
}

function toView(row: FactsRow & Room): RoomView {
  const { epoch, head, floor, last_number, role, muted_until, banned, blocked, blocked_ids, ...room } = row
  const facts = {
    roomId: room.id,
    kind: room.kind,
    access: room.access,
    archivedAt: room.archivedAt,
    slowModeSeconds: room.slowModeSeconds,
    topic: { topicId: room.id, epoch, head: Number(head), floor: Number(floor), lastNumber: last_number },
    member: role && { role, mutedUntil: muted_until },
    banned,
    blocked,
    blockedUserIds: blocked_ids,
  }
  return { room, facts }
}
