import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { beyond, type Keyset } from '../../input/keyset.ts'

/** Reads the ids of groups that all members left, the least active first. */
export async function readAbandonedIds(
  sql: Sql,
  { after, take }: { after: Keyset | null; take: number },
): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readAbandonedIds: rooms_abandoned_idx, take rows
    select id
    from rooms
    where kind = 'GROUP' and member_count = 0 and deleted_at is null ${beyond(Prisma.sql`(active_at, id) >`, after)}
    order by active_at, id
    limit ${take}`)
  return rows.map((row) => row.id)
}
