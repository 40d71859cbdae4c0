import type { Sql } from '../database/sql.ts'
import { invariant } from '../errors.ts'
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

/**
 * Marks a refresh token as replaced, unless it was before.
 *
 * @returns for how long it has been, in milliseconds. The clock of the database tells, since those of servers differ.
 */
export async function replaceRefreshToken(sql: Sql, hash: Uint8Array): Promise<number> {
  const [row] = await sql<{ ageMs: number }>(Prisma.sql`
    -- replaceRefreshToken: refresh_tokens_pkey
    update refresh_tokens
    set replaced_at = coalesce(replaced_at, now())
    where hash = ${hash}
    returning extract(epoch from now() - replaced_at)::float8 * 1000 as "ageMs"`)
  invariant(row, 'the caller has just read the token')
  return row.ageMs
}
