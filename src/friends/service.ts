// Rules of friendship. Every change locks the topics of both users, so that what two ask at once is judged in turn.

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

/** The user whom a change of friendship is about. */
export type FriendInput = z.input<typeof friendInput>

/** What a change of friendship is judged on, under the locks of both users. */
interface Change {
  readonly write: Write
  readonly viewerId: string
  readonly userId: string
  readonly pair: Pair
  /** What there is between the two; null when nothing. */
  readonly friendship: Friendship | null
}

/**
 * Asks a user to be a friend. When they have asked too, the two are friends.
 *
 * Asking again changes nothing.
 *
 * @throws AppError BAD_USER_INPUT for oneself; NOT_FOUND for who does not exist, is deleted, or is blocked by or blocking
 * the viewer; CONFLICT past `requestsSentMax` or `friendsMax`; RATE_LIMITED.
 */
export async function sendFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  await context.rates.take(['friendRequestsOfUser', assertSignedIn(context).userId])
  return change(context, input, async (asked) => {
    const { write, viewerId, userId, pair, friendship } = asked
    const { isUser, blocks, isBlocked } = await readRelation(sqlOfPrisma(write.tx), { viewerId, userId })
    if (!isUser || blocks || isBlocked) throw notFound('user')
    if (friendship?.requesterId === viewerId || friendship?.status === 'ACCEPTED') return
    if (friendship) return accept(asked)
    const sent = await write.tx.friendship.count({ where: { requesterId: viewerId, status: 'PENDING' } })
    if (sent >= friendLimits.requestsSentMax) {
      const most = `${friendLimits.requestsSentMax} of your friend requests are unanswered, the most there can be.`
      throw new AppError('CONFLICT', `${most} Cancel some first.`)
    }
    await write.tx.friendship.create({ data: { ...pair, requesterId: viewerId } })
    write.append({ topicId: viewerId, kind: 'FRIEND_REQUEST_SENT', actorId: viewerId, subject: userId })
    write.append({ topicId: userId, kind: 'FRIEND_REQUEST_RECEIVED', actorId: viewerId, subject: viewerId })
  })
}

/**
 * Accepts the request of a user. Accepting it again changes nothing.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND where there is no such request, CONFLICT past `friendsMax`.
 */
export function acceptFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return change(context, input, async (asked) => {
    if (asked.friendship?.status === 'ACCEPTED') return
    if (asked.friendship?.requesterId !== asked.userId) throw notFound('friend request')
    await accept(asked)
  })
}

/**
 * Declines the request of a user, who may ask again.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND where there is no such request.
 */
export function declineFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return change(context, input, async (asked) => {
    const isThere = asked.friendship?.status === 'PENDING' && asked.friendship.requesterId === asked.userId
    if (!isThere) throw notFound('friend request')
    await endFriendship(asked.write, asked)
  })
}

/**
 * Takes back the viewer's own request.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND where there is no such request.
 */
export function cancelFriendRequest(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return change(context, input, async (asked) => {
    const isThere = asked.friendship?.status === 'PENDING' && asked.friendship.requesterId === asked.viewerId
    if (!isThere) throw notFound('friend request')
    await endFriendship(asked.write, asked)
  })
}

/**
 * Ends a friendship.
 *
 * @throws AppError BAD_USER_INPUT for oneself, NOT_FOUND for who is not a friend.
 */
export function removeFriend(context: ServiceContext, input: FriendInput): Promise<FriendInput> {
  return change(context, input, async (asked) => {
    if (asked.friendship?.status !== 'ACCEPTED') throw notFound('friend')
    await endFriendship(asked.write, asked)
  })
}

/**
 * Ends what there is between two users, friendship or request, and tells both. Nothing happens where there is nothing.
 *
 * The caller holds the locks of both.
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

/** A part of a list: `place` holds the keys of the entry to begin after. */
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

/** A friend request, and who else it is about. */
export interface FriendRequest {
  readonly friendship: Friendship
  readonly otherId: string
}

/**
 * Lists the unanswered requests to or of the viewer, the newest first.
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

/** Runs a change of what is between the viewer and another user. */
async function change(
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
    throw new AppError('CONFLICT', `One of you has ${friendLimits.friendsMax} friends, the most there can be.`)
  }
  await tx.friendship.update({
    where: { lowId_highId: pair },
    data: { status: 'ACCEPTED', acceptedAt: new Date() },
  })
  append({ topicId: viewerId, kind: 'FRIEND_REQUEST_ACCEPTED', actorId: viewerId, subject: userId })
  append({ topicId: userId, kind: 'FRIEND_REQUEST_ACCEPTED', actorId: viewerId, subject: viewerId })
}
