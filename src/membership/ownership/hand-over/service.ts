// Ownership given by the operator, on the command line or in the console.

import { z } from 'zod'
import { findRegistered, type OperatorParts } from '../../../auth/account-commands.ts'
import type { Transaction } from '../../../database/client.ts'
import { AppError, badInput, notFound } from '../../../errors.ts'
import type { Write } from '../../../feed/write.ts'
import type { Member, Room } from '../../../generated/prisma/client.ts'
import { parseInput } from '../../../input/parse.ts'
import { roomCode } from '../../../rooms/service.ts'
import { appendSystemMessages } from '../../../rooms/system-messages.ts'
import { insertMembers } from '../../joining/service.ts'
import { findMember } from '../../queries.ts'
import { changeRole } from '../../roles/service.ts'

const handOverInput = z.object({ code: roomCode })

/**
 * Makes a user the owner of a group, for the operator. They become a member if they are not.
 *
 * The former owner becomes an admin. A room that was archived because all members had left it is unarchived.
 *
 * @throws AppError NOT_FOUND for the room or the user, BAD_USER_INPUT for a direct room, ROOM_FULL.
 */
export async function handOver(
  parts: Pick<OperatorParts, 'db' | 'feed' | 'config'>,
  { username, ...input }: { code: string; username: string },
): Promise<Room> {
  const { code } = parseInput(handOverInput, input)
  const { id: userId } = await findRegistered(parts, username)
  const room = await parts.db.room.findUnique({ where: { code, deletedAt: null } })
  if (!room) throw new AppError('NOT_FOUND', `There is no room with the code "${code}".`)
  if (room.kind === 'DIRECT') throw badInput('code', 'is that of a direct room, which nobody owns')
  return handOverTo(parts, { roomId: room.id, userId })
}

/**
 * Does the same as `handOver`, for a room and a user by their ids.
 *
 * @param assertMay called in the transaction; throws when the operator may not.
 * @throws AppError NOT_FOUND for the room or the user, BAD_USER_INPUT for a direct room, ROOM_FULL.
 */
export async function handOverTo(
  parts: Pick<OperatorParts, 'db' | 'config'> & { feed: Pick<OperatorParts['feed'], 'write'> },
  { roomId, userId }: Pick<Member, 'roomId' | 'userId'>,
  assertMay: (tx: Transaction) => Promise<unknown> = async () => {},
): Promise<Room> {
  const user = await parts.db.user.findUnique({ where: { id: userId, deletedAt: null } })
  if (!user) throw notFound('user')
  return parts.feed.write([roomId, userId], async (write) => {
    await assertMay(write.tx)
    const room = await write.tx.room.findUnique({ where: { id: roomId, deletedAt: null } })
    if (!room) throw notFound('room')
    if (room.kind === 'DIRECT') throw badInput('roomId', 'is a direct room, which nobody owns')
    await appoint(parts, write, { roomId, userId })
    return write.tx.room.findUniqueOrThrow({ where: { id: roomId } })
  })
}

async function appoint(
  parts: Pick<OperatorParts, 'config'>,
  write: Write,
  { roomId, userId }: Pick<Member, 'roomId' | 'userId'>,
): Promise<void> {
  const { tx, append } = write
  const { memberCount, archivedAt } = await tx.room.findUniqueOrThrow({ where: { id: roomId } })
  const owner = await tx.member.findFirst({ where: { roomId, role: 'OWNER' } })
  if (owner?.userId === userId) return
  const known = await findMember(tx, { roomId, userId })
  const [member] = known ? [known] : await insertMembers(parts, write, { roomId, userIds: [userId], actorId: userId })
  // who made the room owns it as soon as they are back
  if (member?.role !== 'OWNER') {
    if (owner) await changeRole(write, { roomId, userId: owner.userId, actorId: userId, role: 'ADMIN' })
    await changeRole(write, { roomId, userId, actorId: userId, role: 'OWNER' })
    await appendSystemMessages(parts, write, { roomId, actorId: userId, action: 'OWNER_CHANGED', subjectIds: [userId] })
  }
  if (memberCount > 0 || !archivedAt) return
  await tx.room.update({ where: { id: roomId }, data: { archivedAt: null } })
  append({ topicId: roomId, kind: 'ROOM_UPDATED', actorId: userId, subject: roomId })
}
