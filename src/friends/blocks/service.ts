// Blocks between users. A block hides the two from each other; only the blocker is notified of it.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import { consents, readConsent } from '../../access/consent.ts'
import type { ServiceContext } from '../../access/context.ts'
import { friendLimits } from '../../config/friends.ts'
import type { Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError, badInput, notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import { type Keyset, parseKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { endFriendship, type FriendsQuery } from '../service.ts'
import { lockDirectRoom, readBlocked, readRelation } from './queries.ts'

const blockInput = z.object({ userId: z.uuid() })

/** The user to block or to unblock. */
export type BlockInput = z.input<typeof blockInput>

/**
 * Blocks a user, which ends a friendship and requests between the two. Blocking again changes nothing.
 *
 * Once it has returned, no message enters the direct room of the two: sends in flight are committed before it, or refused.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND for a missing or deleted user, CONFLICT past `blocksMax`.
 */
export async function blockUser(context: ServiceContext, input: BlockInput): Promise<BlockInput> {
  const { viewerId, userId } = parseOther(context, input)
  await context.feed.write([viewerId, userId], async (write) => {
    const sql = sqlOfPrisma(write.tx)
    const { isUser, blocks } = await readRelation(sql, { viewerId, userId })
    if (blocks) return
    if (!isUser) throw notFound('user')
    const count = await write.tx.block.count({ where: { blockerId: viewerId } })
    if (count >= friendLimits.blocksMax) {
      throw new AppError('CONFLICT', `You have blocked ${friendLimits.blocksMax} users, which is the maximum.`)
    }
    await endFriendship(write, { viewerId, userId })
    await lockDirectRoom(sql, { viewerId, userId })
    await endInvitationsBetween(write, [viewerId, userId])
    await write.tx.block.create({ data: { blockerId: viewerId, blockedId: userId } })
    write.append({ topicId: viewerId, kind: 'BLOCKS_CHANGED', actorId: viewerId, subject: userId })
  })
  return { userId }
}

/** Ends the room invitations between two locked users. */
async function endInvitationsBetween({ tx, append }: Write, userIds: [string, string]): Promise<void> {
  const ended = await tx.roomInvitation.updateManyAndReturn({
    where: { userId: { in: userIds }, invitedById: { in: userIds }, endedAt: null },
    data: { endedAt: new Date() },
    select: { id: true, userId: true },
  })
  for (const { id, userId } of ended) {
    append({ topicId: userId, kind: 'ROOM_INVITATION_ENDED', actorId: null, subject: id })
  }
}

/**
 * Unblocks a user. Does nothing when there is no block.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND for a missing user.
 */
export async function unblockUser(context: ServiceContext, input: BlockInput): Promise<BlockInput> {
  const { viewerId, userId } = parseOther(context, input)
  await context.feed.write([viewerId], async ({ tx, append }) => {
    const { count } = await tx.block.deleteMany({ where: { blockerId: viewerId, blockedId: userId } })
    if (count > 0) append({ topicId: viewerId, kind: 'BLOCKS_CHANGED', actorId: viewerId, subject: userId })
    else if (!(await tx.user.findUnique({ where: { id: userId, deletedAt: null } }))) throw notFound('user')
  })
  return { userId }
}

/**
 * Lists the users that the viewer has blocked, the last blocked first.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT for a cursor of another list.
 */
export async function listBlocked(context: ServiceContext, { take, keyset }: FriendsQuery): Promise<Keyset[]> {
  const { userId } = assertSignedIn(context)
  return readBlocked(context.sql, { userId, take, after: parseKeyset(keyset) })
}

/**
 * Checks that the viewer may start a direct room with a user. Both are locked.
 *
 * Without a block, the user's `directMessagePolicy` decides.
 *
 * @throws AppError BLOCKED for a user that the viewer has blocked; NOT_FOUND for a user who does not exist, is deleted or
 * has blocked the viewer; FORBIDDEN by the policy.
 */
export async function assertReachable(
  tx: Transaction,
  { viewerId, userId }: { viewerId: string; userId: string },
): Promise<void> {
  const sql = sqlOfPrisma(tx)
  const { blocks } = await readRelation(sql, { viewerId, userId })
  const facts = await readConsent(sql, { otherId: viewerId, userId })
  if (!facts || (facts.hasBlock && !blocks)) throw notFound('user')
  if (blocks) throw new AppError('BLOCKED', 'You have blocked this user. Unblock them first.')
  if (consents('write', facts)) return
  const whose = facts.policy === 'FRIENDS' ? 'their friends' : 'their friends and from users who share a room with them'
  throw new AppError('FORBIDDEN', `This user accepts direct messages only from ${whose}.`)
}

function parseOther(context: ServiceContext, input: BlockInput): { viewerId: string; userId: string } {
  const { userId: viewerId } = assertSignedIn(context)
  const { userId } = parseInput(blockInput, input)
  if (userId === viewerId) throw badInput('userId', 'is yourself')
  return { viewerId, userId }
}
