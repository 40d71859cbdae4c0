import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Selects messages of an author to delete. */
export interface OwnMessagesQuery {
  readonly authorId: string
  /** Null for those in all rooms. */
  readonly roomId: string | null
  /** Messages sent from this time on; null for all. */
  readonly since: Date | null
  readonly take: number
}

/** A message of an author. */
export interface OwnMessage {
  readonly id: string
  readonly roomId: string
}

/** Reads messages of an author that are not deleted, the newest first. */
export function readOwnMessages(sql: Sql, { authorId, roomId, since, take }: OwnMessagesQuery): Promise<OwnMessage[]> {
  return sql<OwnMessage>(Prisma.sql`
    -- readOwnMessages: messages_author_id_created_at_idx, take rows and those that are left out
    select id, room_id as "roomId"
    from messages
    where author_id = ${authorId}::uuid and kind = 'TEXT' and deleted_at is null
      ${roomId === null ? Prisma.empty : Prisma.sql`and room_id = ${roomId}::uuid`}
      ${since === null ? Prisma.empty : Prisma.sql`and created_at >= ${since}::timestamptz`}
    order by created_at desc
    limit ${take}`)
}

/** Keeps those of some messages that are not deleted. Their room's topic is locked. */
export async function keepLiving(sql: Sql, messageIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- keepLiving: messages_pkey
    select id
    from messages
    where id = any(${messageIds}::uuid[]) and deleted_at is null`)
  return rows.map((row) => row.id)
}
