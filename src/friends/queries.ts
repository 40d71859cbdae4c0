import type { ServiceContext } from '../access/context.ts'
import { inOrder } from '../concurrency/loader.ts'
import { columnsOf } from '../database/columns.ts'
import type { Sql } from '../database/sql.ts'
import { type Friendship, Prisma } from '../generated/prisma/client.ts'
import { beyond, type Keyset } from '../input/keyset.ts'

/** Two users, in the order of their ids. */
export interface Pair {
  readonly lowId: string
  readonly highId: string
}

/** Puts two users in the order in which their pair is stored. */
export function pairOf(a: string, b: string): Pair {
  return a < b ? { lowId: a, highId: b } : { lowId: b, highId: a }
}

const friendshipColumns = columnsOf('friendships', Prisma.FriendshipScalarFieldEnum)

/** Builds the key of two users for `friendshipsByPairs`. */
export const pairKey = (a: string, b: string) => `${a} ${b}`

/** Loads friendships by keys of `pairKey`, in their order. Null when there is none. */
export async function friendshipsByPairs(
  { sql }: Pick<ServiceContext, 'sql'>,
  keys: readonly string[],
): Promise<(Friendship | null)[]> {
  const pairs = keys.map((key) => {
    const [a = '', b = ''] = key.split(' ')
    return pairOf(a, b)
  })
  const rows = await sql<Friendship>(Prisma.sql`
    -- friendshipsByPairs: friendships_pkey, one row per key
    select ${friendshipColumns}
    from friendships
    where (low_id, high_id) in (
      select wanted.low_id, wanted.high_id
      from unnest(
        ${pairs.map((pair) => pair.lowId)}::uuid[],
        ${pairs.map((pair) => pair.highId)}::uuid[]
      ) as wanted (low_id, high_id)
    )`)
  const wanted = pairs.map(({ lowId, highId }) => pairKey(lowId, highId))
  return inOrder(wanted, rows, (row) => pairKey(row.lowId, row.highId))
}

/** A page of a user's list. */
export interface ListQuery {
  userId: string
  take: number
  /** The keyset to begin after. */
  after: Keyset | null
}

/** Reads the friends of a user, the newest friendship first. */
export function readFriends(sql: Sql, { userId, take, after }: ListQuery): Promise<Keyset[]> {
  const side = (own: Prisma.Sql, other: Prisma.Sql) => Prisma.sql`
    select accepted_at as at, ${other} as id
    from friendships
    where ${own} = ${userId}::uuid and status = 'ACCEPTED' ${beyond(Prisma.sql`(accepted_at, ${other}) <`, after)}
    order by accepted_at desc, ${other} desc
    limit ${take}`
  return sql<Keyset>(Prisma.sql`
    -- readFriends: friendships_low_id_accepted_at_idx and friendships_high_id_accepted_at_idx, take rows of each
    (${side(Prisma.sql`low_id`, Prisma.sql`high_id`)})
    union all
    (${side(Prisma.sql`high_id`, Prisma.sql`low_id`)})
    order by at desc, id desc
    limit ${take}`)
}

/** Reads the pending requests to a user, the newest first. */
export function readIncoming(sql: Sql, { userId, take, after }: ListQuery): Promise<Friendship[]> {
  const side = (own: Prisma.Sql, other: Prisma.Sql) => Prisma.sql`
    select ${friendshipColumns}
    from friendships
    where ${own} = ${userId}::uuid and status = 'PENDING' and requester_id = ${other}
      ${beyond(Prisma.sql`(requested_at, ${other}) <`, after)}
    order by requested_at desc, ${other} desc
    limit ${take}`
  return sql<Friendship>(Prisma.sql`
    -- readIncoming: friendships_low_id_incoming_idx and friendships_high_id_incoming_idx, take rows of each
    (${side(Prisma.sql`low_id`, Prisma.sql`high_id`)})
    union all
    (${side(Prisma.sql`high_id`, Prisma.sql`low_id`)})
    order by "requestedAt" desc, "requesterId" desc
    limit ${take}`)
}

/** Reads the pending requests by a user, the newest first. */
export function readOutgoing(sql: Sql, { userId, take, after }: ListQuery): Promise<Friendship[]> {
  const other = Prisma.sql`case requester_id when low_id then high_id else low_id end`
  return sql<Friendship>(Prisma.sql`
    -- readOutgoing: friendships_requester_id_idx, as many rows as the user has sent requests and still has
    select ${friendshipColumns}
    from friendships
    where requester_id = ${userId}::uuid and status = 'PENDING' ${beyond(Prisma.sql`(requested_at, ${other}) <`, after)}
    order by requested_at desc, ${other} desc
    limit ${take}`)
}

/** Counts the friends of each of two users, who are locked. */
export async function countFriends(sql: Sql, userIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; friends: number }>(Prisma.sql`
    -- countFriends: friendships_low_id_accepted_at_idx and friendships_high_id_accepted_at_idx, friendsMax rows per user
    select wanted.id, (
        (select count(*) from friendships where low_id = wanted.id and status = 'ACCEPTED')
        + (select count(*) from friendships where high_id = wanted.id and status = 'ACCEPTED')
      )::integer as friends
    from unnest(${userIds}::uuid[]) as wanted (id)`)
  return new Map(rows.map(({ id, friends }) => [id, friends]))
}
