import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

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
 * Rooms receive presence only when the user takes part and lets their members see it: see `consents`. Users who
 * hide their presence are left out, except for the change by which they begin to hide it.
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
