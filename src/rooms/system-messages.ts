// System messages: messages without text in the history of a room. They are defined here, because the code that changes
// rooms and members ranks below messages/, which shows them.

import type { ServiceContext } from '../access/context.ts'
import { type Sql, sqlOfPrisma } from '../database/sql.ts'
import { newUuidIn } from '../database/uuid.ts'
import type { Write } from '../feed/write.ts'
import { Prisma, type SystemAction } from '../generated/prisma/client.ts'
import { addUncounted } from './uncounted/queries.ts'

/** A change in a room, reported by system messages. */
export interface Notices {
  readonly roomId: string
  readonly actorId: string
  readonly action: SystemAction
  /** The users whom it affects, a message for each; null when it affects the room. */
  readonly subjectIds: readonly (string | null)[]
  /** True when these messages leave a direct room hidden for members whose list does not show it. */
  readonly keepsHidden?: boolean
}

/**
 * Appends messages of kind SYSTEM that report a change in a room.
 *
 * Runs in the transaction that makes the change.
 *
 * The room's topic is locked. Call it after the event of the change, so that a leaving member does not receive it.
 * With SYSTEM_MESSAGES=false it does nothing.
 */
export async function appendSystemMessages(
  { config }: Pick<ServiceContext, 'config'>,
  { tx, append }: Write,
  { roomId, actorId, action, subjectIds, keepsHidden = false }: Notices,
): Promise<void> {
  if (!config.systemMessages) return
  const messages = subjectIds.map((subjectId) => {
    const id = newUuidIn(roomId)
    const { seq, chain, lastNumber } = append({ topicId: roomId, kind: 'MESSAGE_SENT', actorId, subject: id })
    return {
      id,
      roomId,
      number: lastNumber,
      seq,
      chain: new Uint8Array(Buffer.from(chain, 'hex')),
      authorId: actorId,
      kind: 'SYSTEM' as const,
      systemAction: action,
      subjectId,
    }
  })
  const [first, last] = [messages[0]?.number, messages.at(-1)?.number]
  if (first === undefined || last === undefined) return
  await tx.message.createMany({ data: messages })
  await addUncounted(sqlOfPrisma(tx), { roomId, numbers: messages.map(({ number }) => number) })
  // new members have nothing to read yet, and the actor knows of the change
  const readerIds = action === 'ADDED' ? [actorId, ...subjectIds.filter((id) => id !== null)] : [actorId]
  await keepRead(sqlOfPrisma(tx), { roomId, readerIds, first, last })
  if (keepsHidden) {
    await tx.member.updateMany({ where: { roomId, hiddenNumber: { gte: first - 1 } }, data: { hiddenNumber: last } })
  }
}

/** Marks some messages as read for members who had read everything before them. */
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
