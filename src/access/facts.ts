import { createBatchedRead } from '../concurrency/batched-read.ts'
import { roomLimits } from '../config/rooms.ts'
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
  /** Whether the viewer has blocked anybody; also true where it was not read. */
  readonly hidesAuthors: boolean
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
  /** Only with `hidingColumn`. */
  hidesAuthors?: boolean
}

/** Whether a viewer has blocked anybody, beside the columns of the facts. Sends do without it. */
export const hidingColumn = (viewer: Prisma.Sql) => Prisma.sql`
  exists (select from blocks where blocks.blocker_id = ${viewer}) as "hidesAuthors"`

/** Whether one of two users has blocked the other: by blocks_pkey, two rows. */
export const hasBlockBetween = (one: Prisma.Sql, other: Prisma.Sql) => Prisma.sql`
  exists (
    select from blocks
    where (blocker_id, blocked_id) in ((${one}, ${other}), (${other}, ${one}))
  )`

/** Whether a user is banned from a room now: by bans_pkey, one row. */
export const isBannedFrom = (roomId: Prisma.Sql, userId: Prisma.Sql) => Prisma.sql`
  exists (
    select from bans
    where bans.room_id = ${roomId} and bans.user_id = ${userId}
      and (bans.expires_at is null or bans.expires_at > now())
  )`

/**
 * The columns of the facts about rooms. `factsJoins` must follow in the statement.
 *
 * @param viewer the expression of the viewer's id: a value or a column.
 */
export const factsColumns = (viewer: Prisma.Sql) => Prisma.sql`
  rooms.id, rooms.kind, rooms.access, rooms.archived_at as "archivedAt", rooms.slow_mode_seconds as "slowModeSeconds",
  topics.epoch, topics.head, topics.floor, topics.last_number as "lastNumber",
  members.role, members.muted_until as "mutedUntil", members.last_sent_at as "lastSentAt",
  ${isBannedFrom(Prisma.sql`rooms.id`, viewer)} as banned,
  rooms.kind = 'DIRECT'
    and ${hasBlockBetween(Prisma.sql`direct_low_id`, Prisma.sql`direct_high_id`)} as blocked`

/**
 * Joins the one member of a room who is a user, as `members`, on true.
 *
 * By members_pkey, one row. `limit 1` makes PostgreSQL take the whole key. Otherwise it would take a large room for one of
 * the usual size, and read all its members.
 */
export const memberLookup = (roomId: Prisma.Sql, userId: Prisma.Sql) => Prisma.sql`
  lateral (select * from members where room_id = ${roomId} and user_id = ${userId} limit 1) as members`

/** Joins each room's topic and the viewer's membership, one row a room. */
export const factsJoins = (viewer: Prisma.Sql) => Prisma.sql`
  join topics on topics.id = rooms.id
  left join ${memberLookup(Prisma.sql`rooms.id`, viewer)} on true`

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
    hidesAuthors: row.hidesAuthors ?? true,
  }
}

/** A room, and who asks about it. */
export interface AskedFacts {
  readonly roomId: string
  /** Null for nobody. */
  readonly viewerId: string | null
}

/**
 * Reads the facts about viewers and rooms, all of one snapshot.
 *
 * @returns in the order in which they were asked for; null where there is no such room.
 */
export async function readRoomFacts(sql: Sql, asked: readonly AskedFacts[]): Promise<(RoomFacts | null)[]> {
  const { viewer, rooms, position } = sourceOf(asked)
  const rows = await sql<FactsRow & { position: unknown }>(Prisma.sql`
    -- readRoomFacts: primary keys
    select ${position} as position, ${factsColumns(viewer)}, ${hidingColumn(viewer)}
    from ${rooms} ${factsJoins(viewer)}
    where rooms.deleted_at is null`)
  const byPosition = new Map(rows.map((row) => [Number(row.position), toFacts(row)]))
  return asked.map((_, index) => byPosition.get(index + 1) ?? null)
}

/** Says where each room and its viewer come from. PostgreSQL keeps the plan for one, and makes a new one for lists. */
function sourceOf(asked: readonly AskedFacts[]) {
  const [first] = asked
  if (first && asked.length === 1) {
    const rooms = Prisma.sql`(select * from rooms where rooms.id = ${first.roomId}::uuid) as rooms`
    return { viewer: Prisma.sql`${first.viewerId}::uuid`, rooms, position: Prisma.sql`1` }
  }
  const rooms = Prisma.sql`unnest(
      ${asked.map(({ roomId }) => roomId)}::uuid[],
      ${asked.map(({ viewerId }) => viewerId)}::uuid[]
    ) with ordinality as asked (room_id, viewer_id, position)
    join rooms on rooms.id = asked.room_id`
  return { viewer: Prisma.sql`asked.viewer_id`, rooms, position: Prisma.sql`asked.position` }
}

/** Makes the reader of one server. What many operations ask at the same time takes few statements. */
export function createFactsReader(sql: Sql): (asked: AskedFacts) => Promise<RoomFacts | null> {
  return createBatchedRead((asked: readonly AskedFacts[]) => readRoomFacts(sql, asked), {
    keysMax: roomLimits.factsPerLookupMax,
  })
}

/** Loads whom users have blocked: whose messages they must not see. In the order of the ids. */
export async function blockedIdsByUserIds(
  { sql }: { sql: Sql },
  userIds: readonly string[],
): Promise<ReadonlySet<string>[]> {
  const rows = await sql<{ blocker_id: string; blocked_id: string }>(Prisma.sql`
    -- blockedIdsByUserIds: blocks_pkey
    select blocker_id, blocked_id
    from blocks
    where blocker_id = any(${userIds}::uuid[])`)
  return userIds.map((id) => new Set(rows.filter((row) => row.blocker_id === id).map((row) => row.blocked_id)))
}
