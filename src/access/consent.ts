// Who may approach whom: the one rule that direct rooms, addMembers, mentions, presence and receipts ask.

import type { Sql } from '../database/sql.ts'
import { type DirectMessagePolicy, Prisma } from '../generated/prisma/client.ts'
import { hasBlockBetween } from './facts.ts'

/**
 * What somebody wants of another.
 *
 * `write` to them in a direct room, `add` them to a room, `mention` them in a room in which they do not take part, or `look`
 * at whether they are here and what has reached them.
 */
export type Approach = 'write' | 'add' | 'mention' | 'look'

/** What a decision about somebody who approaches a user rests on. */
export interface ConsentFacts {
  /** The user's choice. */
  readonly policy: DirectMessagePolicy
  readonly areFriends: boolean
  /** Whether the user takes part in a GROUP room of the other. */
  readonly sharesGroup: boolean
  /** Whether the user takes part in the direct room of the two. */
  readonly sharesDirect: boolean
  /** Whether one of the two has blocked the other. */
  readonly hasBlock: boolean
}

/**
 * Whether a user consents to be approached.
 *
 * A block forbids everything, and a friend may everything. Of all others the user's `directMessagePolicy` decides: FRIENDS
 * lets none, SHARED_ROOMS those who share a room with them, EVERYONE all. Strangers do not look, whatever it is. A room that
 * the user was put into counts once they have written or read there.
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
 * The columns of `ConsentFacts` about `users`, whom another approaches.
 *
 * By primary keys, and as many rows as the other has rooms.
 */
export const consentColumns = (other: Prisma.Sql) => Prisma.sql`
  users.direct_message_policy as policy,
  exists (
    select from friendships
    where low_id = least(users.id, ${other}) and high_id = greatest(users.id, ${other}) and status = 'ACCEPTED'
  ) as "areFriends",
  exists (
    select from members as own
    join members as theirs on theirs.room_id = own.room_id and theirs.user_id = users.id and theirs.takes_part
    join rooms on rooms.id = own.room_id and rooms.kind = 'GROUP' and rooms.deleted_at is null
    where own.user_id = ${other}
  ) as "sharesGroup",
  exists (
    select from rooms
    join members as theirs on theirs.room_id = rooms.id and theirs.user_id = users.id and theirs.takes_part
    where direct_low_id = least(users.id, ${other}) and direct_high_id = greatest(users.id, ${other})
  ) as "sharesDirect",
  ${hasBlockBetween(Prisma.sql`users.id`, other)} as "hasBlock"`

/** Reads what a user lets another do. Both are locked; null for who does not exist or is deleted. */
export async function readConsent(
  sql: Sql,
  { otherId, userId }: { otherId: string; userId: string },
): Promise<ConsentFacts | null> {
  const [row] = await sql<ConsentFacts>(Prisma.sql`
    -- readConsent: users_pkey, friendships_pkey, blocks_pkey, members_user_id_idx and members_pkey
    select ${consentColumns(Prisma.sql`${otherId}::uuid`)}
    from users
    where users.id = ${userId}::uuid and users.deleted_at is null`)
  return row ?? null
}
