// Invitations into rooms, for users who may not be added directly: see access/consent.ts. They accept or decline.
// Every change of an invitation locks the topic of the invited user.

import { z } from 'zod'
import { assertCan, assertCanFind, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { inOrder } from '../../concurrency/loader.ts'
import { invitationLimits } from '../../config/membership.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { newUuidIn } from '../../database/uuid.ts'
import { AppError, badInput, notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import type { RoomInvitation } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { countInvitations, type Ending, endWaiting, insertRefusal, readInvitations, readWaiting } from './queries.ts'

/** The users to invite, and by whom. */
export interface Inviting {
  readonly roomId: string
  readonly invitedById: string
  readonly userIds: readonly string[]
}

/**
 * Invites users whose consent was checked. Pending invitations are kept.
 *
 * The topics of the users and of the inviter are locked.
 *
 * @returns an invitation for each user, in their order.
 * @throws AppError RATE_LIMITED, CONFLICT when the room or a user has too many pending invitations.
 */
export async function inviteUsers({ tx, append }: Write, inviting: Inviting): Promise<RoomInvitation[]> {
  const { roomId, invitedById, userIds } = inviting
  if (userIds.length === 0) return []
  const sql = sqlOfPrisma(tx)
  const waiting = await readWaiting(sql, await idsOfWaiting(tx, inviting))
  const known = new Set(waiting.map(({ userId }) => userId))
  const freshIds = userIds.filter((userId) => !known.has(userId))
  // ends stale ones, for example of an inviter who has left, so that a new one can be made
  for (const { id, userId } of await endWaiting(sql, { roomId, userIds: freshIds })) {
    append({ topicId: userId, kind: 'ROOM_INVITATION_ENDED', actorId: invitedById, subject: id })
  }
  assertRoomForMore(await countInvitations(sql, { roomId, invitedById, userIds: freshIds }), freshIds.length)
  const data = freshIds.map((userId) => ({ id: newUuidIn(roomId), roomId, userId, invitedById }))
  const made = await tx.roomInvitation.createManyAndReturn({ data })
  for (const { id, userId } of made) {
    append({ topicId: userId, kind: 'ROOM_INVITATION_RECEIVED', actorId: invitedById, subject: id })
  }
  return inOrder(userIds, [...waiting, ...made], ({ userId }) => userId).filter((invitation) => invitation !== null)
}

async function idsOfWaiting(tx: Write['tx'], { roomId, userIds }: Inviting): Promise<string[]> {
  const where = { roomId, userId: { in: [...userIds] }, endedAt: null }
  return (await tx.roomInvitation.findMany({ where, select: { id: true } })).map(({ id }) => id)
}

function assertRoomForMore(
  { ofRoom, made, fullUserIds }: { ofRoom: number; made: number; fullUserIds: readonly string[] },
  count: number,
): void {
  const { madeMax, waitingPerRoomMax, windowMs } = invitationLimits
  if (made + count > madeMax) {
    const most = `You can invite ${madeMax} people in ${windowMs / 60_000} minutes. No user was added or invited.`
    throw new AppError('RATE_LIMITED', most, { retryAfterMs: windowMs })
  }
  if (ofRoom + count > waitingPerRoomMax) {
    throw new AppError('CONFLICT', `A room has at most ${waitingPerRoomMax} pending invitations: withdraw one first.`)
  }
  if (fullUserIds.length > 0) {
    throw new AppError('CONFLICT', 'One of the users has too many pending invitations. No user was added or invited.')
  }
}

/** Ends pending invitations and notifies the invited users. Their topics are locked. */
export async function endInvitations(
  { tx, append }: Pick<Write, 'tx' | 'append'>,
  { actorId, ...ending }: Ending & { actorId: string },
): Promise<void> {
  if (ending.userIds.length === 0) return
  for (const { id, userId } of await endWaiting(sqlOfPrisma(tx), ending)) {
    append({ topicId: userId, kind: 'ROOM_INVITATION_ENDED', actorId, subject: id })
  }
}

const invitationInput = z.object({ invitationId: z.uuid() })

/** Names an invitation. */
export type InvitationInput = z.input<typeof invitationInput>

/**
 * Finds a pending invitation of the viewer.
 *
 * @throws AppError UNAUTHENTICATED, NOT_FOUND
 */
export async function findOwnInvitation(context: ServiceContext, input: InvitationInput): Promise<RoomInvitation> {
  const { userId } = assertSignedIn(context)
  const { invitationId } = parseInput(invitationInput, input)
  const [found] = await readWaiting(context.sql, [invitationId])
  if (found?.userId !== userId) throw notFound('invitation')
  return found
}

/**
 * Declines an invitation.
 *
 * The inviter can neither add nor invite the viewer to this room again.
 *
 * @returns the invitation, now ended.
 * @throws AppError UNAUTHENTICATED, NOT_FOUND, also for an ended invitation.
 */
export async function declineInvitation(context: ServiceContext, input: InvitationInput): Promise<RoomInvitation> {
  const { id, roomId, userId } = await findOwnInvitation(context, input)
  return context.feed.write([userId], async (write) => {
    const sql = sqlOfPrisma(write.tx)
    const [invitation] = await readWaiting(sql, [id])
    if (!invitation) throw notFound('invitation')
    await insertRefusal(sql, { roomId, userId, refusedId: invitation.invitedById, declined: true })
    await endInvitations(write, { roomId, userIds: [userId], actorId: userId })
    return invitation
  })
}

/**
 * Withdraws an invitation.
 *
 * @returns the invitation, now ended.
 * @throws AppError UNAUTHENTICATED; NOT_FOUND, also unless the viewer is an admin or the owner of the room.
 */
export async function withdrawInvitation(context: ServiceContext, input: InvitationInput): Promise<RoomInvitation> {
  const { userId: actorId } = assertSignedIn(context)
  const { invitationId: id } = parseInput(invitationInput, input)
  const [found] = await readWaiting(context.sql, [id])
  // a missing invitation takes as long as one that the viewer may not see: no room has its id
  const [roomId, userId] = found ? [found.roomId, found.userId] : [id, id]
  return context.feed.write([roomId, userId], async (write) => {
    await assertCanFind(context, { roomId, action: 'seeInvites', tx: write.tx, what: 'invitation' })
    const [invitation] = await readWaiting(sqlOfPrisma(write.tx), [id])
    if (!invitation) throw notFound('invitation')
    await endInvitations(write, { roomId, userIds: [userId], actorId })
    return invitation
  })
}

/** A page of a list: `keyset` holds the id of the invitation after which it begins. */
interface PageQuery {
  readonly take: number
  readonly keyset: readonly string[] | null
}

/**
 * Lists the pending invitations of the viewer, newest first.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT for a cursor of another list.
 */
export function listOwnInvitations(context: ServiceContext, { take, keyset }: PageQuery): Promise<RoomInvitation[]> {
  const { userId } = assertSignedIn(context)
  return readInvitations(context.sql, { userId, take, after: parseAfter(keyset) })
}

/**
 * Lists the pending invitations into a room, newest first.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is an admin or the owner, BAD_USER_INPUT.
 */
export async function listInvitations(
  context: ServiceContext,
  { roomId, take, keyset }: PageQuery & { roomId: string },
): Promise<RoomInvitation[]> {
  await assertCan(context, { roomId, action: 'seeInvites' })
  return readInvitations(context.sql, { roomId, take, after: parseAfter(keyset) })
}

function parseAfter(keyset: readonly string[] | null): string | null {
  const after = z.tuple([z.uuid()]).nullable().safeParse(keyset)
  if (!after.success) throw badInput('after', 'is not a cursor of this connection')
  return after.data?.[0] ?? null
}

/** Loads pending invitations by their ids; null for an ended one. */
export async function invitationsByIds(
  { sql }: Pick<ServiceContext, 'sql'>,
  ids: readonly string[],
): Promise<readonly (RoomInvitation | null)[]> {
  return inOrder(ids, await readWaiting(sql, ids), ({ id }) => id)
}
