import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** A message whose time is over. */
export interface ExpiredMessage {
  readonly id: string
  readonly roomId: string
}

/** Reads messages that have expired and are not deleted. Those first that ended first. */
export function readExpired(sql: Sql, take: number): Promise<ExpiredMessage[]> {
  return sql<ExpiredMessage>(Prisma.sql`
    -- readExpired: messages_expires_at_idx, take rows
    select id, room_id as "roomId"
    from messages
    where expires_at is not null and deleted_at is null and expires_at <= now()
    order by expires_at
    limit ${take}`)
}
