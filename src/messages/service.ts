import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { readBlockedUserIds } from '../access/facts.ts'
import { parseInput } from '../access/input.ts'
import { bodyText, isStorable } from '../access/text.ts'
import { limits } from '../config.ts'
import type { Db } from '../database/client.ts'
import { newUuid } from '../database/uuid.ts'
import { AppError, invariant, notFound } from '../errors.ts'
import type { Cursor } from '../feed/cursor.ts'
import type { FeedEvent } from '../feed/events.ts'
import type { Signal } from '../feed/signal.ts'
import type { FeedStream } from '../feed/stream.ts'
import type { EventKind, Message } from '../generated/prisma/client.ts'
import { type AuthoredMessage, readStretch, sendStatement } from './queries.ts'

const body = bodyText({ lengthMax: limits.messageLengthMax, bytesMax: limits.messageBytesMax })

const nonce = z
  .string()
  .min(1, 'may not be empty')
  .max(limits.nonceLengthMax, `may have at most ${limits.nonceLengthMax} characters`)
  .refine(isStorable, 'is not well-formed Unicode, or contains U+0000')

const sendInput = z.object({
  roomId: z.uuid(),
  body,
  nonce: nonce.nullish().transform((value) => value ?? null),
  replyToId: z
    .uuid()
    .nullish()
    .transform((value) => value ?? null),
})

/** A message that the viewer wants to send. */
export type SendMessage = z.input<typeof sendInput>

/**
 * Stores a message and answers when it is durable.
 *
 * With a nonce it may be tried again for ever: the same nonce of the same author in the same room is the same message.
 *
 * @throws AppError NOT_FOUND, ROOM_ARCHIVED, MUTED, SLOW_MODE, BLOCKED, NONCE_REUSED, SERVICE_UNAVAILABLE
 */
export async function sendMessage(context: ServiceContext, input: SendMessage): Promise<Message> {
  const viewer = assertSignedIn(context)
  const send = parseInput(sendInput, input)
  const sent = await context.feed.commitTogether(sendStatement, { ...send, id: newUuid(), authorId: viewer.userId })
  return sent.kind === 'new' ? sent.message : getMessage(context.db, sent.messageId)
}

const editInput = z.object({ messageId: z.uuid(), body })

/**
 * Replaces the body of one's own message, keeping what it said before.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN when it is not one's own, CONFLICT when it is deleted.
 */
export async function editMessage(context: ServiceContext, input: z.input<typeof editInput>): Promise<Message> {
  const viewer = assertSignedIn(context)
  const { messageId, body } = parseInput(editInput, input)
  const { roomId } = await findReadableMessage(context, messageId)
  return context.feed.write([roomId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action: 'editOwnMessage', tx })
    const message = await getMessage(tx, messageId)
    if (message.authorId !== viewer.userId) throw new AppError('FORBIDDEN', 'Only its author may edit a message.')
    if (message.deletedAt) throw new AppError('CONFLICT', 'The message is deleted.')
    if (message.body === body) return message
    if (message.body !== null) await tx.messageEdit.create({ data: { messageId, body: message.body } })
    append({ topicId: roomId, kind: 'MESSAGE_EDITED', actorId: viewer.userId, subject: messageId })
    return tx.message.update({ where: { id: messageId }, data: { body, editedAt: new Date() } })
  })
}

/**
 * Deletes a message: a tombstone with its number stays; body and edits are gone.
 *
 * Deleting it again changes nothing.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN when it is neither one's own nor may be moderated.
 */
export async function deleteMessage(context: ServiceContext, input: { messageId: string }): Promise<Message> {
  const viewer = assertSignedIn(context)
  const { messageId } = input
  const { roomId, authorId } = await findReadableMessage(context, messageId)
  const action = authorId === viewer.userId ? 'deleteOwnMessage' : 'moderateMessages'
  return context.feed.write([roomId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action, tx })
    const message = await getMessage(tx, messageId)
    if (message.deletedAt) return message
    await tx.messageEdit.deleteMany({ where: { messageId } })
    append({ topicId: roomId, kind: 'MESSAGE_DELETED', actorId: viewer.userId, subject: messageId })
    return tx.message.update({
      where: { id: messageId },
      data: { body: null, fingerprint: null, deletedAt: new Date(), pinnedAt: null, pinnedById: null },
    })
  })
}

/**
 * Finds a message in a room that the viewer reads.
 *
 * @throws AppError NOT_FOUND, alike for a message that does not exist and for one of another's room.
 */
export async function findReadableMessage(context: ServiceContext, messageId: string): Promise<Message> {
  assertSignedIn(context)
  const message = await context.db.message.findUnique({ where: { id: messageId } })
  if (!message) throw notFound('message')
  try {
    await assertCan(context, { roomId: message.roomId, action: 'read' })
  } catch (error) {
    if (error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'FORBIDDEN'))
      throw notFound('message')
    throw error
  }
  return message
}

/** A part of a room's history. */
export interface HistoryQuery {
  roomId: string
  take: number
  direction: 'forward' | 'backward'
  /** The number of the message to begin after or end before; null for the end that `direction` starts from. */
  place: number | null
}

/**
 * Reads messages of a room that the viewer reads, with their authors.
 *
 * Rows are bounded by the snapshot that the room's event cursor is from, so that stream and history join.
 */
export async function readHistory(context: ServiceContext, query: HistoryQuery): Promise<AuthoredMessage[]> {
  const { roomId, take, direction, place } = query
  const { topic } = await assertCan(context, { roomId, action: 'read' })
  const above = direction === 'forward' ? (place ?? 0) : 0
  const upTo = direction === 'backward' && place !== null ? Math.min(place - 1, topic.lastNumber) : topic.lastNumber
  return readStretch(context.sql, { roomId, above, upTo, direction, take })
}

const leaving: ReadonlySet<EventKind> = new Set(['MEMBER_LEFT', 'MEMBER_REMOVED', 'MEMBER_BANNED', 'MEMBER_DELETED'])

const nobody: ReadonlySet<string> = new Set()

/** A closure of its own, because it lives as long as the stream: it must not hold the operation's context. */
const endsFor = (viewerId: string) => (event: FeedEvent) =>
  event.kind === 'ROOM_DELETED' || (leaving.has(event.kind) && event.subject === viewerId)

/** What to follow of a room. */
export interface FollowRoom {
  roomId: string
  after: Cursor | null
  /** Whether the stream speaks of a signal. */
  selects(signal: Signal): boolean
}

/**
 * Follows a room that the viewer reads. The stream ends with the event that takes the viewer out of the room.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT when the cursor is of another feed.
 */
export function followRoom(context: ServiceContext, { roomId, after, selects }: FollowRoom): Promise<FeedStream> {
  const viewer = assertSignedIn(context)
  return context.feed.stream({
    topicId: roomId,
    after,
    async open() {
      context.forget()
      const [{ topic }, blockedUserIds] = await Promise.all([
        assertCan(context, { roomId, action: 'read' }),
        readBlockedUserIds(context.sql, viewer.userId),
      ])
      const interest = {
        viewerId: viewer.userId,
        hiddenActorIds: blockedUserIds.length > 0 ? new Set(blockedUserIds) : nobody,
        selects,
        endsWith: endsFor(viewer.userId),
      }
      return { state: topic, interest }
    },
    onSessionEnd: (callback) => context.sessions.watch(viewer, callback),
    forget: () => context.forget(),
  })
}

async function getMessage(db: Db, id: string): Promise<Message> {
  const message = await db.message.findUnique({ where: { id } })
  invariant(message, `message ${id} is there: messages are never removed`)
  return message
}
