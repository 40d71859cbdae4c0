// Bans a user from a room. The mutation banMember is in messages/deletion, because it can delete messages too.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import type { DatabaseClock } from '../../database/clock.ts'
import { badInput, notFound } from '../../errors.ts'
import type { Ban } from '../../generated/prisma/client.ts'
import { parseKeyset } from '../../input/keyset.ts'
import { momentAhead, parseInput } from '../../input/parse.ts'
import { optionalText } from '../../input/text.ts'
import { endInvitations } from '../invitations/service.ts'
import { revokeInvitesOf } from '../invites/service.ts'
import { deleteMember, topicsOfDeparture } from '../leaving/service.ts'
import { findMember, type MemberKey } from '../queries.ts'
import { assertOutranks } from '../roles/service.ts'
import type { ListQuery } from '../service.ts'
import { readBans } from './queries.ts'

const banInput = (clock: DatabaseClock) =>
  z.object({
    roomId: z.uuid(),
    userId: z.uuid(),
    reason: optionalText(limits.banReasonLengthMax).default(null),
    expiresAt: momentAhead(clock.now, limits.banDaysMax).nullable().default(null),
  })

/** The ban to set. */
export type BanMember = z.input<ReturnType<typeof banInput>>

/**
 * Bans a user from a room, member or not, and removes a member from it.
 *
 * Banning again replaces the ban.
 *
 * @throws AppError NOT_FOUND, also for a user who does not exist or is deleted; FORBIDDEN when the viewer does not
 * outrank the member; BAD_USER_INPUT, also for the viewer.
 */
export async function banMember(context: ServiceContext, input: BanMember): Promise<Ban> {
  const { userId: bannedById } = assertSignedIn(context)
  // before the input is checked, so that a ban ends after its start
  const createdAt = new Date(context.clock.now())
  const { roomId, userId, reason, expiresAt } = parseInput(banInput(context.clock), input)
  return context.feed.write(await topicsOfDeparture(context, { roomId, userId }), async (write) => {
    const { tx, audit } = write
    const facts = await assertCan(context, { roomId, action: 'banMembers', tx })
    if (userId === bannedById) throw badInput('userId', 'is yourself')
    const member = await findMember(tx, { roomId, userId })
    if (member) {
      assertOutranks(facts, member)
      await deleteMember(context, write, { roomId, userId, actorId: bannedById, kind: 'MEMBER_BANNED' })
    } else if (!(await tx.user.findUnique({ where: { id: userId, deletedAt: null } }))) {
      throw notFound('user')
    }
    await revokeInvitesOf(context, tx, { roomId, createdById: userId })
    await endInvitations(write, { roomId, userIds: [userId], actorId: bannedById })
    audit({ kind: 'MEMBER_BANNED', userId, roomId })
    const ban = { bannedById, reason, createdAt, expiresAt }
    return tx.ban.upsert({
      where: { roomId_userId: { roomId, userId } },
      create: { roomId, userId, ...ban },
      update: ban,
    })
  })
}

const unbanInput = z.object({ roomId: z.uuid(), userId: z.uuid() })

/**
 * Lifts a ban: the user may enter again, but does not become a member.
 *
 * @throws AppError NOT_FOUND, also when the user is not banned; FORBIDDEN unless the viewer is an admin or the owner.
 */
export async function unbanMember(context: ServiceContext, input: z.input<typeof unbanInput>): Promise<MemberKey> {
  assertSignedIn(context)
  const { roomId, userId } = parseInput(unbanInput, input)
  await context.feed.write([roomId], async ({ tx, audit }) => {
    await assertCan(context, { roomId, action: 'banMembers', tx })
    const active = [{ expiresAt: null }, { expiresAt: { gt: new Date(context.clock.now()) } }]
    const { count } = await tx.ban.deleteMany({ where: { roomId, userId, OR: active } })
    if (count === 0) throw notFound('ban')
    audit({ kind: 'MEMBER_UNBANNED', userId, roomId })
  })
  return { roomId, userId }
}

/**
 * Lists the active bans of a room, newest first.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is an admin or the owner, BAD_USER_INPUT.
 */
export async function listBans(
  context: ServiceContext,
  { roomId, take, keyset }: ListQuery & { roomId: string },
): Promise<Ban[]> {
  await assertCan(context, { roomId, action: 'banMembers' })
  return readBans(context.sql, { roomId, take, after: parseKeyset(keyset) })
}
