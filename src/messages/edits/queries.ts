import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Turns messages into tombstones. In SQL, because Prisma cannot write `terms`. */
export async function clearMessages(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql(Prisma.sql`
    -- clearMessages: messages_pkey, a row a message
    update messages
    set body = null, fingerprint = null, terms = null, deleted_at = ${new Date()}::timestamptz, pinned_at = null,
      pinned_by_id = null
    where id = any(${ids}::uuid[])`)
}
