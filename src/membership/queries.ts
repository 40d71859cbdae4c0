import { type ConsentFacts, consentColumns } from '../access/consent.ts'
import type { ServiceContext } from '../access/context.ts'
import { isBannedFrom, memberLookup } from '../access/facts.ts'
import { inOrder } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import type { Db } from '../database/client.ts'
import type { Sql } from '../database/sql.ts'
import type { TopicState } from '../feed/topics.ts'
import type { Member, MemberRole, RoomKind } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { beyond, type Keyset } from '../input/keyset.ts'

/** The columns of a member. */
export const memberColumns = Prisma.sql`
  members.room_id as "roomId", members.user_id as "userId", members.role, members.joined_at as "joinedAt",
  members.last_read_number as "lastReadNumber", members.last_delivered_number as "lastDeliveredNumber",
  members.last_sent_at as "lastSentAt", members.muted_until as "mutedUntil", members.notifications,
  members.takes_part as "takesPart", members.mentioned_by_replies as "mentionedByReplies",
  members.added_by_id as "addedById"`

/** The key of a membership: a user in a room. */
export interface MemberKey {
  readonly roomId: string
  readonly userId: string
}

/** Formats the key of a member for `membersByKeys`. */
export const memberKey = ({ roomId, userId }: MemberKey) => `${roomId} ${userId}`

/** Finds a member, inside or outside a transaction; null when there is none. */
export function findMember(db: Db, { roomId, userId }: MemberKey): Promise<Member | null> {
  return db.member.findUnique({ where: { roomId_userId: { roomId, userId } } })
}

/** Loads members by keys of `memberKey`, in their order; null where there is none. */
export async function membersByKeys({ sql }: ServiceContext, keys: readonly string[]): Promise<(Member | null)[]> {
  const parts = keys.map((key) => key.split(' '))
  const rows = await sql<Member>(Prisma.sql`
    -- membersByKeys: members_pkey and rooms_pkey, one row a key; a deleted room has no members, even those not yet removed
    select ${memberColumns}
    from unnest(
      ${parts.map(([roomId]) => roomId)}::uuid[],
      ${parts.map(([, userId]) => userId)}::uuid[]
    ) as wanted (room_id, user_id)
    join ${memberLookup(Prisma.sql`wanted.room_id`, Prisma.sql`wanted.user_id`)} on true
    join rooms on rooms.id = members.room_id and rooms.deleted_at is null`)
  return inOrder(keys, rows, memberKey)
}

/** Loads the owners of rooms, in the order of the ids; null where there is none. */
export async function ownersByRoomIds({ sql }: ServiceContext, roomIds: readonly string[]): Promise<(Member | null)[]> {
  const rows = await sql<Member>(Prisma.sql`
    -- ownersByRoomIds: members_room_id_owner_key, at most one row a room
    select ${memberColumns}
    from members
    where room_id = any(${roomIds}::uuid[]) and role = 'OWNER'`)
  return inOrder(roomIds, rows, (row) => row.roomId)
}

/** Selects a page of the members of a room. */
export interface MembersQuery {
  roomId: string
  /** Null for all. */
  role: MemberRole | null
  take: number
  /** The member after which the page begins. */
  after: Keyset | null
}

/** Reads members of a room, in the order in which they joined. */
export function readRoomMembers(sql: Sql, { roomId, role, take, after }: MembersQuery): Promise<Member[]> {
  // the condition of the partial index of admins and owners
  const isStaff = role === null || role === 'MEMBER' ? Prisma.empty : Prisma.sql`and role <> 'MEMBER'`
  return sql<Member>(Prisma.sql`
    -- readRoomMembers: members_room_id_joined_at_user_id_idx, take rows; members_staff_idx for admins and owner
    select ${memberColumns}
    from members
    where room_id = ${roomId}::uuid ${role === null ? Prisma.empty : Prisma.sql`and role = ${role}::member_role`} ${isStaff}
      ${beyond(Prisma.sql`(joined_at, user_id) >`, after)}
    order by joined_at, user_id
    limit ${take}`)
}

/** Selects a page of the rooms of a user. */
export interface MembershipsQuery {
  userId: string
  /** Null for both. */
  kind: RoomKind | null
  take: number
  /** The room after which the page begins. */
  after: Keyset | null
}

/** A member, with the topic of the room from the same snapshot. */
export interface MembershipRow {
  readonly member: Member
  readonly topic: TopicState
  readonly activeAt: Date
}

interface TopicColumns {
  chain: string
  head: unknown
  floor: unknown
  last_number: number
  active_at: Date
}

/** Reads the memberships of a user, most recently active rooms first. */
export async function readMemberships(
  sql: Sql,
  { userId, kind, take, after }: MembershipsQuery,
): Promise<MembershipRow[]> {
  const rows = await sql<Member & TopicColumns>(Prisma.sql`
    -- readMemberships: members_user_id_idx, as many rows as the user has rooms
    select ${memberColumns}, topics.head, topics.floor, encode(topics.chain, 'hex') as chain,
      topics.last_number, topics.active_at
    from members
    join rooms on rooms.id = members.room_id
    join topics on topics.id = members.room_id
    where members.user_id = ${userId}::uuid
      and rooms.deleted_at is null
      ${kind === null ? Prisma.empty : Prisma.sql`and rooms.kind = ${kind}::room_kind`}
      ${beyond(Prisma.sql`(topics.active_at, members.room_id) <`, after)}
    order by topics.active_at desc, members.room_id desc
    limit ${take}`)
  return rows.map(({ chain, head, floor, last_number, active_at, ...member }) => ({
    member,
    topic: { topicId: member.roomId, head: Number(head), floor: Number(floor), chain, lastNumber: last_number },
    activeAt: active_at,
  }))
}

