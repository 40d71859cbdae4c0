// The accounts that operators see. Changes of them are in changes/.

import { z } from 'zod'
import type { ServiceContext } from '../../access/context.ts'
import { inOrder } from '../../concurrency/loader.ts'
import { limits } from '../../config/config.ts'
import type { Session, User } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { assertOperator } from '../access.ts'
import { type AccountsQuery, readAccountIds } from './queries.ts'

const searchInput = z.object({ search: z.string().max(limits.searchLengthMax).nullable() })

/**
 * Lists accounts for an operator, newest first.
 *
 * @throws AppError FORBIDDEN, BAD_USER_INPUT
 */
export async function listAccounts(context: ServiceContext, query: AccountsQuery): Promise<User[]> {
  await assertOperator(context)
  const { search } = parseInput(searchInput, { search: query.search })
  return usersByIds(context, await readAccountIds(context.sql, { ...query, search: search?.trim() || null }))
}

async function usersByIds({ db }: Pick<ServiceContext, 'db'>, ids: readonly string[]): Promise<User[]> {
  const users = await db.user.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, users, (user) => user.id).flatMap((user) => user ?? [])
}

/** Lists the live sessions of an account, the last used first. */
export function listSessionsOf({ db, clock }: ServiceContext, userId: string): Promise<Session[]> {
  return db.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: new Date(clock.now()) } },
    orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
    take: limits.sessionsPerUserMax,
  })
}
