// Changes that an operator may make to the account of a user who is none: suspending, restoring, ending sessions, a new
// password, deletion.

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { ServiceContext } from '../../../access/context.ts'
import { deleteUser } from '../../../account/deletion/service.ts'
import { replacePassword } from '../../../auth/account-commands.ts'
import { hashPassword } from '../../../auth/passwords/hashing.ts'
import { endSessions } from '../../../auth/sessions/service.ts'
import { auditLimits } from '../../../config/audit.ts'
import type { Transaction } from '../../../database/client.ts'
import { AppError, badInput, notFound } from '../../../errors.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { parseInput } from '../../../input/parse.ts'
import { optionalText } from '../../../input/text.ts'
import { assertOperator } from '../../access.ts'

const userInput = z.object({ userId: z.uuid() })

/** The input of the mutations on one account. */
export type OfUser = z.input<typeof userInput>

const suspendInput = z.object({ userId: z.uuid(), reason: optionalText(auditLimits.detailLengthMax).optional() })

/**
 * Suspends an account: it cannot sign in, and all its sessions end.
 *
 * Sockets and streams close within 5 seconds, on every server.
 *
 * @param input.reason kept in the security event.
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, also for an operator; NOT_FOUND, BAD_USER_INPUT
 */
export async function suspendUser(
  context: ServiceContext,
  input: OfUser & { reason?: string | null | undefined },
): Promise<User> {
  const { reason = null } = parseInput(suspendInput, input)
  return changeAccount(context, input, async (write, user) => {
    if (user.suspendedAt) return user
    await endSessions(context, write, { userId: user.id })
    write.audit({ kind: 'USER_SUSPENDED', userId: user.id, detail: reason })
    return write.tx.user.update({ where: { id: user.id }, data: { suspendedAt: new Date(context.clock.now()) } })
  })
}

/**
 * Restores a suspended account. Its sessions stay ended.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export async function restoreUser(context: ServiceContext, input: OfUser): Promise<User> {
  return changeAccount(context, input, async ({ tx, audit }, user) => {
    if (!user.suspendedAt) return user
    audit({ kind: 'USER_RESTORED', userId: user.id })
    return tx.user.update({ where: { id: user.id }, data: { suspendedAt: null } })
  })
}

/**
 * Ends all sessions of an account.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export async function endUserSessions(context: ServiceContext, input: OfUser): Promise<User> {
  return changeAccount(context, input, async (write, user) => {
    await endSessions(context, write, { userId: user.id })
    return user
  })
}

/**
 * Gives an account a random password, and ends all its sessions.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, RATE_LIMITED, BAD_USER_INPUT for a guest.
 */
export async function resetUserPassword(
  context: ServiceContext,
  input: OfUser,
): Promise<{ user: User; password: string }> {
  const { userId: actorId } = await assertOperator(context)
  const password = randomBytes(15).toString('base64url')
  const passwordHash = await context.rates.during([['passwordSetByUser', actorId]], () => hashPassword(password))
  const user = await changeAccount(context, input, async (write, found) => {
    if (found.isGuest) throw badInput('userId', 'is a guest, who has no password')
    await replacePassword(context, write, { userId: found.id, passwordHash })
    return found
  })
  return { user, password }
}

/**
 * Deletes an account permanently, as deleteAccount does.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, also for an operator; NOT_FOUND
 */
export async function deleteUserAccount(context: ServiceContext, input: OfUser): Promise<User> {
  const { userId: actorId } = await assertOperator(context)
  const { userId } = parseInput(userInput, input)
  await findAccount(context.db, userId)
  await deleteUser(context, userId, async (tx) => {
    await assertOperator(context, tx)
    await assertNoOperator(tx, { userId, actorId })
  })
  return context.db.user.findUniqueOrThrow({ where: { id: userId } })
}

type Write = Parameters<Parameters<ServiceContext['feed']['write']>[1]>[0]

/** Changes an account under its lock, for an operator. */
async function changeAccount(
  context: ServiceContext,
  input: OfUser,
  work: (write: Write, user: User) => Promise<User>,
): Promise<User> {
  const { userId: actorId } = await assertOperator(context)
  const { userId } = parseInput(userInput, input)
  await findAccount(context.db, userId)
  return context.feed.write([userId], async (write) => {
    await assertOperator(context, write.tx)
    await assertNoOperator(write.tx, { userId, actorId })
    return work(write, await findAccount(write.tx, userId))
  })
}

async function findAccount(db: Pick<Transaction, 'user'>, userId: string): Promise<User> {
  const user = await db.user.findUnique({ where: { id: userId, deletedAt: null } })
  if (!user) throw notFound('user')
  return user
}

/** Operators cannot take over, or lock out, one another: only the command line can. */
async function assertNoOperator(
  tx: Transaction,
  { userId, actorId }: { userId: string; actorId: string },
): Promise<void> {
  if (userId !== actorId && !(await tx.operator.findUnique({ where: { userId } }))) return
  throw new AppError('FORBIDDEN', 'This account is one of an operator. Use the command line on the server.')
}
