import { createSharedStatement } from '../concurrency/shared-statement.ts'
import { roomLimits } from '../config/rooms.ts'
import type { Sql } from '../database/sql.ts'
import type { TopicState } from '../feed/topics.ts'
import type { MemberRole, RoomAccess, RoomKind, RoomPosting } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** The facts that decide about a member. */
export interface MemberFacts {
  readonly role: MemberRole
  readonly mutedUntil: Date | null
  /** When the member last sent a message to the room. */
  readonly lastSentAt: Date | null
  /** Messages up to this number are not for the member to read. */
  readonly historyFrom: number
}

/** The facts that decide about a viewer and a room, read in one statement. */
export interface RoomFacts {
  readonly roomId: string
  readonly kind: RoomKind
  readonly access: RoomAccess
  readonly archivedAt: Date | null
  readonly slowModeSeconds: number
  readonly posting: RoomPosting
  readonly memberCount: number
  /** True when the viewer created the room. */
  readonly isMaker: boolean
  /** In a DIRECT room of two: whether there is only one member. */
  readonly isAlone: boolean
  /** True for a DIRECT room that has no second member yet. */
  readonly isWaiting: boolean
  readonly topic: TopicState
  /** Null when the viewer is not a member. */
  readonly member: MemberFacts | null
  /** True if the viewer is banned now. */
  readonly banned: boolean
  /** In a DIRECT room: whether one of the two has blocked the other. */
  readonly blocked: boolean
  /** True if the viewer has blocked anybody; also true where it was not read. */
  readonly hidesAuthors: boolean
  /** True when the viewer hides their receipts, and so does not see those of others; also true where it was not read. */
  readonly hidesReceipts: boolean
  /** The same for their presence. */
  readonly hidesPresence: boolean
}

/** A row of `factsColumns`. */
export interface FactsRow {
  id: string
  kind: RoomKind
  access: RoomAccess
  archivedAt: Date | null
  slowModeSeconds: number
  posting: RoomPosting
  memberCount: number
  isMaker: boolean
  isAlone: boolean
  isWaiting: boolean
  head: unknown
  floor: unknown
  chain: string
  lastNumber: number
  role: MemberRole | null
  mutedUntil: Date | null
  lastSentAt: Date | null
  historyFrom: number | null
  banned: boolean
  blocked: boolean
  /** Only with `hidingColumns`. */
  hidesAuthors?: boolean
  showsReceipts?: boolean | null
  showsPresence?: boolean | null
}

/** The columns of the facts about what is hidden from a viewer. Sends do not need them. */
export const hidingColumns = (viewer: Prisma.Sql) => Prisma.sql`
  exists (select from blocks where blocks.blocker_id = ${viewer}) as "hidesAuthors",
  (select shows_receipts from users where users.id = ${viewer}) as "showsReceipts",
  (select shows_presence from users where users.id = ${viewer}) as "showsPresence"`

/** Tells whether one of two users has blocked the other: by blocks_pkey, two rows. */
export const hasBlockBetween = (one: Prisma.Sql, other: Prisma.Sql) => Prisma.sql`
  exists (
    select from blocks
    where (blocker_id, blocked_id) in ((${one}, ${other}), (${other}, ${one}))
  )`

