import type { Privacy, ServiceContext } from '../../access/context.ts'
import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { beyond, type Keyset } from '../../input/keyset.ts'
import { type ListQuery, pairOf } from '../queries.ts'

/** Blocks between a viewer and a user. */
export interface Relation {
  /** True if there is such a user, and the account is not deleted. */
  readonly isUser: boolean
  /** True if the viewer has blocked the user. */
  readonly blocks: boolean
  /** True if the user has blocked the viewer. */
  readonly isBlocked: boolean
}

/** Reads the blocks between a viewer and a user. */
export async function readRelation(
  sql: Sql,
  { viewerId, userId }: { viewerId: string; userId: string },
): Promise<Relation> {
  const [row] = await sql<Relation>(Prisma.sql`
    -- readRelation: users_pkey and blocks_pkey
    select
      exists (select from users where id = ${userId}::uuid and deleted_at is null) as "isUser",
      exists (select from blocks where blocker_id = ${viewerId}::uuid and blocked_id = ${userId}::uuid) as blocks,
      exists (select from blocks where blocker_id = ${userId}::uuid and blocked_id = ${viewerId}::uuid) as "isBlocked"`)
  return row ?? { isUser: false, blocks: false, isBlocked: false }
}

/**
 * Locks the topic of the direct room of two locked users, if they have one.
 *
 * Under their locks nobody can create the room. It is younger than both users, and so the last of the three in the order
 * of ids. Where the clocks of servers differ it may not be: a write that hits a deadlock then is tried again.
 */
export async function lockDirectRoom(
  sql: Sql,
  { viewerId, userId }: { viewerId: string; userId: string },
): Promise<void> {
  const { lowId, highId } = pairOf(viewerId, userId)
  await sql(Prisma.sql`
    -- lockDirectRoom: rooms_direct_low_id_direct_high_id_key and topics_pkey, one row
    select
    from topics
    where id = (select id from rooms where direct_low_id = ${lowId}::uuid and direct_high_id = ${highId}::uuid)
    for no key update`)
}

/** Loads whether one user has blocked another. Keys are `blocker blocked`; results are in their order. */
export async function blocksByKeys(
  { sql }: Pick<ServiceContext, 'sql'>,
  keys: readonly string[],
): Promise<readonly boolean[]> {
  const pairs = keys.map((key) => key.split(' '))
  const rows = await sql<{ key: string }>(Prisma.sql`
    -- blocksByKeys: blocks_pkey, one row per key
    select blocks.blocker_id || ' ' || blocks.blocked_id as key
    from unnest(
      ${pairs.map(([blockerId]) => blockerId)}::uuid[],
      ${pairs.map(([, blockedId]) => blockedId)}::uuid[]
    ) as wanted (blocker_id, blocked_id)
    join blocks on blocks.blocker_id = wanted.blocker_id and blocks.blocked_id = wanted.blocked_id`)
  const found = new Set(rows.map((row) => row.key))
  return keys.map((key) => found.has(key))
}

/**
 * Loads whether users are hidden from viewers.
 *
 * A user is hidden when they have blocked the viewer and the two share no room.
 *
 * @param keys `viewer user`; results are in their order.
 */
export async function hiddenByKeys(
  { sql }: Pick<ServiceContext, 'sql'>,
  keys: readonly string[],
): Promise<readonly boolean[]> {
  const pairs = keys.map((key) => key.split(' '))
  const rows = await sql<{ key: string }>(Prisma.sql`
    -- hiddenByKeys: blocks_pkey, and for those who have blocked members_user_id_idx, members_pkey and rooms_pkey
    select wanted.viewer_id || ' ' || wanted.user_id as key
    from unnest(
      ${pairs.map(([viewerId]) => viewerId)}::uuid[],
      ${pairs.map(([, userId]) => userId)}::uuid[]
    ) as wanted (viewer_id, user_id)
    join blocks on blocks.blocker_id = wanted.user_id and blocks.blocked_id = wanted.viewer_id
    where not exists (
      select from members as viewer_members
      join members as user_members
        on user_members.room_id = viewer_members.room_id and user_members.user_id = wanted.user_id
      join rooms on rooms.id = viewer_members.room_id and rooms.deleted_at is null
      where viewer_members.user_id = wanted.viewer_id
    )`)
  const found = new Set(rows.map((row) => row.key))
  return keys.map((key) => found.has(key))
}

/** Reads the users that a user has blocked, the last blocked first. */
export function readBlocked(sql: Sql, { userId, take, after }: ListQuery): Promise<Keyset[]> {
  return sql<Keyset>(Prisma.sql`
    -- readBlocked: blocks_blocker_id_created_at_blocked_id_idx, take rows
    select created_at as at, blocked_id as id
    from blocks
    where blocker_id = ${userId}::uuid ${beyond(Prisma.sql`(created_at, blocked_id) <`, after)}
    order by created_at desc, blocked_id desc
    limit ${take}`)
}

/** A block by or of a user, or what a user hides. */
export type ViewRow =
  | { readonly blockerId: string; readonly blockedId: string }
  | { readonly blockerId: string; readonly blockedId: null; readonly hides: readonly Privacy[] }

/**
 * Reads all blocks by or of users, and what the users hide of themselves.
 *
 * In any order. The last-seen time would tell of the presence, and is hidden with it.
 */
export function readViews(sql: Sql, userIds: readonly string[]): Promise<ViewRow[]> {
  return sql(Prisma.sql`
    -- readViews: blocks_pkey, blocks_blocked_id_idx and users_pkey
    select blocker_id as "blockerId", blocked_id as "blockedId", null::text[] as hides
    from blocks
    where blocker_id = any(${userIds}::uuid[])
    union
    select blocker_id, blocked_id, null
    from blocks
    where blocked_id = any(${userIds}::uuid[])
    union all
    select id, null, array_remove(array[
      case when not shows_receipts then 'receipts' end,
      case when not shows_presence then 'presence' end,
      case when not (shows_presence and shows_last_seen) then 'lastSeen' end
    ], null)
    from users
    where id = any(${userIds}::uuid[]) and not (shows_receipts and shows_presence and shows_last_seen)`)
}
