import type { Viewer } from '../access/context.ts'
import type { Db } from '../database/client.ts'

/** Tells whether a live session is of an operator, and not opened by name alone. */
export async function isOperatorSession(db: Db, { userId, sessionId }: Viewer): Promise<boolean> {
  const session = await db.session.findFirst({
    where: { id: sessionId, userId, byName: false, revokedAt: null, user: { operator: { isNot: null } } },
    select: { id: true },
  })
  return session !== null
}
