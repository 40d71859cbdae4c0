// Who is in which room, and how others are added and taken out. How somebody enters is the business of joining.ts.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import { consents } from '../access/consent.ts'
import type { ServiceContext } from '../access/context.ts'
import { limits } from '../config/config.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError, invariant, notFound } from '../errors.ts'
import type { Write } from '../feed/write.ts'
import type { Member, MemberRole, RoomInvitation, RoomKind } from '../generated/prisma/client.ts'
import { parseKeyset } from '../input/keyset.ts'
import { parseInput } from '../input/parse.ts'
import { appendNotices } from '../rooms/notices.ts'
import { insertRefusal } from './invitations/queries.ts'
import { endInvitations, inviteUsers, topicsOfDeparture } from './invitations/service.ts'
import { revokeInvitesOf } from './invites/service.ts'
import { keepBounds, takeBounds } from './mutes/queries.ts'
import {
  type Candidate,
  changeMemberCount,
  findMember,
  type MemberKey,
  type MembershipRow,
  readCandidates,
  readMemberships,
  readRoomMembers,
  readUnreadTotal,
} from './queries.ts'
import { appointHeir, assertOutranks } from './roles/service.ts'

/** A part of a list: `place` holds the keys of the row to begin after. */
export interface ListQuery {
  take: number
  keyset: readonly string[] | null
}

/**
 * Lists the members of a room of the viewer, in the order in which they joined.
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
 * Lists the viewer's memberships, those in the most recently active rooms first.
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

/** Counts the messages that the viewer has not read, over all rooms. */
export function countUnread(context: ServiceContext): Promise<number> {
  return readUnreadTotal(context.sql, assertSignedIn(context).userId)
}

const leaveInput = z.object({ roomId: z.uuid() })

/**
 * Takes the viewer out of a room. An owner hands over to the admin, or else the member, who has been there longest.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN for a DIRECT room and for who is not a member.
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

const addInput = z.object({
  roomId: z.uuid(),
  userIds: z
    .array(z.uuid())
    .min(1, 'may not be empty')
    .max(limits.membersAddedMax, `may have at most ${limits.membersAddedMax} users`),
})

/** What came of adding users. */
export interface Added {
  /** Those who are members now, in the order given, each once. */
  readonly members: Member[]
  /** Those who were asked instead, in the order given, each once. */
  readonly invitations: RoomInvitation[]
}

/**
 * Adds users to a room, or invites those who do not let the viewer add them.
 *
 * It is all of them or none.
 *
 * Each one's consent is asked, as for direct rooms. Who has left a room that the viewer had put them into is invited too.
 * Members stay as they are.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, ROOM_FULL, RATE_LIMITED; BAD_USER_INPUT that names everyone who is unknown,
 * deleted, banned, blocked by or blocking the viewer, or has declined an invitation of the viewer; CONFLICT where too many
 * invitations wait.
 */
export async function addMembers(context: ServiceContext, input: z.input<typeof addInput>): Promise<Added> {
  const { userId: actorId } = assertSignedIn(context)
  const { roomId, userIds } = parseInput(addInput, input)
  await context.rates.take(['additionsOfUser', actorId])
  return context.feed.write([roomId, actorId, ...userIds], async (write) => {
    const { tx } = write
    await assertCan(context, { roomId, action: 'addMembers', tx })
    const candidates = await readCandidates(sqlOfPrisma(tx), { roomId, actorId, userIds })
    assertAddable(candidates)
    const [addedIds, invitedIds] = sortCandidates(userIds, candidates)
    if (addedIds.length > 0) await insertMembers(context, write, { roomId, userIds: addedIds, actorId })
    const invitations = await inviteUsers(write, { roomId, invitedById: actorId, userIds: invitedIds })
    const members = await tx.member.findMany({ where: { roomId, userId: { in: userIds } } })
    return { members: members.toSorted((a, b) => userIds.indexOf(a.userId) - userIds.indexOf(b.userId)), invitations }
  })
}

