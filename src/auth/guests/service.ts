// Signing in as a guest, and registering one. They leave their rooms with their last session: account/guests.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { AppError } from '../../errors.ts'
import { parseInput } from '../../input/parse.ts'
import { nameText } from '../../input/text.ts'
import { assertNamesFree } from '../../users/free-names.ts'
import { createUser } from '../../users/service.ts'
import { hashPassword } from '../passwords/hashing.ts'
import {
  type AccountInput,
  accountInput,
  assertPasswordPolicy,
  type Grant,
  grant,
  type SignInContext,
} from '../service.ts'
import { assertSessionLive, openSession, prolongSession } from '../sessions/service.ts'

const guestInput = z.object({ displayName: nameText(limits.displayNameLengthMax) })

/**
 * Creates a guest account with only a display name, and signs it in.
 *
 * @throws AppError GUESTS_DISABLED, RATE_LIMITED, BAD_USER_INPUT
 */
export async function signInAsGuest(context: SignInContext, input: z.input<typeof guestInput>): Promise<Grant> {
  if (!context.config.guests) {
    throw new AppError('GUESTS_DISABLED', 'This server does not allow guests. Register or sign in.')
  }
  const parsed = parseInput(guestInput, input)
  await context.rates.take(['signUpFromAddress', context.address])
  const opened = await context.feed.write([], async (write) => {
    const user = await createUser(context, write.tx, { username: null, displayName: parsed.displayName })
    return openSession(context, write, { userId: user.id, userAgent: context.userAgent, by: 'guest' })
  })
  return grant(context, opened)
}

/**
 * Registers a guest, who keeps id, rooms, history and session.
 *
 * @throws AppError UNAUTHENTICATED, CONFLICT when already registered, RATE_LIMITED, BAD_USER_INPUT, USERNAME_TAKEN,
 * PASSWORDLESS_DISABLED
 */
export async function upgradeGuest(context: ServiceContext, input: AccountInput): Promise<Grant> {
  const { userId, sessionId } = assertSignedIn(context)
  const { password, displayName, email, phone, username } = parseInput(accountInput, input)
  assertPasswordPolicy(context, password)
  const hash = async () => (password == null ? null : hashPassword(password))
  const passwordHash = await context.rates.during([['passwordSetByUser', userId]], hash)
  const opened = await context.feed.write([userId], async ({ tx, append, audit }) => {
    await assertSessionLive(context, tx, sessionId)
    const { count } = await tx.user.updateMany({
      where: { id: userId, isGuest: true },
      data: {
        username,
        isGuest: false,
        email: email ?? null,
        phone: phone ?? null,
        ...(displayName != null && { displayName }),
      },
    })
    if (count === 0)
      throw new AppError(
        'CONFLICT',
        'This account is already registered. Change it with updateProfile and changePassword.',
      )
    await assertNamesFree(context, tx, [username])
    if (passwordHash !== null) {
      await tx.credential.create({ data: { userId, passwordHash } })
      audit({ kind: 'PASSWORD_CHANGED', userId })
    }
    append({ topicId: userId, kind: 'PROFILE_UPDATED', actorId: userId, subject: userId })
    return prolongSession(context, tx, { sessionId })
  })
  context.presenceTracker.tellUser(userId, 'profile')
  return grant(context, opened)
}
