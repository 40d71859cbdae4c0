import { type ConsentFacts, consentColumns, consents } from '../access/consent.ts'
import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** The presence of a user, as others see it. */
export type PresenceStatus = 'ONLINE' | 'AWAY' | 'OFFLINE'

/** Whether a user is present, and when they were last seen. */
export interface Presence {
  readonly status: PresenceStatus
  /** Null when it is unknown or hidden. */
  readonly lastSeenAt: Date | null
}

interface PresenceRow {
  userId: string
  isHere: boolean | null
  isActive: boolean | null
  lastSeenAt: Date | null
  showsPresence: boolean
  showsLastSeen: boolean
}

/** The presence of users who are deleted, unknown or hidden from the viewer. */
export const offline: Presence = { status: 'OFFLINE', lastSeenAt: null }

/** The presence as users see their own. */
function toPresence({ isHere, isActive, lastSeenAt }: PresenceRow): Presence {
  const here = isActive ? 'ONLINE' : 'AWAY'
  return { status: isHere ? here : 'OFFLINE', lastSeenAt }
}

/** The presence as others see it, whose own privacy is not asked for. */
function toShownPresence(row: PresenceRow): Presence {
  if (!row.showsPresence) return offline
  const { status, lastSeenAt } = toPresence(row)
  return { status, lastSeenAt: row.showsLastSeen ? lastSeenAt : null }
}

/** Joins the presence rows of live servers: the users of a crashed server are offline when its lease has expired. */
const presenceJoin = Prisma.sql`
  left join lateral (
    select true as is_here, bool_or(not is_idle and not is_away) as is_active
    from user_presences
    join server_leases on server_leases.id = user_presences.server_id and server_leases.expires_at > now()
    where user_presences.user_id = users.id
    having count(*) > 0
  ) as here on true`

const presenceColumns = Prisma.sql`
  users.id as "userId", is_here as "isHere", is_active as "isActive", users.last_seen_at as "lastSeenAt",
  users.shows_presence as "showsPresence", users.shows_last_seen as "showsLastSeen"`

/** Reads the presence of users, for any viewer who hides nothing. Users who do not exist are missing. */
export async function readPresences(sql: Sql, userIds: readonly string[]): Promise<Map<string, Presence>> {
  const rows = await sql<PresenceRow>(Prisma.sql`
    -- readPresences: users_pkey, user_presences_pkey and server_leases_pkey
    select ${presenceColumns}
    from users ${presenceJoin}
    where users.id = any(${userIds}::uuid[]) and users.deleted_at is null`)
  return new Map(rows.map((row) => [row.userId, toShownPresence(row)]))
}

/**
 * Reads the presence of users as a viewer may see it.
 *
 * Users who do not let the viewer see their presence are missing: see `consents`. A viewer who hides their presence or
 * last-seen time does not see it of others. Users always see themselves.
 */
export async function readVisiblePresences(
  sql: Sql,
  viewerId: string,
  userIds: readonly string[],
): Promise<Map<string, Presence>> {
  const rows = await sql<PresenceRow & ConsentFacts & { isMutual: boolean; isSeenMutual: boolean }>(Prisma.sql`
    -- readVisiblePresences: primary keys; members_user_id_idx, as many rows as the viewer has rooms, until one is shared
    select ${presenceColumns}, ${consentColumns(Prisma.sql`${viewerId}::uuid`)},
      viewer.shows_presence as "isMutual", viewer.shows_last_seen as "isSeenMutual"
    from users ${presenceJoin}
    join users as viewer on viewer.id = ${viewerId}::uuid
    where users.id = any(${userIds}::uuid[]) and users.deleted_at is null`)
  return new Map(
    rows.map((row) => {
      if (row.userId === viewerId) return [row.userId, toPresence(row)]
      if (!row.isMutual || !consents('look', row)) return [row.userId, offline]
      return [row.userId, toShownPresence({ ...row, showsLastSeen: row.showsLastSeen && row.isSeenMutual })]
    }),
  )
}

