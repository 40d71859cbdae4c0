import type { ServiceContext } from '../access/context.ts'
import type { Place } from '../access/place.ts'
import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { ListQuery } from './queries.ts'

/** How a viewer and a user stand to each other. */
export interface Standing {
  /** Whether there is such a user, and the account is not deleted. */
  readonly isUser: boolean
  /** Whether the viewer has blocked the user. */
  readonly blocks: boolean
  /** Whether the user has blocked the viewer. */
  readonly isBlocked: boolean
}

/** Reads how a viewer and a user stand to each other. */
export async function readStanding(
  sql: Sql,
  { viewerId, userId }: { viewerId: string; userId: string },
): Promise<Standing> {
  const [row] = await sql<Standing>(Prisma.sql`
    -- readStanding: users_pkey and blocks_pkey
    select
      exists (select from users where id = ${userId}::uuid and deleted_at is null) as "isUser",
      exists (select from blocks where blocker_id = ${viewerId}::uuid and blocked_id = ${userId}::uuid) as blocks,
      exists (select from blocks where blocker_id = ${userId}::uuid and blocked_id = ${viewerId}::uuid) as "isBlocked"`)
  return row ?? { isUser: false, blocks: false, isBlocked: false }
}

/** Loads whether one user has blocked another. The keys are `blocker blocked`, the answers in their order. */
export async function blocksByKeys(
  { sql }: Pick<ServiceContext, 'sql'>,
  keys: readonly string[],
): Promise<readonly boolean[]> {
  const pairs = keys.map((key) => key.split(' '))
  const rows = await sql<{ key: string }>(Prisma.sql`
    -- blocksByKeys: blocks_pkey, one row a key
    select blocks.blocker_id || ' ' || blocks.blocked_id as key
    from unnest(
      ${pairs.map(([blockerId]) => blockerId)}::uuid[],
      ${pairs.map(([, blockedId]) => blockedId)}::uuid[]
    ) as wanted (blocker_id, blocked_id)
    join blocks on blocks.blocker_id = wanted.blocker_id and blocks.blocked_id = wanted.blocked_id`)
  const found = new Set(rows.map((row) => row.key))
  return keys.map((key) => found.has(key))
}

/** Reads whom a user has blocked, the last blocked first. */
export function readBlocked(sql: Sql, { userId, take, after }: ListQuery): Promise<Place[]> {
  const before = after
    ? Prisma.sql`and (created_at, blocked_id) < (${after.at}::timestamptz, ${after.id}::uuid)`
    : Prisma.empty
  return sql<Place>(Prisma.sql`
    -- readBlocked: blocks_blocker_id_created_at_blocked_id_idx, take rows
    select created_at as at, blocked_id as id
    from blocks
    where blocker_id = ${userId}::uuid ${before}
    order by created_at desc, blocked_id desc
    limit ${take}`)
}
