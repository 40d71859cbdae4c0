// The body of a message, and reading messages by id or number. Edits, pins and the like are in the folders beside this.

import { assertCan, assertCanFind, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { limits } from '../config/config.ts'
import type { Db } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { badInput, invariant, notFound } from '../errors.ts'
import type { Position } from '../feed/chain.ts'
import type { TopicState } from '../feed/topics.ts'
import type { Message } from '../generated/prisma/client.ts'
import { parseNumberKeyset } from '../input/keyset.ts'
import { bodyText } from '../input/text.ts'
import { readMessages, type Stretch } from './queries.ts'

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
export async function findReadableMessage(context: ServiceContext, messageId: string): Promise<Message> {
  assertSignedIn(context)
  const [row] = await readMessages(context.sql, [messageId])
  const message = row?.message
  // a missing message takes as long as one that the viewer may not see: no room has its id
  await assertCanFind(context, { roomId: message?.roomId ?? messageId, action: 'read', what: 'message' })
  if (!message) throw notFound('message')
  const { member } = (await context.roomFacts.load(message.roomId)) ?? {}
  if (member && message.number <= member.historyFrom) throw notFound('message')
  return message
}

/** Selects a page of a room's history. */
export interface HistoryQuery {
  roomId: string
  take: number
  direction: 'forward' | 'backward'
  /** The keys of the message after or before which the page lies; null for the end at which `direction` starts. */
  keyset: readonly string[] | null
}

/**
 * Finds the range of history of a page, in a room that the viewer may read.
 *
 * It ends at the snapshot of the room's event cursor, so that history and stream join without a gap.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function findStretch(context: ServiceContext, query: HistoryQuery): Promise<Stretch> {
  const { roomId, take, direction } = query
  const { topic, member } = await assertCan(context, { roomId, action: 'read' })
  const begin = member?.historyFrom ?? 0
  const number = parseNumberKeyset(query.keyset, direction === 'forward' ? 'after' : 'before')
  const above = Math.max(begin, direction === 'forward' ? (number ?? 0) : 0)
  const upTo = direction === 'backward' && number !== null ? Math.min(number - 1, topic.lastNumber) : topic.lastNumber
  return { roomId, above, upTo, direction, take, since: positionOf(topic) }
}

/**
 * Finds the stretch of history with a number in its middle.
 *
 * It is moved where it would pass an end.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a number below 1.
 */
export async function findStretchAround(
  context: ServiceContext,
  { roomId, around, take }: { roomId: string; around: number; take: number },
): Promise<Stretch> {
  const { topic, member } = await assertCan(context, { roomId, action: 'read' })
  if (around < 1) throw badInput('around', 'must be the number of a message, from 1')
  const begin = member?.historyFrom ?? 0
  const above = Math.max(begin, Math.min(around - 1 - Math.floor(take / 2), topic.lastNumber - take))
  return { roomId, above, upTo: topic.lastNumber, direction: 'forward', take, since: positionOf(topic) }
}

/** The position of a feed at the head of its topic. */
export const positionOf = ({ head: seq, chain }: TopicState): Position => ({ seq, chain })

/** Reads a message that is known to exist. */
export async function getMessage(db: Db, id: string): Promise<Message> {
  const [row] = await readMessages(sqlOfPrisma(db), [id])
  const message = row?.message
  invariant(message, `message ${id} exists: messages are removed only with their room`)
  return message
}
