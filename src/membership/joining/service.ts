// Becoming a member of a room: by its id or code, with its password, by an invite or an invitation. Adding and handing over
// use `insertMembers` too.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import type { RoomAction } from '../../access/policy.ts'
import { limits } from '../../config/config.ts'
import type { Db, Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError, invariant, notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import { pairOf } from '../../friends/queries.ts'
import type { Member, Room } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { isRoomPassword } from '../../rooms/passwords.ts'
import { findRoom, roomCode, roomPassword } from '../../rooms/service.ts'
import { appendSystemMessages } from '../../rooms/system-messages.ts'
import { readWaiting } from '../invitations/queries.ts'
import { endInvitations, findOwnInvitation, type InvitationInput } from '../invitations/service.ts'
import { takeInvite } from '../invites/queries.ts'
import { inviteCode, inviteInvalid } from '../invites/service.ts'
import { takeBounds } from '../mutes/queries.ts'
import { type CountedRoom, changeMemberCount, findMember } from '../queries.ts'

const joinInput = z
  .object({
    roomId: z.uuid().nullish(),
    code: roomCode.nullish(),
    password: roomPassword.nullish(),
    invite: inviteCode.nullish(),
  })
  .refine((input) => !(input.roomId && input.code), 'cannot have both roomId and code')
  .refine((input) => input.roomId || input.code || input.invite, 'needs roomId, code or invite')

/**
 * Makes the viewer a member of a room. An existing membership stays as it is.
 *
 * @throws AppError BAD_USER_INPUT; NOT_FOUND, also for invite-only rooms; WRONG_ROOM_PASSWORD, RATE_LIMITED,
 * INVITE_INVALID, BANNED, ROOM_ARCHIVED, ROOM_FULL; FORBIDDEN for a DIRECT room; CONFLICT when the two have one already.
 */
export async function joinRoom(context: ServiceContext, input: z.input<typeof joinInput>): Promise<Member> {
  const { userId } = assertSignedIn(context)
  const { roomId, code, password, invite } = parseInput(joinInput, input)
  if (invite) return joinByInvite(context, { invite, roomId, code })
  const { room, facts } = await findRoom(context, { id: roomId, code })
  const known = facts.member && (await findMember(context.db, { roomId: room.id, userId }))
  if (known) return takePart(context.db, known)
  await assertCan(context, { roomId: room.id, action: 'join' })
  const wrong = new AppError('WRONG_ROOM_PASSWORD', 'The password of this room is wrong or missing.')
  // hashing takes too long to be done under the lock
  if (room.passwordHash && !(await isRoomPassword(context, room, password))) throw wrong
  return enterRoom(context, {
    roomId: room.id,
    action: 'join',
    async admit(tx) {
      const current = await tx.room.findUniqueOrThrow({ where: { id: room.id } })
      if (current.passwordHash !== room.passwordHash) throw wrong
      if (current.kind === 'DIRECT') await completePair(tx, current, userId)
    },
  })
}

async function joinByInvite(
  context: ServiceContext,
  { invite: code, ...given }: Pick<z.output<typeof joinInput>, 'roomId' | 'code'> & { invite: string },
): Promise<Member> {
  const invite = await context.db.invite.findUnique({ where: { code }, include: { room: true } })
  if (!invite || invite.room.deletedAt) throw inviteInvalid()
  if (given.roomId && given.roomId !== invite.roomId) throw inviteInvalid()
  if (given.code && given.code !== invite.room.code) throw inviteInvalid()
  const { roomId } = invite
  return enterRoom(context, {
    roomId,
    action: 'joinByInvite',
    async admit(tx) {
      if (!(await takeInvite(sqlOfPrisma(tx), { roomId, code }))) throw inviteInvalid()
    },
  })
}

/**
 * Accepts an invitation: the viewer becomes a member of the room.
 *
 * @throws AppError UNAUTHENTICATED, NOT_FOUND for an ended invitation; BANNED, ROOM_ARCHIVED, ROOM_FULL,
 * RATE_LIMITED.
 */
export async function acceptInvitation(context: ServiceContext, input: InvitationInput): Promise<Member> {
  const { id, roomId } = await findOwnInvitation(context, input)
  return enterRoom(context, {
    roomId,
    action: 'joinByInvite',
    async admit(tx) {
      if ((await readWaiting(sqlOfPrisma(tx), [id])).length === 0) throw notFound('invitation')
    },
  })
}

/**
 * Makes a user the second member of a direct room that waits for one. Its topic is locked.
 *
 * @throws AppError NOT_FOUND when there is a block between the two, CONFLICT when they have a direct room already.
 */
async function completePair(tx: Transaction, { id, directLowId: makerId }: Room, userId: string): Promise<void> {
  invariant(makerId !== null, `the direct room ${id} has a first member`)
  const pair = [makerId, userId]
  if ((await tx.block.count({ where: { blockerId: { in: pair }, blockedId: { in: pair } } })) > 0) {
    throw notFound('room')
  }
  const { lowId: directLowId, highId: directHighId } = pairOf(makerId, userId)
  const known = await tx.room.findUnique({ where: { directLowId_directHighId: { directLowId, directHighId } } })
  if (known) throw new AppError('CONFLICT', 'You have a direct room with this user already. Use that one.')
  await tx.room.update({ where: { id }, data: { directLowId, directHighId } })
}

/** Records that a member who was added by another user wants to be in the room. */
async function takePart(db: Db, member: Member): Promise<Member> {
  if (member.takesPart) return member
  const { roomId, userId } = member
  return db.member.update({ where: { roomId_userId: { roomId, userId } }, data: { takesPart: true } })
}

/** A way in which the viewer enters a room. */
interface Entrance {
  roomId: string
  action: RoomAction
  /** Checks, under the lock of the room, the conditions beyond `roomPolicy`. */
  admit(tx: Transaction): Promise<void>
}

async function enterRoom(context: ServiceContext, { roomId, action, admit }: Entrance): Promise<Member> {
  const { userId } = assertSignedIn(context)
  await context.rates.take(['joinsOfUser', userId])
  return context.feed.write([roomId, userId], async (write) => {
    const known = await findMember(write.tx, { roomId, userId })
    if (known) return takePart(write.tx, known)
    await assertCan(context, { roomId, action, tx: write.tx })
    await admit(write.tx)
    const [member] = await insertMembers(context, write, { roomId, userIds: [userId], actorId: userId })
    invariant(member, 'inserting one member gives one')
    return member
  })
}

/**
 * Inserts members of a room. The topics of the room and the users are locked. New members have no unread messages.
 *
 * Former members are still muted, and still wait in slow mode: leaving does not lift these.
 *
 * In a group without an owner, because all members had left it, the one who made it becomes the owner; others do not. A
 * mute of the new owner ends, because nobody could lift it.
 */
export async function insertMembers(
  context: Pick<ServiceContext, 'config'>,
  write: Write,
  { roomId, userIds, actorId }: { roomId: string; userIds: readonly string[]; actorId: string },
): Promise<Member[]> {
  const { tx, topics, append } = write
  const lastNumber = topics.get(roomId)?.lastNumber
  invariant(lastNumber !== undefined, `the topic of room ${roomId} is locked`)
  const change = userIds.length
  const room = await changeMemberCount(sqlOfPrisma(tx), { roomId, change, max: limits.roomMembersMax })
  if (room === null) throw new AppError('ROOM_FULL', `A room has at most ${limits.roomMembersMax} members.`)
  const bounds = await takeBounds(sqlOfPrisma(tx), roomId, userIds)
  const ownerId = await findReturningOwner(tx, { roomId, room, userIds })
  await tx.member.createMany({
    data: userIds.map((userId) => ({
      roomId,
      userId,
      role: userId === ownerId ? 'OWNER' : 'MEMBER',
      historyFrom: room.history === 'SINCE_JOINED' && userId !== ownerId ? lastNumber : 0,
      lastReadNumber: lastNumber,
      lastDeliveredNumber: lastNumber,
      mutedUntil: userId === ownerId ? null : (bounds.get(userId)?.mutedUntil ?? null),
      lastSentAt: bounds.get(userId)?.lastSentAt ?? null,
      takesPart: userId === actorId,
      addedById: userId === actorId ? null : actorId,
    })),
  })
  await endInvitations(write, { roomId, userIds, actorId })
  for (const userId of userIds) {
    append({ topicId: roomId, kind: 'MEMBER_JOINED', actorId, subject: userId })
    append({ topicId: userId, kind: 'ROOM_ADDED', actorId, subject: roomId })
  }
  const isJoin = userIds.length === 1 && userIds[0] === actorId
  await appendSystemMessages(context, write, {
    roomId,
    actorId,
    action: isJoin ? 'JOINED' : 'ADDED',
    subjectIds: userIds,
  })
  // with the read markers that the system messages have moved
  const members = await tx.member.findMany({ where: { roomId, userId: { in: [...userIds] } } })
  return members.toSorted((a, b) => userIds.indexOf(a.userId) - userIds.indexOf(b.userId))
}

/** Finds who, among new members, owns a group that all members had left: the one who made it. Null when it has an owner. */
async function findReturningOwner(
  tx: Transaction,
  { roomId, room, userIds }: { roomId: string; room: CountedRoom; userIds: readonly string[] },
): Promise<string | null> {
  const makerId = userIds.find((userId) => userId === room.createdById)
  if (makerId === undefined || room.kind === 'DIRECT') return null
  return (await tx.member.count({ where: { roomId, role: 'OWNER' } })) === 0 ? makerId : null
}
