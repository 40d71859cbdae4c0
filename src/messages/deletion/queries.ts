import type { Db } from '../../database/client.ts'
import type { Sql } from '../../database/sql.ts'
import { type MessageDeleter, Prisma } from '../../generated/prisma/client.ts'

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
export function readOwnMessages(db: Db, { authorId, roomId, since, take }: OwnMessagesQuery): Promise<OwnMessage[]> {
  const some = { ...(roomId !== null && { roomId }), ...(since !== null && { createdAt: { gte: since } }) }
  const where: Prisma.MessageWhereInput = { authorId, kind: 'TEXT', deletedAt: null, ...some }
  return db.message.findMany({ where, select: { id: true, roomId: true }, orderBy: { createdAt: 'desc' }, take })
}

/** Keeps those of some messages that are not deleted. Their room's topic is locked. */
export async function keepLiving(db: Db, messageIds: readonly string[]): Promise<string[]> {
  const where = { id: { in: [...messageIds] }, deletedAt: null }
  const messages = await db.message.findMany({ where, select: { id: true } })
  return messages.map(({ id }) => id)
}

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
