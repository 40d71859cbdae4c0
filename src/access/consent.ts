// Decides who may approach whom: the one rule of direct rooms, addMembers, mentions, presence and receipts.

import type { Sql } from '../database/sql.ts'
import { type DirectMessagePolicy, Prisma } from '../generated/prisma/client.ts'
import { hasBlockBetween } from './facts.ts'

/**
 * The ways to approach another user.
 *
 * `write` to them in a direct room, `add` them to a room, `mention` them in a room in which they do not take part, or `look`
 * at their presence and receipts.
 */
export type Approach = 'write' | 'add' | 'mention' | 'look'

/** The facts that decide about an approach. */
export interface ConsentFacts {
  /** The user's setting. */
  readonly policy: DirectMessagePolicy
  readonly areFriends: boolean
  /** True if the user takes part in a GROUP room of the other. */
  readonly sharesGroup: boolean
  /** True if the user takes part in the direct room of the two. */
  readonly sharesDirect: boolean
  /** True if one of the two has blocked the other. */
  readonly hasBlock: boolean
}

/**
 * Tells whether a user consents to be approached.
 *
 * A block forbids everything, and a friend may do everything. For all others the user's `directMessagePolicy` decides:
 * FRIENDS allows nobody, SHARED_ROOMS those who share a room with them, EVERYONE all. Strangers may never `look`. A room
 * that somebody else added the user to counts once they have written or read there.
 */
export function consents(approach: Approach, facts: ConsentFacts): boolean {
  if (facts.hasBlock) return false
  if (facts.areFriends) return true
  if (facts.policy === 'FRIENDS') return false
  const isLook = approach === 'look'
  const isKnown = facts.sharesGroup || (isLook && facts.sharesDirect)
  return isKnown || (facts.policy === 'EVERYONE' && !isLook)
}

/**
 * The columns of `ConsentFacts`, for rows of `users`.
 *
 * `other` is the user who approaches them. Reads by primary keys, and one row for each room of the other user.
 */
export const consentColumns = (other: Prisma.Sql) => Prisma.sql`
  users.direct_message_policy as policy,
  exists (
    select from friendships
    where low_id = least(users.id, ${other}) and high_id = greatest(users.id, ${other}) and status = 'ACCEPTED'
  ) as "areFriends",
  exists (
    select from members as other_members
    join members as user_members
      on user_members.room_id = other_members.room_id and user_members.user_id = users.id and user_members.takes_part
    join rooms on rooms.id = other_members.room_id and rooms.kind = 'GROUP' and rooms.deleted_at is null
    where other_members.user_id = ${other}
  ) as "sharesGroup",
  exists (
    select from rooms
    join members as user_members
      on user_members.room_id = rooms.id and user_members.user_id = users.id and user_members.takes_part
    where direct_low_id = least(users.id, ${other}) and direct_high_id = greatest(users.id, ${other})
  ) as "sharesDirect",
  ${hasBlockBetween(Prisma.sql`users.id`, other)} as "hasBlock"`

/** Reads the consent facts of two locked users. Null when the user does not exist or is deleted. */
export async function readConsent(
  sql: Sql,
  { otherId, userId }: { otherId: string; userId: string },
): Promise<ConsentFacts | null> {
  const [row] = await sql<ConsentFacts>(Prisma.sql`
    -- readConsent: users_pkey, friendships_pkey, blocks_pkey, members_user_id_idx and members_pkey; asks five tables
    select ${consentColumns(Prisma.sql`${otherId}::uuid`)}
    from users
    where users.id = ${userId}::uuid and users.deleted_at is null`)
  return row ?? null
}
