// Operators are made on the command line, and never by default.

import { findRegistered, type OperatorParts } from '../auth/account-commands.ts'
import { AppError } from '../errors.ts'
import type { User } from '../generated/prisma/client.ts'

/**
 * Makes a registered user an operator. Doing it again changes nothing.
 *
 * @throws AppError NOT_FOUND, CONFLICT for an account without a password, which anybody can use where these may sign in.
 */
export async function addOperator({ db, feed }: OperatorParts, username: string): Promise<User> {
  const user = await findRegistered({ db }, username)
  const { id: userId } = user
  await feed.write([userId], async ({ tx, audit }) => {
    if (await tx.operator.findUnique({ where: { userId } })) return
    if (!(await tx.credential.findUnique({ where: { userId } }))) {
      throw new AppError('CONFLICT', `"${username}" has no password. Set one first: kabar users reset-password.`)
    }
    await tx.operator.create({ data: { userId } })
    audit({ kind: 'OPERATOR_ADDED', userId })
  })
  return user
}

/**
 * Takes the rights of an operator back, at once.
 *
 * @throws AppError NOT_FOUND, also for a user who is no operator.
 */
export async function removeOperator({ db, feed }: OperatorParts, username: string): Promise<User> {
  const user = await findRegistered({ db }, username)
  const { id: userId } = user
  await feed.write([userId], async ({ tx, audit }) => {
    const { count } = await tx.operator.deleteMany({ where: { userId } })
    if (count === 0) throw new AppError('NOT_FOUND', `"${username}" is no operator.`)
    audit({ kind: 'OPERATOR_REMOVED', userId })
  })
  return user
}

/** Lists all operators, the oldest first. There are a handful. */
export async function listOperators({ db }: Pick<OperatorParts, 'db'>): Promise<(User & { addedAt: Date })[]> {
  const rows = await db.operator.findMany({ include: { user: true }, orderBy: [{ addedAt: 'asc' }, { userId: 'asc' }] })
  return rows.map(({ user, addedAt }) => ({ ...user, addedAt }))
}
