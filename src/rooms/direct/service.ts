// Direct rooms: of two users, or of one alone.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import type { Write } from '../../feed/write.ts'
import { assertReachable } from '../../friends/blocks/service.ts'
import { pairOf } from '../../friends/queries.ts'
import type { Room } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { insertRoom } from '../service.ts'

/**
 * Creates a direct room with the viewer alone. The first who joins it by its code is the second member; then it is full.
 *
 * @throws AppError RATE_LIMITED
 */
export async function createDirectRoom(context: ServiceContext): Promise<Room> {
  const { userId } = assertSignedIn(context)
  await context.rates.take(['roomsOfUser', userId])
  return context.feed.write([userId], (write) =>
    insertDirectRoom(write, { makerId: userId, directLowId: userId, directHighId: null, userIds: [userId] }),
  )
}

const openDirectRoomInput = z.object({ userId: z.uuid() })

/**
 * Returns the direct room of the viewer and another user, or of the viewer alone. Creates it the first time.
 *
 * The other user's list does not show it until it has a message; the viewer's shows it again when it was hidden.
 *
 * A block, or the other's `directMessagePolicy`, prevents creating it; an existing room stays. The topics of both users are
 * locked, so that concurrent calls find the same room; `rooms` also has a unique key on the pair.
 *
 * @throws AppError NOT_FOUND for a user who does not exist, is deleted or has blocked the
 * viewer; BLOCKED when the viewer has blocked the user; FORBIDDEN by the other's policy; RATE_LIMITED.
 */
export async function openDirectRoom(
  context: ServiceContext,
  input: z.input<typeof openDirectRoomInput>,
): Promise<Room> {
  const viewer = assertSignedIn(context)
  const { userId } = parseInput(openDirectRoomInput, input)
  const { lowId: directLowId, highId: directHighId } = pairOf(userId, viewer.userId)
  const pair = { directLowId, directHighId }
  const opened = await context.db.room.findUnique({ where: { directLowId_directHighId: pair } })
  if (opened) return showRoom(context, opened)
  await context.rates.take(['roomsOfUser', viewer.userId])
  const room = await context.feed.write([directLowId, directHighId], async (write) => {
    const { tx } = write
    const known = await tx.room.findUnique({ where: { directLowId_directHighId: pair } })
    if (known) return known
    if (userId !== viewer.userId) await assertReachable(tx, { viewerId: viewer.userId, userId })
    const userIds = [...new Set([viewer.userId, userId])]
    return insertDirectRoom(write, { ...pair, makerId: viewer.userId, userIds })
  })
  // the other user may have opened it first, which hides it from the viewer's list
  return showRoom(context, room)
}

/** Inserts a direct room with its members. The topics of the members are locked. */
async function insertDirectRoom(
  write: Write,
  {
    makerId,
    userIds,
    ...pair
  }: Pick<Room, 'directLowId' | 'directHighId'> & { makerId: string; userIds: readonly string[] },
): Promise<Room> {
  const { tx, append } = write
  const made = { ...pair, createdById: makerId, memberCount: userIds.length }
  const room = await insertRoom(write, { ...made, kind: 'DIRECT', access: 'INVITE' })
  await tx.member.createMany({
    // the other user did not ask for it: their list shows it with its first message
    data: userIds.map((userId) => {
      const isMaker = userId === makerId
      return { roomId: room.id, userId, takesPart: isMaker, hiddenNumber: isMaker ? null : 0 }
    }),
  })
  for (const userId of userIds) {
    append({ topicId: room.id, kind: 'MEMBER_JOINED', actorId: makerId, subject: userId })
    if (userId === makerId) append({ topicId: userId, kind: 'ROOM_ADDED', actorId: makerId, subject: room.id })
  }
  return room
}

/** Shows a direct room in the viewer's list again. */
async function showRoom(context: ServiceContext, room: Room): Promise<Room> {
  const { userId } = assertSignedIn(context)
  const member = { roomId: room.id, userId, hiddenNumber: { not: null } }
  if ((await context.db.member.count({ where: member })) === 0) return room
  await context.feed.write([userId], async ({ tx, append }) => {
    const { count } = await tx.member.updateMany({ where: member, data: { hiddenNumber: null } })
    if (count > 0) append({ topicId: userId, kind: 'NOTIFICATIONS_CHANGED', actorId: userId, subject: room.id })
  })
  return room
}
