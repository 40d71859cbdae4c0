// Members of rooms: listing, leaving, adding and removing. Joining is in joining/service.ts.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { limits } from '../config/config.ts'
import type { Transaction } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError, invariant, notFound } from '../errors.ts'
import type { Write } from '../feed/write.ts'
import type { Member, MemberRole, RoomKind } from '../generated/prisma/client.ts'
import { parseKeyset } from '../input/keyset.ts'
import { parseInput } from '../input/parse.ts'
import { appendSystemMessages } from '../rooms/system-messages.ts'
import { insertRefusal } from './invitations/queries.ts'
import { endInvitations, topicsOfDeparture } from './invitations/service.ts'
import { revokeInvitesOf } from './invites/service.ts'
import { keepBounds, takeBounds } from './mutes/queries.ts'
import { appointHeir } from './ownership/service.ts'
import {
  type CountedRoom,
  changeMemberCount,
  findMember,
  type MemberKey,
  type MembershipRow,
  readMemberships,
  readRoomMembers,
} from './queries.ts'
import { assertOutranks } from './roles/service.ts'

/** A page of a list: `keyset` holds the keys of the row after which it begins. */
export interface ListQuery {
  take: number
  keyset: readonly string[] | null
}

/**
 * Lists the members of a room in the order in which they joined.
 *
 * @param query.role null for all.
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function listMembers(
  context: ServiceContext,
  { roomId, role, take, keyset }: ListQuery & { roomId: string; role: MemberRole | null },
): Promise<Member[]> {
  await assertCan(context, { roomId, action: 'listMembers' })
  return readRoomMembers(context.sql, { roomId, role, take, after: parseKeyset(keyset) })
}

/**
 * Lists the viewer's memberships.
 *
 * Pinned rooms first, then the others, each most recently active first.
 *
 * @param query.kind null for both.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT for a cursor of another list.
 */
export async function listMemberships(
  context: ServiceContext,
  { kind, take, keyset }: ListQuery & { kind: RoomKind | null },
): Promise<MembershipRow[]> {
  const { userId } = assertSignedIn(context)
  return readMemberships(context.sql, { userId, kind, take, after: parseKeyset(keyset) })
}

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