/** Counts the present members of rooms, without those who hide their presence. Rooms without any are missing. */
export async function readOnlineCounts(sql: Sql, roomIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ room_id: string; count: number }>(Prisma.sql`
    -- readOnlineCounts: members_pkey and user_presences, as many rows as the rooms have members or as users are present,
    -- and users_pkey for each
    select members.room_id, count(distinct members.user_id)::integer as count
    from members
    join user_presences on user_presences.user_id = members.user_id
    join users on users.id = members.user_id and users.shows_presence
    join server_leases on server_leases.id = user_presences.server_id and server_leases.expires_at > now()
    where members.room_id = any(${roomIds}::uuid[])
    group by members.room_id`)
  return new Map(rows.map((row) => [row.room_id, row.count]))
}

/** A change of a user's presence at one server. */
export interface PresenceChange {
  readonly userId: string
  /** The greater of the old and the new rank: 2 for active, 1 for idle. */
  readonly rank: number
}

/** Bounds of the topics that receive a presence change of a user. */
export interface AudienceBounds {
  readonly roomsToldMax: number
  readonly roomMembersToldMax: number
  readonly friendsToldMax: number
}

/**
 * Reads the topics that receive changes: rooms and friends of the users.
 *
 * Rooms receive presence only when the user takes part and lets their members see it: see `consents`. Nobody receives that
 * of users who hide it, except that they have begun to.
 *
 * @param serverId the server where it changed; null for none that still has rows. A user who is at least as present at
 * another server has not changed.
 */
export async function readAudience(
  sql: Sql,
  changes: readonly PresenceChange[],
  {
    serverId,
    about = 'presence',
    roomsToldMax,
    roomMembersToldMax,
    friendsToldMax,
  }: AudienceBounds & { serverId: string | null; about?: 'presence' | 'privacy' | 'profile' },
): Promise<{ userId: string; topicId: string }[]> {
  return sql<{ userId: string; topicId: string }>(Prisma.sql`
    -- readAudience: users_pkey and user_presences_pkey; members_user_id_idx and the indexes of friendships, bounded rows a user
    with changed as (
      select change.user_id
      from unnest(
        ${changes.map(({ userId }) => userId)}::uuid[],
        ${changes.map(({ rank }) => rank)}::integer[]
      ) as change (user_id, rank)
      join users on users.id = change.user_id
      where (users.shows_presence or ${about !== 'presence'}) and not exists (
        select from user_presences
        join server_leases on server_leases.id = user_presences.server_id and server_leases.expires_at > now()
        where user_presences.user_id = change.user_id and user_presences.server_id is distinct from ${serverId}::uuid
          and (case when is_idle or is_away then 1 else 2 end) >= change.rank
      )
    )
    select changed.user_id as "userId", room.room_id as "topicId"
    from changed
    cross join lateral (
      select members.room_id
      from members
      join rooms on rooms.id = members.room_id
      join users on users.id = members.user_id
      where members.user_id = changed.user_id and rooms.deleted_at is null
        and (${about === 'profile'} or (members.takes_part and users.direct_message_policy <> 'FRIENDS'))
        and rooms.member_count <= ${roomMembersToldMax}
      limit ${roomsToldMax}
    ) as room
    union all
    select changed.user_id, friend.user_id
    from changed
    cross join lateral (
      select high_id as user_id from friendships where low_id = changed.user_id and status = 'ACCEPTED'
      union all
      select low_id from friendships where high_id = changed.user_id and status = 'ACCEPTED'
      limit ${friendsToldMax}
    ) as friend`)
}

/**
 * Sets, for all servers, whether a user wants to appear away.
 *
 * @returns whether anything changed.
 */
export async function writeAway(sql: Sql, { userId, isAway }: { userId: string; isAway: boolean }): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- writeAway: user_presences_pkey
    update user_presences
    set is_away = ${isAway}
    where user_id = ${userId}::uuid and is_away <> ${isAway}
    returning server_id`)
  return rows.length > 0
}
