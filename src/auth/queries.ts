import type { Sql } from '../database/sql.ts'
import { invariant } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'

/**
 * Reads when sessions end, in milliseconds since 1970.
 *
 * @returns only sessions that were not revoked and whose user was not deleted; they may have expired.
 */
export async function readSessionEnds(sql: Sql, sessionIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; expires_at: Date }>(Prisma.sql`
    -- readSessionEnds: sessions_pkey and users_pkey, one row per id; for every request and stream
    select sessions.id, sessions.expires_at
    from sessions
    join users on users.id = sessions.user_id
    where sessions.id = any(${sessionIds}::uuid[]) and sessions.revoked_at is null and users.deleted_at is null`)
  return new Map(rows.map((row) => [row.id, row.expires_at.getTime()]))
}

/** Adds a refresh token. Its age counts by the clock of the database, as `replaceRefreshToken` reads it. */
export async function insertRefreshToken(
  sql: Sql,
  token: { sessionId: string; hash: Uint8Array; predecessor: Uint8Array | null },
): Promise<void> {
  await sql(Prisma.sql`
    -- insertRefreshToken: one row
    insert into refresh_tokens (hash, session_id, predecessor, created_at)
    values (${token.hash}, ${token.sessionId}::uuid, ${token.predecessor}, now())`)
}

/**
 * Marks a refresh token as replaced, if it may still be exchanged.
 *
 * A token may be exchanged once, and again while none of its successors was exchanged. Successors older than `refreshRetryMs`
 * were then lost in transit, and are withdrawn.
 *
 * @returns whether it may; false means that two parties have the session. Uses the clock of the database.
 */
export async function replaceRefreshToken(sql: Sql, hash: Uint8Array, refreshRetryMs: number): Promise<boolean> {
  const [row] = await sql<{ isGood: boolean }>(Prisma.sql`
    -- replaceRefreshToken: refresh_tokens_pkey and refresh_tokens_predecessor_idx, one row for each exchange
    with presented as (
      select replaced_at, withdrawn_at
      from refresh_tokens
      where hash = ${hash}
    ), successors as (
      select count(*) as given, count(*) filter (where replaced_at is not null) as exchanged
      from refresh_tokens
      where predecessor = ${hash}
    ), judged as (
      select withdrawn_at is null and (replaced_at is null or (given > 0 and exchanged = 0)) as is_good
      from presented, successors
    ), replaced as (
      update refresh_tokens
      set replaced_at = coalesce(replaced_at, now())
      where hash = ${hash} and (select is_good from judged)
    ), withdrawn as (
      update refresh_tokens
      set withdrawn_at = now()
      where predecessor = ${hash} and withdrawn_at is null and (select is_good from judged)
        and created_at < now() - ${refreshRetryMs}::integer * interval '1 millisecond'
    )
    select is_good as "isGood"
    from judged`)
  invariant(row, 'the caller has just read the token')
  return row.isGood
}