const removeInput = z.object({ roomId: z.uuid(), userId: z.uuid() })

/**
 * Takes a member out of a room.
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

/** The same for all of these, so that nobody finds out who has blocked them. */
const unknown = 'is not a user whom you can add'

/** Sorts those who are no members: who is added, and who is invited. */
function sortCandidates(userIds: readonly string[], candidates: readonly Candidate[]): [string[], string[]] {
  const [added, invited] = [new Set<string>(), new Set<string>()]
  for (const [index, candidate] of candidates.entries()) {
    const userId = userIds[index]
    if (userId === undefined || candidate.isMember) continue
    const isAdded = !candidate.hasLeft && consents('add', candidate)
    ;(isAdded ? added : invited).add(userId)
  }
  return [[...added], [...invited]]
}

function assertAddable(candidates: readonly Candidate[]): void {
  const fields = candidates.flatMap(({ isUser, isMember, isBanned, hasBlock, hasDeclined }, index) => {
    const path = `userIds.${index}`
    if (!isUser) return [{ path, message: unknown }]
    if (isMember) return []
    if (isBanned) return [{ path, message: 'is banned from the room' }]
    return hasBlock || hasDeclined ? [{ path, message: unknown }] : []
  })
  if (fields.length === 0) return
  const list = fields.map((field) => `${field.path} ${field.message}`).join('; ')
  throw new AppError('BAD_USER_INPUT', `Nobody was added: ${list}.`, { fields })
}

/**
 * Adds users to a room whose topic is locked, as theirs are. They begin with nothing unread.
 *
 * Who was here before is muted still, and waits in slow mode: leaving is no way out of these.
 *
 * The first to enter a room that everybody has left owns it: a room with members is never without an owner. A mute ends by
 * that, for nobody could lift it.
 */
export async function insertMembers(
  context: ServiceContext,
  write: Write,
  { roomId, userIds, actorId }: { roomId: string; userIds: readonly string[]; actorId: string },
): Promise<Member[]> {
  const { tx, topics, append } = write
  const lastNumber = topics.get(roomId)?.lastNumber
  invariant(lastNumber !== undefined, `the topic of room ${roomId} is locked`)
  const change = userIds.length
  const count = await changeMemberCount(sqlOfPrisma(tx), { roomId, change, max: limits.roomMembersMax })
  if (count === null) throw new AppError('ROOM_FULL', `A room has at most ${limits.roomMembersMax} members.`)
  const bounds = await takeBounds(sqlOfPrisma(tx), roomId, userIds)
  const ownerId = count === change ? userIds[0] : null
  const members = await tx.member.createManyAndReturn({
    data: userIds.map((userId) => ({
      roomId,
      userId,
      role: userId === ownerId ? 'OWNER' : 'MEMBER',
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
  await appendNotices(context, write, { roomId, actorId, action: isJoin ? 'JOINED' : 'ADDED', subjectIds: userIds })
  return members
}

/**
 * Takes a member out of a room, with the topics of `topicsOfDeparture` locked.
 *
 * When it was the owner, the one who has been there longest inherits. The invitations of who goes end, and the invites
 * of who is removed or banned too.
 */
export async function deleteMember(
  context: Pick<ServiceContext, 'config' | 'clock'>,
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
  await changeMemberCount(sqlOfPrisma(tx), { roomId, change: -1, max: limits.roomMembersMax })
  append({ topicId: roomId, kind, actorId, subject: userId })
  append({ topicId: userId, kind: 'ROOM_REMOVED', actorId, subject: roomId })
  await appendNotices(context, write, { roomId, actorId, action: departures[kind], subjectIds: [userId] })
  if (role === 'OWNER') await appointHeir(context, write, { roomId, actorId })
}

/** What a room tells of each way out of it. */
const departures = {
  MEMBER_LEFT: 'LEFT',
  MEMBER_REMOVED: 'REMOVED',
  MEMBER_BANNED: 'BANNED',
  MEMBER_DELETED: 'LEFT',
} as const
