import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import { consents } from '../../access/consent.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError } from '../../errors.ts'
import type { Member, RoomInvitation } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { inviteUsers } from '../invitations/service.ts'
import { insertMembers } from '../joining/service.ts'
import { type Candidate, readCandidates } from '../queries.ts'

const addInput = z.object({
  roomId: z.uuid(),
  userIds: z
    .array(z.uuid())
    .min(1, 'may not be empty')
    .max(limits.membersAddedMax, `may have at most ${limits.membersAddedMax} users`),
})

/** The result of adding users. */
export interface Added {
  /** The users who are members now, in the order given, without duplicates. */
  readonly members: Member[]
  /** The users who were invited instead, in the order given, without duplicates. */
  readonly invitations: RoomInvitation[]
}

/**
 * Adds users to a room, or invites those who do not let the viewer add them.
 *
 * All or none of them.
 *
 * Each user's consent is checked, as for direct rooms. Users who left a room after the viewer had added them are invited
 * too. Existing members stay as they are.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, ROOM_FULL, RATE_LIMITED; BAD_USER_INPUT that names the users who are
 * unknown, deleted, banned, blocked by or blocking the viewer, or declined an invitation of the viewer; CONFLICT when too
 * many invitations are pending.
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

/** The same message for all of these cases, so that a block is not disclosed. */
const unknown = 'is not a user whom you can add'

/** Sorts users who are not members into those to add and those to invite. */
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
  throw new AppError('BAD_USER_INPUT', `No user was added: ${list}.`, { fields })
}
