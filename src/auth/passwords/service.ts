// The passwords of accounts: who has one, asking for the current password, and changing it.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import type { Attempt } from '../../access/rates.ts'
import type { Transaction } from '../../database/client.ts'
import { AppError } from '../../errors.ts'
import type { Credential } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { type Grant, grant } from '../service.ts'
import { assertSessionLive, assertSessionProven, endSessions, prolongSession } from '../sessions/service.ts'
import { anyPassword, hashPassword, passwordText, verifyPassword } from './hashing.ts'

/** Loads whether users have a password, by their ids. */
export async function passwordsByUserIds(
  { db }: Pick<ServiceContext, 'db'>,
  userIds: readonly string[],
): Promise<readonly boolean[]> {
  const rows = await db.credential.findMany({ where: { userId: { in: [...userIds] } }, select: { userId: true } })
  const owners = new Set(rows.map((row) => row.userId))
  return userIds.map((userId) => owners.has(userId))
}

/** Checks again, under the lock of the user, that the password has not changed. Null when there is none. */
export type Recheck = (tx: Transaction) => Promise<Credential | null>

/**
 * Verifies the current password of the viewer, if the account has one. Wrong attempts are counted.
 *
 * It compares before the user is locked, because hashing is slow.
 *
 * @returns a function to call under that lock. It throws BAD_CREDENTIALS when the password has changed in the meantime,
 * SESSION_EXPIRED when the session has ended, and FORBIDDEN without a password in a session opened by the username alone.
 * @throws AppError UNAUTHENTICATED, RATE_LIMITED, BAD_CREDENTIALS, SERVICE_UNAVAILABLE
 */
export async function askPassword(context: ServiceContext, password: string | null | undefined): Promise<Recheck> {
  const { userId, sessionId } = assertSignedIn(context)
  const attempt: Attempt = ['passwordOfUser', userId]
  const { compared, isEqual } = await context.rates.during([attempt], async () => {
    const compared = await context.db.credential.findUnique({ where: { userId } })
    return { compared, isEqual: !compared || (await verifyPassword(compared.passwordHash, password ?? '')) }
  })
  if (!isEqual) {
    const { address } = context
    context.refusals.note({ kind: 'SIGN_IN_REFUSED', actorId: userId, userId, address, detail: 'currentPassword' })
    throw wrongPassword()
  }
  await context.rates.forget(attempt)
  return async (tx) => {
    await (compared ? assertSessionLive : assertSessionProven)(context, tx, sessionId)
    const credential = await tx.credential.findUnique({ where: { userId } })
    if (credential?.passwordHash !== compared?.passwordHash) throw wrongPassword()
    return credential
  }
}

const changeInput = z.object({ currentPassword: anyPassword.nullish(), newPassword: passwordText })

/**
 * Changes the viewer's password, or sets the first one.
 *
 * Ends all their other sessions. The refresh tokens of this session are replaced too, because somebody who knew the old
 * password may have them.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, BAD_CREDENTIALS, RATE_LIMITED, CONFLICT for guests, who have no
 * username yet; FORBIDDEN in a session opened by the username alone.
 */
export async function changePassword(context: ServiceContext, input: z.input<typeof changeInput>): Promise<Grant> {
  const { userId, sessionId } = assertSignedIn(context)
  const { currentPassword, newPassword } = parseInput(changeInput, input)
  const recheck = await askPassword(context, currentPassword)
  const passwordHash = await context.rates.during([['passwordSetByUser', userId]], () => hashPassword(newPassword))
  const opened = await context.feed.write([userId], async (write) => {
    const { tx, append, audit } = write
    const credential = await recheck(tx)
    const { isGuest } = await tx.user.findUniqueOrThrow({ where: { id: userId } })
    if (isGuest) throw new AppError('CONFLICT', 'A guest has no password. Choose a username with upgradeGuest.')
    await tx.credential.upsert({ where: { userId }, create: { userId, passwordHash }, update: { passwordHash } })
    audit({ kind: 'PASSWORD_CHANGED', userId })
    await endSessions(context, write, { userId, which: { not: sessionId } })
    // because `hasPassword` changes
    if (!credential) append({ topicId: userId, kind: 'PROFILE_UPDATED', actorId: userId, subject: userId })
    await tx.refreshToken.deleteMany({ where: { sessionId } })
    return prolongSession(context, tx, { sessionId })
  })
  return grant(context, opened)
}

function wrongPassword(): AppError {
  return new AppError('BAD_CREDENTIALS', 'The password is wrong. Nothing was changed.')
}
