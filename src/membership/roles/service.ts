// Roles of members, and who outranks whom. A change of the owner is in ownership/.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import type { RoomFacts } from '../../access/facts.ts'
import { outranks } from '../../access/policy.ts'
import { AppError, badInput, notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import type { Member, MemberRole } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { hintToMember } from '../notifications/service.ts'
import { findMember, type MemberKey } from '../queries.ts'

/**
 * Asserts that the role of the viewer is higher than that of a member.
 *
 * @param facts about the viewer, read under the same lock as the member.
 * @throws AppError FORBIDDEN
 */
export function assertOutranks(facts: RoomFacts, member: Member): void {
  if (facts.member && outranks(facts.member.role, member.role)) return
  throw new AppError('FORBIDDEN', 'You may do this only to members with a lower role than yours.')
}

const roleInput = z.object({
  roomId: z.uuid(),
  userId: z.uuid(),
  role: z
    .enum(['OWNER', 'ADMIN', 'MEMBER'])
    .refine((role) => role !== 'OWNER', 'cannot be OWNER: use transferOwnership'),
})

/**
 * Changes the role of a member. Setting the same role again changes nothing.
 *
 * @throws AppError NOT_FOUND, also when the user is not a member; FORBIDDEN when the viewer is not the owner;
 * BAD_USER_INPUT for the role OWNER and for the owner.
 */
export async function setMemberRole(context: ServiceContext, input: z.input<typeof roleInput>): Promise<Member> {
  const { userId: actorId } = assertSignedIn(context)
  const { roomId, userId, role } = parseInput(roleInput, input)
  return context.feed.write([roomId], async (write) => {
    await assertCan(context, { roomId, action: 'manageRoles', tx: write.tx })
    if (userId === actorId) throw badInput('userId', 'is yourself: use transferOwnership to hand the room over')
    const member = await findMember(write.tx, { roomId, userId })
    if (!member) throw notFound('member')
    return member.role === role ? member : changeRole(write, { roomId, userId, actorId, role })
  })
}

/** Changes the role of a member, whose room's topic is locked. A mute of a new owner ends. */
export function changeRole(
  { tx, append, hint, audit }: Write,
  { roomId, userId, actorId, role }: MemberKey & { actorId: string; role: MemberRole },
): Promise<Member> {
  hint(hintToMember({ roomId, userId }))
  append({ topicId: roomId, kind: 'MEMBER_UPDATED', actorId, subject: userId })
  audit({ kind: 'ROLE_CHANGED', userId, roomId, detail: role })
  // nobody outranks an owner, so that nobody could lift the owner's mute
  const data = role === 'OWNER' ? { role, mutedUntil: null } : { role }
  return tx.member.update({ where: { roomId_userId: { roomId, userId } }, data })
}
