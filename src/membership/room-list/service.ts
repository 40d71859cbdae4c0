// The list of a user's rooms: what it does not show, and what it shows first.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { roomLimits } from '../../config/rooms.ts'
import type { Transaction } from '../../database/client.ts'
import { AppError, notFound } from '../../errors.ts'
import type { Member, Prisma } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { findMember, type MemberKey } from '../queries.ts'

const roomInput = z.object({ roomId: z.uuid() })

/** The room to place in the list. */
export type PlaceInput = z.input<typeof roomInput>

/** Tells whether the list of a member hides a room with this newest message. */
export const isHiddenAt = ({ hiddenNumber }: Member, lastNumber: number) =>
  hiddenNumber !== null && lastNumber <= hiddenNumber

/**
 * Hides a direct room from the viewer's list until its next message. It stays readable.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN in a group.
 */
export function hideRoom(context: ServiceContext, input: PlaceInput): Promise<Member> {
  return place(context, input, async ({ tx, lastNumber, member }) => {
    await assertCan(context, { roomId: member.roomId, action: 'hide', tx })
    return isHiddenAt(member, lastNumber) ? null : { hiddenNumber: lastNumber }
  })
}

/**
 * Pins a room to the top of the viewer's list.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is a member, CONFLICT when too many rooms are pinned.
 */
export function pinRoom(context: ServiceContext, input: PlaceInput): Promise<Member> {
  return place(context, input, async ({ tx, member: { userId, pinnedAt } }) => {
    if (pinnedAt) return null
    if ((await tx.member.count({ where: { userId, pinnedAt: { not: null } } })) >= roomLimits.pinnedRoomsMax) {
      throw new AppError('CONFLICT', `You can pin at most ${roomLimits.pinnedRoomsMax} rooms. Unpin one first.`)
    }
    return { pinnedAt: new Date() }
  })
}

/**
 * Unpins a room in the viewer's list.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is a member.
 */
export function unpinRoom(context: ServiceContext, input: PlaceInput): Promise<Member> {
  return place(context, input, async ({ member }) => (member.pinnedAt ? { pinnedAt: null } : null))
}

/** Shows a direct room in the list of a member again: it has a new message. */
export async function showInList({ feed }: Pick<ServiceContext, 'feed'>, { roomId, userId }: MemberKey): Promise<void> {
  await feed.write([userId], async ({ tx, append }) => {
    const where = { roomId, userId, hiddenNumber: { not: null } }
    const { count } = await tx.member.updateMany({ where, data: { hiddenNumber: null } })
    if (count > 0) append({ topicId: userId, kind: 'NOTIFICATIONS_CHANGED', actorId: null, subject: roomId })
  })
}

interface Placing {
  readonly tx: Transaction
  readonly member: Member
  /** The number of the room's newest message. */
  readonly lastNumber: number
}

/** Changes the place of a room in the viewer's list. Only the viewer's own devices are notified. */
async function place(
  context: ServiceContext,
  input: PlaceInput,
  change: (placing: Placing) => Promise<Prisma.MemberUpdateManyMutationInput | null>,
): Promise<Member> {
  const { userId } = assertSignedIn(context)
  const { roomId } = parseInput(roomInput, input)
  return context.feed.write([userId], async ({ tx, append }) => {
    const { topic } = await assertCan(context, { roomId, action: 'setNotifications', tx })
    const member = await findMember(tx, { roomId, userId })
    // the viewer was removed from the room in the meantime
    if (!member) throw notFound('room')
    const data = await change({ tx, member, lastNumber: topic.lastNumber })
    if (!data) return member
    append({ topicId: userId, kind: 'NOTIFICATIONS_CHANGED', actorId: userId, subject: roomId })
    return tx.member.update({ where: { roomId_userId: { roomId, userId } }, data })
  })
}
