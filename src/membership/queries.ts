import { type ConsentFacts, consentColumns } from '../access/consent.ts'
import type { ServiceContext } from '../access/context.ts'
import { isBannedFrom, memberLookup } from '../access/facts.ts'
import { inOrder } from '../concurrency/loader.ts'
import type { Db } from '../database/client.ts'
import { columnsOf } from '../database/columns.ts'
import type { Sql } from '../database/sql.ts'
import type { TopicState } from '../feed/topics.ts'
import type { Member, MemberRole, Room, RoomKind } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { beyond, type Keyset } from '../input/keyset.ts'

/** The columns of a member. */
export const memberColumns = columnsOf('members', Prisma.MemberScalarFieldEnum)

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
export async function membersByKeys({ lookups }: ServiceContext, keys: readonly string[]): Promise<(Member | null)[]> {
  const parts = keys.map((key) => key.split(' '))
  const rows = await lookups<Member>(Prisma.sql`
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
export async function ownersByRoomIds(
  { lookups }: ServiceContext,
  roomIds: readonly string[],
): Promise<(Member | null)[]> {
  const rows = await lookups<Member>(Prisma.sql`
    -- ownersByRoomIds: members_room_id_owner_key, at most one row a room; for every page of rooms
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
  /** Its place in the list. */
  readonly listedAt: Date
}

interface TopicColumns {
  chain: string
  head: unknown
  floor: unknown
  last_number: number
  listed_at: Date
}

/** The time by which a member's list is ordered: pinned rooms come before all others, which are active in this millennium. */
const listedAt = Prisma.sql`(
      topics.active_at + case when members.pinned_at is null then interval '0' else interval '1000 years' end
    )`

/** Reads the memberships that a user's list shows. Pinned rooms, then the others, each most recently active first. */
export async function readMemberships(
  sql: Sql,
  { userId, kind, take, after }: MembershipsQuery,
): Promise<MembershipRow[]> {
  const rows = await sql<Member & TopicColumns>(Prisma.sql`
    -- readMemberships: members_user_id_idx, as many rows as the user has rooms; for every page of rooms
    select ${memberColumns}, topics.head, topics.floor, encode(topics.chain, 'hex') as chain,
      topics.last_number, ${listedAt} as listed_at
    from members
    join rooms on rooms.id = members.room_id
    join topics on topics.id = members.room_id
    where members.user_id = ${userId}::uuid
      and rooms.deleted_at is null
      ${kind === null ? Prisma.empty : Prisma.sql`and rooms.kind = ${kind}::room_kind`}
      and (members.hidden_number is null or topics.last_number > members.hidden_number)
      ${beyond(Prisma.sql`(${listedAt}, members.room_id) <`, after)}
    order by listed_at desc, members.room_id desc
    limit ${take}`)
  return rows.map((row) => {
    const { roomId: topicId, chain, head, floor, last_number: lastNumber, listed_at: listedAt } = row
    const topic = { topicId, head: Number(head), floor: Number(floor), chain, lastNumber }
    // the row is the member: to copy it would take as long as to read it
    return { member: row, topic, listedAt }
  })
}

/**
 * Changes the member count of a room, whose topic the caller has locked.
 *
 * @returns the room with the new count; null, without a change, when it would exceed `max`.
 */
export async function changeMemberCount(
  sql: Sql,
  { roomId, change, max }: { roomId: string; change: number; max: number },
): Promise<CountedRoom | null> {
  const [row] = await sql<CountedRoom>(Prisma.sql`
    -- changeMemberCount: rooms_pkey
    update rooms
    set member_count = member_count + ${change}::integer
    where id = ${roomId}::uuid and (${change}::integer < 0 or member_count + ${change}::integer <= ${max}::integer)
    returning kind, access, history, member_count as "memberCount", created_by_id as "createdById", archived_at as "archivedAt"`)
  return row ?? null
}

/** A room after its member count has changed. */
export type CountedRoom = Pick<Room, 'kind' | 'access' | 'history' | 'memberCount' | 'createdById' | 'archivedAt'>

/** The facts that decide whether a user can be added to a room. */
export interface Candidate extends ConsentFacts {
  /** True if the user exists and the account is not deleted. */
  readonly isUser: boolean
  readonly isMember: boolean
  readonly isBanned: boolean
  /** True if the candidate left a room to which the actor had added them. */
  readonly hasLeft: boolean
  /** True if the candidate declined an invitation of the actor. */
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
