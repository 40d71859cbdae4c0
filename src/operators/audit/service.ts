import type { ServiceContext } from '../../access/context.ts'
import { inOrder } from '../../concurrency/loader.ts'
import type { AuditEvent, User } from '../../generated/prisma/client.ts'
import { assertOperator } from '../access.ts'
import { type AuditQuery, readAuditEvents } from './queries.ts'

/**
 * Lists security events for an operator, newest first.
 *
 * @throws AppError FORBIDDEN
 */
export async function listAuditEvents(context: ServiceContext, query: AuditQuery): Promise<AuditEvent[]> {
  await assertOperator(context)
  return readAuditEvents(context.sql, query)
}

/** Loads the accounts of security events by their ids. Null when there is none. */
export async function accountsByIds(
  { db }: Pick<ServiceContext, 'db'>,
  ids: readonly string[],
): Promise<(User | null)[]> {
  const users = await db.user.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, users, (user) => user.id)
}
