import type { Viewer } from '../access/context.ts'
import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** Tells whether a live session is of an operator, and not opened by name alone. */
export async function isOperatorSession(sql: Sql, { userId, sessionId }: Viewer): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- isOperatorSession: operators_pkey, sessions_pkey
    select 1
    from operators
    join sessions on sessions.user_id = operators.user_id
    where operators.user_id = ${userId}::uuid and sessions.id = ${sessionId}::uuid and not sessions.by_name
      and sessions.revoked_at is null`)
  return rows.length > 0
}
