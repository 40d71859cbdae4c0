// Mutes. They are applied by access/policy.ts.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { roomPolicy } from '../../access/policy.ts'
import { limits } from '../../config/config.ts'
import type { DatabaseClock } from '../../database/clock.ts'
import { badInput, notFound } from '../../errors.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { momentAhead, parseInput } from '../../input/parse.ts'
import { hintToMember } from '../notifications/service.ts'
import { findMember } from '../queries.ts'
import { assertOutranks } from '../roles/service.ts'

const muteInput = (clock: DatabaseClock) =>
  z.object({
    roomId: z.uuid(),
    userId: z.uuid(),
    until: momentAhead(clock.now, limits.muteDaysMax)
      .nullish()
      .transform((until) => until ?? null),
  })

/**
 * Mutes a member: no sending, editing and reacting for a while. Also lifts it.
 *
 * @param input.until the end of the mute; null lifts it.
 * @throws AppError NOT_FOUND, also when the user is not a member; FORBIDDEN when the viewer does not outrank the member;
 * BAD_USER_INPUT, also for the viewer.
 */
export async function muteMember(
  context: ServiceContext,
  input: z.input<ReturnType<typeof muteInput>>,
): Promise<Member> {
  const { userId: actorId } = assertSignedIn(context)
  const { roomId, userId, until } = parseInput(muteInput(context.clock), input)
  return context.feed.write([roomId], async ({ tx, append, hint, audit }) => {
    const facts = await assertCan(context, { roomId, action: 'muteMembers', tx })
    if (userId === actorId) throw badInput('userId', 'is yourself')
    const member = await findMember(tx, { roomId, userId })
    if (!member) throw notFound('member')
    assertOutranks(facts, member)
    if (member.mutedUntil?.getTime() === until?.getTime()) return member
    append({ topicId: roomId, kind: 'MEMBER_UPDATED', actorId, subject: userId })
    hint(hintToMember({ roomId, userId }))
    if (until) context.typists.end({ roomId, userId })
    audit({ kind: until ? 'MEMBER_MUTED' : 'MEMBER_UNMUTED', userId, roomId, detail: until?.toISOString() ?? null })
    return tx.member.update({ where: { roomId_userId: { roomId, userId } }, data: { mutedUntil: until } })
  })
}

/** Resolves the end of a member's mute. Null when not muted, and for viewers other than admins and the member. */
export async function mutedUntilFor(
  context: ServiceContext,
  { roomId, userId, mutedUntil }: Member,
): Promise<Date | null> {
  if (context.viewer?.userId === userId) return mutedUntil
  const facts = await context.roomFacts.load(roomId)
  return facts && roomPolicy.muteMembers(facts, new Date(context.clock.now())) === null ? mutedUntil : null
}
