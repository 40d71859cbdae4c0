import type { Sql } from '../../database/sql.ts'
import { type MessageDeleter, Prisma } from '../../generated/prisma/client.ts'

/** Turns messages into tombstones, deleted now or when they ended by themselves. Returns their numbers, in any order. */
export function makeTombstones(
  sql: Sql,
  messageIds: readonly string[],
  by: MessageDeleter | null,
): Promise<{ number: number }[]> {
  return sql<{ number: number }>(Prisma.sql`
    -- makeTombstones: messages_pkey
    update messages
    set body = null, fingerprint = null, terms = null, pinned_at = null, pinned_by_id = null,
      deleted_at = least(now(), expires_at), deleted_by = ${by}::message_deleter
    where id = any(${messageIds}::uuid[])
    returning number`)
}
