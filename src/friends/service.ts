// Rules of friendship. Every change locks the topics of both users, so that concurrent changes run one after the other.

import { z } from 'zod'
import { assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { friendLimits } from '../config/friends.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError, badInput, notFound } from '../errors.ts'
import type { Write } from '../feed/write.ts'
import type { Friendship } from '../generated/prisma/client.ts'
import { type Keyset, parseKeyset } from '../input/keyset.ts'
import { parseInput } from '../input/parse.ts'
import { readRelation } from './blocks/queries.ts'
import { countFriends, type Pair, pairOf, readFriends, readIncoming, readOutgoing } from './queries.ts'

const friendInput = z.object({ userId: z.uuid() })

/** The other user of a friendship. */
export type FriendInput = z.input<typeof friendInput>

/** A change of friendship, with the facts read under the locks of both users. */
interface Change {
  readonly write: Write
  readonly viewerId: string
  readonly userId: string
  readonly pair: Pair
  /** The friendship or request of the two; null when there is none. */
  readonly friendship: Friendship | null
}

/**
 * Sends a friend request. When there is one from the user already, the two become friends.
 *
 * Sending it again changes nothing.
 *
 * @throws AppError BAD_USER_INPUT for oneself; NOT_FOUND for a user who does not exist, is deleted, or is blocked by or
 * blocking the viewer; CONFLICT past `requestsSentMax` or `friendsMax`; RATE_LIMITED.
 */
export async function sendFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  await context.rates.take(['friendRequestsOfUser', assertSignedIn(context).userId])
  return runChange(context, input, async (change) => {
    const { write, viewerId, userId, pair, friendship } = change
    const { isUser, blocks, isBlocked } = await readRelation(sqlOfPrisma(write.tx), { viewerId, userId })
    if (!isUser || blocks || isBlocked) throw notFound('user')
    if (friendship?.requesterId === viewerId || friendship?.status === 'ACCEPTED') return
    if (friendship) return accept(change)
    const sent = await write.tx.friendship.count({ where: { requesterId: viewerId, status: 'PENDING' } })
    if (sent >= friendLimits.requestsSentMax) {
      const reason = `${friendLimits.requestsSentMax} of your friend requests are unanswered, which is the maximum.`
      throw new AppError('CONFLICT', `${reason} Cancel some first.`)
    }
    await write.tx.friendship.create({ data: { ...pair, requesterId: viewerId } })
    write.append({ topicId: viewerId, kind: 'FRIEND_REQUEST_SENT', actorId: viewerId, subject: userId })
    write.append({ topicId: userId, kind: 'FRIEND_REQUEST_RECEIVED', actorId: viewerId, subject: viewerId })
  })
}

/**
 * Accepts the friend request of a user. Accepting it again changes nothing.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND when there is no such request, CONFLICT past `friendsMax`.
 */
export function acceptFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return runChange(context, input, async (change) => {
    if (change.friendship?.status === 'ACCEPTED') return
    if (change.friendship?.requesterId !== change.userId) throw notFound('friend request')
    await accept(change)
  })
}

/**
 * Declines the friend request of a user, who may send another.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND when there is no such request.
 */
export function declineFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return runChange(context, input, async (change) => {
    const isPending = change.friendship?.status === 'PENDING' && change.friendship.requesterId === change.userId
    if (!isPending) throw notFound('friend request')
    await endFriendship(change.write, change)
  })
}

/**
 * Cancels the viewer's friend request.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND when there is no such request.
 */
export function cancelFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return runChange(context, input, async (change) => {
    const isPending = change.friendship?.status === 'PENDING' && change.friendship.requesterId === change.viewerId
    if (!isPending) throw notFound('friend request')
    await endFriendship(change.write, change)
  })
}

/**
 * Ends a friendship.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND when the user is not a friend.
 */
export function removeFriend(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return runChange(context, input, async (change) => {
    if (change.friendship?.status !== 'ACCEPTED') throw notFound('friend')
    await endFriendship(change.write, change)
  })
}

/**
 * Ends a friendship or request and notifies both users. Does nothing when there is none.
 *
 * The caller holds the locks of both users.
 */
export async function endFriendship(
  { tx, append }: Write,
  { viewerId, userId }: { viewerId: string; userId: string },
): Promise<void> {
  const { count } = await tx.friendship.deleteMany({ where: pairOf(viewerId, userId) })
  if (count === 0) return
  append({ topicId: viewerId, kind: 'FRIEND_REMOVED', actorId: viewerId, subject: userId })
  append({ topicId: userId, kind: 'FRIEND_REMOVED', actorId: viewerId, subject: viewerId })
}

/** A page of a list. `keyset` holds the sort key to begin after. */
export interface FriendsQuery {
  take: number
  keyset: readonly string[] | null
}

/**
 * Lists the friends of the viewer, the newest first.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT for a cursor of another list.
 */
export async function listFriends(context: ServiceContext, { take, keyset }: FriendsQuery): Promise<Keyset[]> {
  const { userId } = assertSignedIn(context)
  return readFriends(context.sql, { userId, take, after: parseKeyset(keyset) })
}

/** A friend request, and the id of the other user. */
export interface FriendRequest {
  readonly friendship: Friendship
  readonly otherId: string
}

/**
 * Lists the unanswered requests to or by the viewer, the newest first.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT for a cursor of another list.
 */
export async function listFriendRequests(
  context: ServiceContext,
  { direction, take, keyset }: FriendsQuery & { direction: 'INCOMING' | 'OUTGOING' },
): Promise<FriendRequest[]> {
  const { userId } = assertSignedIn(context)
  const read = direction === 'INCOMING' ? readIncoming : readOutgoing
  const friendships = await read(context.sql, { userId, take, after: parseKeyset(keyset) })
  return friendships.map((friendship) => {
    const { lowId, highId } = friendship
    return { friendship, otherId: lowId === userId ? highId : lowId }
  })
}

/** Runs a change of the friendship between the viewer and another user, under the locks of both. */
async function runChange(
  context: ServiceContext,
  input: FriendInput,
  work: (change: Change) => Promise<void>,
): Promise<FriendInput> {
  const { userId: viewerId } = assertSignedIn(context)
  const { userId } = parseInput(friendInput, input)
  if (userId === viewerId) throw badInput('userId', 'is yourself')
  const pair = pairOf(viewerId, userId)
  await context.feed.write([viewerId, userId], async (write) => {
    const friendship = await write.tx.friendship.findUnique({ where: { lowId_highId: pair } })
    await work({ write, viewerId, userId, pair, friendship })
  })
  return { userId }
}

async function accept({ write: { tx, append }, viewerId, userId, pair }: Change): Promise<void> {
  const friends = await countFriends(sqlOfPrisma(tx), [viewerId, userId])
  for (const count of friends.values()) {
    if (count < friendLimits.friendsMax) continue
    throw new AppError('CONFLICT', `One of you has ${friendLimits.friendsMax} friends, which is the maximum.`)
  }
  await tx.friendship.update({
    where: { lowId_highId: pair },
    data: { status: 'ACCEPTED', acceptedAt: new Date() },
  })
  append({ topicId: viewerId, kind: 'FRIEND_REQUEST_ACCEPTED', actorId: viewerId, subject: userId })
  append({ topicId: userId, kind: 'FRIEND_REQUEST_ACCEPTED', actorId: viewerId, subject: viewerId })
}