/** Counts the unread messages of a user, over all rooms. */
export async function readUnreadTotal(sql: Sql, userId: string): Promise<number> {
  const [row] = await sql<{ unread: number }>(Prisma.sql`
    -- readUnreadTotal: members_user_id_idx, as many rows as the user has rooms
    select coalesce(sum(greatest(topics.last_number - members.last_read_number, 0)), 0)::integer as unread
    from members
    join rooms on rooms.id = members.room_id
    join topics on topics.id = members.room_id
    where members.user_id = ${userId}::uuid and rooms.deleted_at is null`)
  return row?.unread ?? 0
}

/**
 * Counts mentions in ranges of messages: a count for each, in their order.
 *
 * Only the newest `limits.mentionsCountedMax` of each range are counted, without those by users whom the member has blocked.
 * A mention of everybody in a large room is one row that counts for each member.
 *
 * @param keys a key of `memberKey`, the number after which mentions count, and the last number that counts.
 */
export async function mentionCountsByKeys({ sql }: ServiceContext, keys: readonly string[]): Promise<number[]> {
  const parts = keys.map((key) => key.split(' '))
  // the limit bounds how many messages are read for their authors
  const rows = await sql<{ count: number }>(Prisma.sql`
    -- mentionCountsByKeys: mentions_user_id_room_id_number_idx, group_mentions_room_id_number_idx, messages_pkey and
    -- blocks_pkey, up to mentionsCountedMax rows of each a range
    select (
      select count(*)
      from (
        (
          select message_id, number
          from mentions
          where mentions.user_id = span.user_id and mentions.room_id = span.room_id and not mentions.taken_back
            and mentions.number > span.after and mentions.number <= span.until
          order by mentions.number desc
          limit ${limits.mentionsCountedMax}
        )
        union
        (
          select message_id, number
          from group_mentions
          where group_mentions.room_id = span.room_id and group_mentions.counts_for_all
            and group_mentions.number > span.after and group_mentions.number <= span.until
          order by group_mentions.number desc
          limit ${limits.mentionsCountedMax}
        )
        order by number desc
        limit ${limits.mentionsCountedMax}
      ) as mentions
      cross join lateral (select author_id from messages where id = mentions.message_id limit 1) as message
      where not exists (
        select from blocks
        where blocks.blocker_id = span.user_id and blocks.blocked_id = message.author_id
      ) and message.author_id is distinct from span.user_id
    )::integer as count
    from unnest(
      ${parts.map(([roomId]) => roomId)}::uuid[],
      ${parts.map(([, userId]) => userId)}::uuid[],
      ${parts.map(([, , after]) => after)}::integer[],
      ${parts.map(([, , , until]) => until)}::integer[]
    ) with ordinality as span (room_id, user_id, after, until, position)
    order by span.position`)
  return rows.map((row) => row.count)
}

/**
 * Changes the member count of a room, whose topic the caller has locked.
 *
 * @returns the new count; null, without a change, when it would exceed `max`.
 */
export async function changeMemberCount(
  sql: Sql,
  { roomId, change, max }: { roomId: string; change: number; max: number },
): Promise<number | null> {
  const [row] = await sql<{ member_count: number }>(Prisma.sql`
    -- changeMemberCount: rooms_pkey
    update rooms
    set member_count = member_count + ${change}::integer
    where id = ${roomId}::uuid and (${change}::integer < 0 or member_count + ${change}::integer <= ${max}::integer)
    returning member_count`)
  return row?.member_count ?? null
}

/** The facts that decide whether a user can be added to a room. */
export interface Candidate extends ConsentFacts {
  /** Whether the user exists and the account is not deleted. */
  readonly isUser: boolean
  readonly isMember: boolean
  readonly isBanned: boolean
  /** Whether the candidate left a room to which the actor had added them. */
  readonly hasLeft: boolean
  /** Whether the candidate declined an invitation of the actor. */
  readonly hasDeclined: boolean
}

/** Reads the facts that decide whether users can be added. In their order. */
export function readCandidates(
  sql: Sql,
  { roomId, actorId, userIds }: { roomId: string; actorId: string; userIds: readonly string[] },
): Promise<Candidate[]> {
  return sql<Candidate>(Prisma.sql`
    -- readCandidates: primary keys, one row of each a user, and the rooms of the actor
    select users.id is not null as "isUser", members.user_id is not null as "isMember",
      ${isBannedFrom(Prisma.sql`${roomId}::uuid`, Prisma.sql`wanted.user_id`)} as "isBanned",
      refusals.user_id is not null as "hasLeft", coalesce(refusals.declined, false) as "hasDeclined",
      ${consentColumns(Prisma.sql`${actorId}::uuid`)}
    from unnest(${userIds}::uuid[]) with ordinality as wanted (user_id, position)
    left join users on users.id = wanted.user_id and users.deleted_at is null
    left join members on members.room_id = ${roomId}::uuid and members.user_id = wanted.user_id
    left join room_refusals as refusals on refusals.room_id = ${roomId}::uuid
      and refusals.user_id = wanted.user_id and refusals.refused_id = ${actorId}::uuid
    order by wanted.position`)
}
