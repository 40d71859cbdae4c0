// What a room tells of itself: messages without text, which stand in its history like all others. They are here, because
// those who change a room or its members rank below messages/, which shows them.

import type { ServiceContext } from '../access/context.ts'
import { type Sql, sqlOfPrisma } from '../database/sql.ts'
import { newUuid } from '../database/uuid.ts'
import type { Write } from '../feed/write.ts'
import { Prisma, type SystemAction } from '../generated/prisma/client.ts'

/** Something that happened to a room. */
export interface Notices {
  readonly roomId: string
  readonly actorId: string
  readonly action: SystemAction
  /** Whom it happened to, a message for each; null where it happened to the room. */
  readonly subjectIds: readonly (string | null)[]
}

/**
 * Tells of a change in a room by messages of kind SYSTEM.
 *
 * In the transaction that makes the change.
 *
 * The room's topic is locked. Call it after the event of the change, so that who leaves does not get it.
 * With SYSTEM_MESSAGES=false it does nothing.
 */
export async function appendNotices(
  { config }: Pick<ServiceContext, 'config'>,
  { tx, append }: Write,
  { roomId, actorId, action, subjectIds }: Notices,
): Promise<void> {
  if (!config.systemMessages) return
  const messages = subjectIds.map((subjectId) => {
    const id = newUuid()
    const { seq, lastNumber } = append({ topicId: roomId, kind: 'MESSAGE_SENT', actorId, subject: id })
    return {
      id,
      roomId,
      number: lastNumber,
      seq,
      authorId: actorId,
      kind: 'SYSTEM' as const,
      systemAction: action,
      subjectId,
    }
  })
  const [first, last] = [messages[0]?.number, messages.at(-1)?.number]
  if (first === undefined || last === undefined) return
  await tx.message.createMany({ data: messages })
  // who joins has nothing to read yet, and who acts knows of it
  const readerIds = action === 'ADDED' ? [actorId, ...subjectIds.filter((id) => id !== null)] : [actorId]
  await keepRead(sqlOfPrisma(tx), { roomId, readerIds, first, last })
}

/** Lets members who had read everything before some messages have read these too. */
async function keepRead(
  sql: Sql,
  { roomId, readerIds, first, last }: { roomId: string; readerIds: readonly string[]; first: number; last: number },
): Promise<void> {
  await sql(Prisma.sql`
    -- keepRead: members_pkey, one row a reader
    update members
    set last_read_number = ${last}::integer,
      last_delivered_number = greatest(last_delivered_number, ${last}::integer)
    where room_id = ${roomId}::uuid
      and user_id = any(${readerIds}::uuid[])
      and last_read_number = ${first}::integer - 1`)
}
