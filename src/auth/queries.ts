import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/**
 * Reads when sessions end, in milliseconds since 1970.
 *
 * @returns only the sessions that were not revoked and whose user was not deleted; their end may have passed.
 */
export async function readSessionEnds(sql: Sql, sessionIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; expires_at: Date }>(Prisma.sql`
    -- readSessionEnds: sessions_pkey and users_pkey, one row an id
    select sessions.id, sessions.expires_at
    from sessions
    join users on users.id = sessions.user_id
    where sessions.id = any(${sessionIds}::uuid[]) and sessions.revoked_at is null and users.deleted_at is null`)
  return new Map(rows.map((row) => [row.id, row.expires_at.getTime()]))
}
