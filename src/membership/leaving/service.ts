// Leaving a room, and removal by an admin. Bans and deleted accounts use `deleteMember` too.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import { parseInput } from '../../input/parse.ts'
import { appendSystemMessages } from '../../rooms/system-messages.ts'
import { insertRefusal, readInvitedBy } from '../invitations/queries.ts'
import { endInvitations } from '../invitations/service.ts'
import { revokeInvitesOf } from '../invites/service.ts'
import { keepBounds } from '../mutes/queries.ts'
import { appointHeir } from '../ownership/service.ts'
import { changeMemberCount, findMember, type MemberKey } from '../queries.ts'
import { assertOutranks } from '../roles/service.ts'

const leaveInput = z.object({ roomId: z.uuid() })

/**
 * Makes the viewer leave a room. An owner is succeeded by the oldest admin, or else the oldest member.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN when the viewer is not a member, and for a DIRECT room while the other is in it.
 */
export async function leaveRoom(context: ServiceContext, input: z.input<typeof leaveInput>): Promise<MemberKey> {
  const { userId } = assertSignedIn(context)
  const { roomId } = parseInput(leaveInput, input)
  await context.feed.write(await topicsOfDeparture(context, { roomId, userId }), async (write) => {
    await assertCan(context, { roomId, action: 'leave', tx: write.tx })
    await deleteMember(context, write, { roomId, userId, actorId: userId, kind: 'MEMBER_LEFT' })
  })
  return { roomId, userId }
}

const removeInput = z.object({ roomId: z.uuid(), userId: z.uuid() })

/**
 * Removes a member from a room.
 *
 * @throws AppError NOT_FOUND, also when the user is not a member; FORBIDDEN when the viewer does not outrank the member.
 */
export async function removeMember(context: ServiceContext, input: z.input<typeof removeInput>): Promise<MemberKey> {
  const { userId: actorId } = assertSignedIn(context)
  const { roomId, userId } = parseInput(removeInput, input)
  await context.feed.write(await topicsOfDeparture(context, { roomId, userId }), async (write) => {
    const facts = await assertCan(context, { roomId, action: 'removeMembers', tx: write.tx })
    const member = await findMember(write.tx, { roomId, userId })
    if (!member) throw notFound('member')
    assertOutranks(facts, member)
    await deleteMember(context, write, { roomId, userId, actorId, kind: 'MEMBER_REMOVED' })
  })
  return { roomId, userId }
}

/** Reads the topics to lock when a member leaves. They include those of invited users. */
export async function topicsOfDeparture(
  { db }: Pick<ServiceContext, 'db'>,
  { roomId, userId }: MemberKey,
): Promise<string[]> {
  return [roomId, userId, ...(await readInvitedBy(db, { roomId, userId }))]
}

/**
 * Deletes a member of a room. The topics of `topicsOfDeparture` are locked.
 *
 * When the owner goes, the oldest admin or member becomes the owner. Invitations by the member end, and also their invites
 * when they were removed or banned.
 */
export async function deleteMember(
  context: Pick<ServiceContext, 'config' | 'clock' | 'typists'>,
  write: Write,
  { roomId, userId, actorId, kind }: MemberKey & { actorId: string; kind: keyof typeof departures },
): Promise<void> {
  const { tx, append } = write
  await keepBounds(sqlOfPrisma(tx), { roomId, userId })
  const { role, addedById } = await tx.member.delete({ where: { roomId_userId: { roomId, userId } } })
  if (kind === 'MEMBER_LEFT' && addedById !== null) {
    await insertRefusal(sqlOfPrisma(tx), { roomId, userId, refusedId: addedById, declined: false })
  }
  await endInvitations(write, { roomId, invitedById: userId, userIds: [...write.topics.keys()], actorId })
  if (kind !== 'MEMBER_LEFT') await revokeInvitesOf(context, tx, { roomId, createdById: userId })
  const room = await changeMemberCount(sqlOfPrisma(tx), { roomId, change: -1, max: limits.roomMembersMax })
  append({ topicId: roomId, kind, actorId, subject: userId })
  append({ topicId: userId, kind: 'ROOM_REMOVED', actorId, subject: roomId })
  context.typists.end({ roomId, userId })
  const notices = { roomId, actorId, action: departures[kind], subjectIds: [userId] }
  await appendSystemMessages(context, write, { ...notices, keepsHidden: room?.kind === 'DIRECT' })
  if (role === 'OWNER') await appointHeir(context, write, { roomId, actorId })
  // nobody finds it any more; the one who made it may come back
  if (room?.memberCount === 0 && room.access === 'INVITE' && room.archivedAt === null) {
    await tx.room.update({ where: { id: roomId }, data: { archivedAt: new Date() } })
    append({ topicId: roomId, kind: 'ROOM_UPDATED', actorId, subject: roomId })
  }
}

/** The system message for each way to leave a room. */
const departures = {
  MEMBER_LEFT: 'LEFT',
  MEMBER_REMOVED: 'REMOVED',
  MEMBER_BANNED: 'BANNED',
  MEMBER_DELETED: 'LEFT',
} as const
