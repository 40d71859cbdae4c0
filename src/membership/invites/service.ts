// Invites: codes that anybody may use. An invitation of one user is in invitations/.

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { assertCan, assertCanFind, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import type { Transaction } from '../../database/client.ts'
import type { DatabaseClock } from '../../database/clock.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { newUuidIn } from '../../database/uuid.ts'
import { AppError, badInput } from '../../errors.ts'
import type { Invite } from '../../generated/prisma/client.ts'
import { momentAhead, parseInput } from '../../input/parse.ts'
import { isStorable } from '../../input/text.ts'
import { countLiveInvites, type InvitePreview, readInvitePreview, readInvites } from './queries.ts'

/** 144 bits, which nobody can guess, in 24 URL-safe characters. */
const codeBytes = 18

/** Parses the code of an invite. */
export const inviteCode = z.string().max(limits.inviteCodeLengthMax).refine(isStorable)

/** Creates the one error for every unusable invite, whatever the reason. */
export function inviteInvalid(): AppError {
  return new AppError('INVITE_INVALID', 'This invite does not exist, has expired, was revoked or is used up.')
}

const createInput = (clock: DatabaseClock) =>
  z.object({
    roomId: z.uuid(),
    expiresAt: momentAhead(clock.now, limits.inviteDaysMax).nullable().default(null),
    usesMax: z
      .int()
      .min(1, `must be from 1 to ${limits.inviteUsesMax}`)
      .max(limits.inviteUsesMax, `must be from 1 to ${limits.inviteUsesMax}`)
      .nullable()
      .default(null),
  })

/**
 * Creates an invite to a room, with a new code.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, BAD_USER_INPUT, RATE_LIMITED; CONFLICT when the room has too many live invites.
 */
export async function createInvite(
  context: ServiceContext,
  input: z.input<ReturnType<typeof createInput>>,
): Promise<Invite> {
  const { userId: createdById } = assertSignedIn(context)
  // before the input is checked, so that an invite ends after its start
  const createdAt = new Date(context.clock.now())
  const { roomId, ...bounds } = parseInput(createInput(context.clock), input)
  await context.rates.take(['invitesOfUser', createdById])
  return context.feed.write([roomId], async ({ tx }) => {
    await assertCan(context, { roomId, action: 'manageInvites', tx })
    if ((await countLiveInvites(sqlOfPrisma(tx), roomId)) >= limits.invitesPerRoomMax) {
      throw new AppError('CONFLICT', `A room has at most ${limits.invitesPerRoomMax} live invites: revoke one first.`)
    }
    const code = randomBytes(codeBytes).toString('base64url')
    const id = newUuidIn(roomId)
    return tx.invite.create({ data: { ...bounds, id, roomId, code, createdById, createdAt } })
  })
}

const revokeInput = z.object({ inviteId: z.uuid() })

/**
 * Revokes an invite: once it resolves, nobody enters with it any more. Revoking it again changes nothing.
 *
 * @throws AppError NOT_FOUND, the same for an invite that does not exist and one that the viewer may not see.
 */
export async function revokeInvite(context: ServiceContext, input: z.input<typeof revokeInput>): Promise<Invite> {
  assertSignedIn(context)
  const { inviteId: id } = parseInput(revokeInput, input)
  const found = await context.db.invite.findUnique({ where: { id } })
  // a missing invite takes as long as one that the viewer may not see: no room has its id
  const roomId = found?.roomId ?? id
  return context.feed.write([roomId], async ({ tx }) => {
    await assertCanFind(context, { roomId, action: 'seeInvites', tx, what: 'invite' })
    // joining uses an invite under the same lock
    await tx.invite.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date(context.clock.now()) } })
    return tx.invite.findUniqueOrThrow({ where: { id } })
  })
}

/** Revokes the invites of a user who was removed from a room. Its topic is locked. */
export async function revokeInvitesOf(
  { clock }: Pick<ServiceContext, 'clock'>,
  tx: Transaction,
  invites: { roomId: string; createdById: string },
): Promise<void> {
  const revokedAt = new Date(clock.now())
  await tx.invite.updateMany({ where: { ...invites, revokedAt: null }, data: { revokedAt } })
}

/**
 * Lists the invites to a room, newest first, including unusable ones.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is an admin or the owner, BAD_USER_INPUT.
 */
export async function listInvites(
  context: ServiceContext,
  { roomId, take, keyset }: { roomId: string; take: number; keyset: readonly string[] | null },
): Promise<Invite[]> {
  await assertCan(context, { roomId, action: 'seeInvites' })
  const after = z.tuple([z.uuid()]).nullable().safeParse(keyset)
  if (!after.success) throw badInput('after', 'is not a cursor of this connection')
  return readInvites(context.db, { roomId, take, after: after.data?.[0] ?? null })
}

/**
 * Previews the room of an invite, for anybody who has its code.
 *
 * @throws AppError INVITE_INVALID, the same for every unusable invite.
 */
export async function previewInvite(context: ServiceContext, input: { code: string }): Promise<InvitePreview> {
  const code = inviteCode.safeParse(input.code)
  const preview = code.success ? await readInvitePreview(context.sql, code.data) : null
  if (!preview) throw inviteInvalid()
  return preview
}
