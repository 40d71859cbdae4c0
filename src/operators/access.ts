import { assertSignedIn } from '../access/access.ts'
import type { ServiceContext, Viewer } from '../access/context.ts'
import type { Transaction } from '../database/client.ts'
import { AppError } from '../errors.ts'
import { isOperatorSession } from './queries.ts'

/**
 * Tells whether the viewer is an operator now.
 *
 * A session that was opened by the username alone is not one of an operator, because anybody can open it.
 */
export async function isOperator({ db, viewer }: Pick<ServiceContext, 'db' | 'viewer'>): Promise<boolean> {
  return viewer !== null && (await isOperatorSession(db, viewer))
}

/**
 * Returns the viewer if they are an operator.
 *
 * @param tx reads in this transaction: an operator who was removed meanwhile changes nothing.
 * @throws AppError UNAUTHENTICATED, SESSION_EXPIRED, FORBIDDEN
 */
export async function assertOperator(context: ServiceContext, tx?: Transaction): Promise<Viewer> {
  const viewer = assertSignedIn(context)
  if (await isOperatorSession(tx ?? context.db, viewer)) return viewer
  throw new AppError('FORBIDDEN', 'Only operators of the server may do this.')
}
