// The body of a message, and reading messages by id. History, edits, pins and the like are in the folders beside this.

import { assertCanFind, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { limits } from '../config/config.ts'
import type { Db } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { invariant, notFound } from '../errors.ts'
import { bodyText } from '../input/text.ts'
import { readMessages, type ShownMessage } from './queries.ts'

/** The body of a message. It may be blank when the message has files. */
export const messageBody = bodyText({
  lengthMax: limits.messageLengthMax,
  bytesMax: limits.messageBytesMax,
  mayBeBlank: true,
})

/**
 * Finds a message in a room that the viewer may read.
 *
 * @throws AppError NOT_FOUND, the same for a message that does not exist and one in a room that the viewer may not read.
 */
export async function findReadableMessage(context: ServiceContext, messageId: string): Promise<ShownMessage> {
  assertSignedIn(context)
  const [row] = await readMessages(context.lookups, [messageId])
  const message = row?.message
  // a missing message takes as long as one that the viewer may not see: no room has its id
  await assertCanFind(context, { roomId: message?.roomId ?? messageId, action: 'read', what: 'message' })
  if (!message) throw notFound('message')
  const { member } = (await context.roomFacts.load(message.roomId)) ?? {}
  if (member && message.number <= member.historyFrom) throw notFound('message')
  return message
}

/** Reads a message that is known to exist. */
export async function getMessage(db: Db, id: string): Promise<ShownMessage> {
  const [row] = await readMessages(sqlOfPrisma(db), [id])
  const message = row?.message
  invariant(message, `message ${id} exists: messages are removed only with their room`)
  return message
}