/** Tells whether a user is banned from a room now: by bans_pkey, one row. */
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
  rooms.posting, rooms.member_count as "memberCount", coalesce(rooms.created_by_id = ${viewer}, false) as "isMaker",
  rooms.kind = 'DIRECT' and rooms.member_count < 2 and rooms.direct_low_id is distinct from rooms.direct_high_id as "isAlone",
  rooms.kind = 'DIRECT' and rooms.direct_high_id is null as "isWaiting",
  topics.head, topics.floor, encode(topics.chain, 'hex') as chain, topics.last_number as "lastNumber",
  members.role, members.muted_until as "mutedUntil", members.last_sent_at as "lastSentAt",
  members.history_from as "historyFrom",
  ${isBannedFrom(Prisma.sql`rooms.id`, viewer)} as banned,
  rooms.kind = 'DIRECT'
    and ${hasBlockBetween(Prisma.sql`direct_low_id`, Prisma.sql`direct_high_id`)} as blocked`

/**
 * Joins the membership of one user in a room, as `members`, on true.
 *
 * By members_pkey, one row. `limit 1` makes PostgreSQL use the whole key. Otherwise it would plan for a room of the usual
 * size, and read all members of a large one.
 */
export const memberLookup = (roomId: Prisma.Sql, userId: Prisma.Sql) => Prisma.sql`
  lateral (select * from members where room_id = ${roomId} and user_id = ${userId} limit 1) as members`

/** Joins each room's topic and the viewer's membership, one row per room. */
export const factsJoins = (viewer: Prisma.Sql) => Prisma.sql`
  join topics on topics.id = rooms.id
  left join ${memberLookup(Prisma.sql`rooms.id`, viewer)} on true`

/** Converts a row to facts. */
export function toFacts(row: FactsRow): RoomFacts {
  const { id, kind, access, archivedAt, slowModeSeconds, role, mutedUntil, lastSentAt, banned, blocked } = row
  const { posting, memberCount, isMaker, isAlone, isWaiting } = row
  return {
    roomId: id,
    kind,
    access,
    archivedAt,
    slowModeSeconds,
    ...{ posting, memberCount, isMaker, isAlone, isWaiting },
    topic: {
      topicId: id,
      head: Number(row.head),
      floor: Number(row.floor),
      chain: row.chain,
      lastNumber: row.lastNumber,
    },
    member: role && { role, mutedUntil, lastSentAt, historyFrom: row.historyFrom ?? 0 },
    banned,
    blocked,
    hidesAuthors: row.hidesAuthors ?? true,
    hidesReceipts: row.showsReceipts !== true,
    hidesPresence: row.showsPresence !== true,
  }
}

/** A room, and the viewer to read facts about. */
export interface FactsRequest {
  readonly roomId: string
  /** Null when signed out. */
  readonly viewerId: string | null
}

/**
 * Reads the facts about viewers and rooms, all from one snapshot.
 *
 * @returns the facts in the order of the requests; null when there is no such room.
 */
export async function readRoomFacts(sql: Sql, requests: readonly FactsRequest[]): Promise<(RoomFacts | null)[]> {
  const { viewer, rooms, position } = sourceOf(requests)
  const rows = await sql<FactsRow & { position: unknown }>(Prisma.sql`
    -- readRoomFacts: primary keys; for every page and write
    select ${position} as position, ${factsColumns(viewer)}, ${hidingColumns(viewer)}
    from ${rooms} ${factsJoins(viewer)}
    where rooms.deleted_at is null`)
  const byPosition = new Map(rows.map((row) => [Number(row.position), toFacts(row)]))
  return requests.map((_, index) => byPosition.get(index + 1) ?? null)
}

/** Builds the source of rooms and viewers. A single room, which most operations ask for, needs no list. */
function sourceOf(requests: readonly FactsRequest[]) {
  const [first] = requests
  if (first && requests.length === 1) {
    const rooms = Prisma.sql`(select * from rooms where rooms.id = ${first.roomId}::uuid) as rooms`
    return { viewer: Prisma.sql`${first.viewerId}::uuid`, rooms, position: Prisma.sql`1` }
  }
  const rooms = Prisma.sql`unnest(
      ${requests.map(({ roomId }) => roomId)}::uuid[],
      ${requests.map(({ viewerId }) => viewerId)}::uuid[]
    ) with ordinality as requests (room_id, viewer_id, position)
    join rooms on rooms.id = requests.room_id`
  return { viewer: Prisma.sql`requests.viewer_id`, rooms, position: Prisma.sql`requests.position` }
}

/** Creates the batched reader of one server. Concurrent reads of many operations share a statement. */
export function createFactsReader(sql: Sql): (request: FactsRequest) => Promise<RoomFacts | null> {
  return createSharedStatement((requests: readonly FactsRequest[]) => readRoomFacts(sql, requests), {
    keysMax: roomLimits.factsPerLookupMax,
  })
}

/** Loads the blocked users of each user, whose messages they must not see. In the order of the ids. */
export async function blockedIdsByUserIds(
  { lookups }: { lookups: Sql },
  userIds: readonly string[],
): Promise<ReadonlySet<string>[]> {
  const rows = await lookups<{ blocker_id: string; blocked_id: string }>(Prisma.sql`
    -- blockedIdsByUserIds: blocks_pkey; for every page and event
    select blocker_id, blocked_id
    from blocks
    where blocker_id = any(${userIds}::uuid[])`)
  return userIds.map((id) => new Set(rows.filter((row) => row.blocker_id === id).map((row) => row.blocked_id)))
}
