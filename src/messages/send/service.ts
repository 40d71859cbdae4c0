// Sending: the nonce, slow mode and rights are judged under the lock of the room, in batches.

import { hash } from 'node:crypto'
import { z } from 'zod'
import { assertSignedIn, refusalError } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { toFacts } from '../../access/facts.ts'
import { roomPolicy, slowModeMs } from '../../access/policy.ts'
import { limits } from '../../config/config.ts'
import { sendWindowMs } from '../../config/rates.ts'
import { newUuidIn } from '../../database/uuid.ts'
import { AppError, badInput, notFound } from '../../errors.ts'
import type { AppendedEvent } from '../../feed/appender.ts'
import type { BatchStatement } from '../../feed/batch.ts'
import type { NewEvent } from '../../feed/events.ts'
import type { Write } from '../../feed/write.ts'
import type { Message } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { isBlank, storableText } from '../../input/text.ts'
import { showInList } from '../../membership/room-list/service.ts'
import { touchRooms } from '../../rooms/discovery/queries.ts'
import { type AttachableFile, attachMedia, readAttachable } from '../attachments/queries.ts'
import { insertGroupMentions, insertMentions, readMentionable } from '../mentions/queries.ts'
import { findMentioned, leaveAllowed, type Mentioned, mentionEvents } from '../mentions/service.ts'
import type { ShownMessage } from '../queries.ts'
import { termsOf, toMarks } from '../search/terms.ts'
import { getMessage, messageBody } from '../service.ts'
import {
  insertMessages,
  type NewMessage,
  type RecentSends,
  readRecentSends,
  readSendFacts,
  type Send,
  type SendFacts,
} from './queries.ts'

const nonce = storableText
  .min(1, 'may not be empty')
  .max(limits.nonceLengthMax, `may have at most ${limits.nonceLengthMax} characters`)

const attachmentIds = z
  .array(z.uuid())
  .max(limits.attachmentsMax, `may have at most ${limits.attachmentsMax} files`)
  .refine((ids) => new Set(ids).size === ids.length, 'has a file twice')

const sendInput = z
  .object({
    roomId: z.uuid(),
    body: messageBody,
    attachmentIds: attachmentIds.nullish().transform((value) => value ?? []),
    nonce: nonce.nullish().transform((value) => value ?? null),
    replyToId: z
      .uuid()
      .nullish()
      .transform((value) => value ?? null),
  })
  .refine(({ body, attachmentIds: files }) => files.length > 0 || !isBlank(body), {
    path: ['body'],
    message: 'may not be blank',
  })

/** A message that the viewer wants to send. */
export type SendMessage = z.input<typeof sendInput>

/**
 * Stores a message and resolves when it is durable.
 *
 * With a nonce it can be retried at any time: the same nonce of the same author in the same room is the same message.
 * Its author is no longer shown as typing.
 *
 * @throws AppError BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, MUTED, SLOW_MODE, RATE_LIMITED, BLOCKED,
 * NONCE_REUSED, SERVICE_UNAVAILABLE
 */
export async function sendMessage(context: ServiceContext, input: SendMessage): Promise<ShownMessage> {
  const viewer = assertSignedIn(context)
  const send = parseInput(sendInput, input)
  const { sendsMax } = context.config.edge
  const message = { ...send, authorId: viewer.userId }
  const mentioned = await findMentioned(context.sql, message)
  const work = { ...message, id: newUuidIn(send.roomId), mentioned, sendsMax }
  const sent = await context.feed.commitTogether(sendStatement, work).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'RATE_LIMITED') {
      context.metrics.add('rate_limited_total', { kind: 'sends' })
    }
    throw error
  })
  if (sent.kind !== 'new') return getMessage(context.db, sent.messageId)
  const { roomId } = sent.message
  context.typists.end({ roomId, userId: viewer.userId })
  for (const userId of sent.hidingIds) {
    await showInList(context, { roomId, userId }).catch((error: unknown) => {
      // the message is stored, and the room is back in the list: its last number is above the hidden one. Only the event is
      // missing, until the next message
      context.log.warn({ err: error, roomId }, 'a member could not be told that a hidden room is back in the list')
    })
  }
  return sent.message
}

/** The result of a send. */
export type Sent =
  | { readonly kind: 'new'; readonly message: Message; readonly hidingIds: readonly string[] }
  /** The nonce was used before: the message that it was used for. */
  | { readonly kind: 'earlier'; readonly messageId: string }

/**
 * Judges and stores all queued sends in one transaction.
 *
 * The only write that is not a transaction of Prisma. Each send is judged by the same `roomPolicy` as everything else, takes the next
 * number of its room, moves the read marker of its author, and gets its own result or error.
 */
const sendStatement: BatchStatement<Send, BatchFacts, Sent> = {
  // with files also the topic of the author, because an avatar is chosen under that lock
  topicsOf: ({ roomId, authorId, mentioned: { mentions }, attachmentIds: files }) => [
    roomId,
    ...(files.length > 0 ? [authorId] : []),
    ...mentions.map(({ userId }) => userId),
  ],
  keyOf: (send) => (send.nonce === null ? null : `${send.roomId} ${send.authorId} ${send.nonce}`),
  async read(sql, sends) {
    // all start before any is awaited, so that they share a round trip
    const [facts, recent, mentionable, attachable] = await Promise.all([
      readSendFacts(sql, sends),
      readRecentSends(sql, sends),
      readMentionable(
        sql,
        sends.flatMap(({ mentioned }) => mentioned.mentions),
      ),
      readAttachable(sql, sends),
    ])
    return { facts, recent, mentionable, attachable: new Map(attachable) }
  },
  judge(sends, facts, place) {
    const { results, accepted } = judgeSends(sends, facts, place)
    const messages = accepted.map(({ message }) => message)
    const mentioning = accepted.filter(({ mentioned }) => mentioned.mentions.length > 0)
    for (const { message, mentioned } of mentioning) {
      const userIds = mentioned.mentions.map(({ userId }) => userId)
      for (const event of mentionEvents(message, userIds)) place.append(event)
    }
    const mentions = mentioning.map(({ message, mentioned }) => ({ ...message, mentions: mentioned.mentions }))
    const groups = accepted.flatMap(({ message: { id, roomId, number }, mentioned: { group } }) =>
      group ? [{ messageId: id, roomId, number, ...group }] : [],
    )
    const files = accepted.map(({ message: { id }, attachmentIds: ids }) => ({ id, attachmentIds: ids }))
    return {
      results,
      write: async (sql) => {
        await Promise.all([
          insertMessages(sql, messages),
          insertMentions(sql, mentions),
          insertGroupMentions(sql, groups),
          attachMedia(sql, files),
          touchRooms(sql, staleRooms(messages, facts)),
        ])
      },
    }
  },
}

/** The facts about the sends of a batch, read under the locks of its topics. */
interface BatchFacts {
  readonly facts: readonly (SendFacts | null)[]
  /** How many messages authors sent recently. */
  readonly recent: ReadonlyMap<string, RecentSends>
  /** The keys of the allowed mentions. */
  readonly mentionable: ReadonlySet<string>
  /** The files that can be attached. They are removed as sends use them. */
  readonly attachable: Map<string, AttachableFile>
}

/** The state of the batch before a send. */
interface Earlier extends Pick<BatchFacts, 'recent' | 'attachable'> {
  /** The rooms and authors of earlier sends in this batch. */
  readonly authors: ReadonlySet<string>
  /** How many sends of each author this batch has accepted. */
  readonly sentHere: ReadonlyMap<string, number>
}

/** A message to store, with its files and the users whom it mentions. */
interface Accepted {
  readonly message: NewMessage
  readonly attachmentIds: readonly string[]
  readonly mentioned: Mentioned
}

/** Finds the rooms of messages whose activity time is out of date. */
function staleRooms(messages: readonly Message[], { facts }: BatchFacts): string[] {
  const stale = new Set(facts.flatMap((fact) => (fact?.isStale ? [fact.id] : [])))
  return [...new Set(messages.map((message) => message.roomId))].filter((id) => stale.has(id))
}

/** Hashes the content of a send (SHA-256), to tell a retry from another message with the same nonce. */
function fingerprintOf({ body, replyToId, attachmentIds: files }: Send): Uint8Array<ArrayBuffer> {
  // without files the same hash as in versions without attachments, so that a retry is recognized across an upgrade
  const content = files.length > 0 ? [body, replyToId, files] : [body, replyToId]
  return new Uint8Array(hash('sha256', JSON.stringify(content), 'buffer'))
}

const toEvent = ({ id, roomId, authorId }: Send): NewEvent => ({
  topicId: roomId,
  kind: 'MESSAGE_SENT',
  actorId: authorId,
  subject: id,
})

function judgeSends(
  sends: readonly Send[],
  { facts, recent, mentionable, attachable }: BatchFacts,
  { topics, append }: Pick<Write, 'topics' | 'append'>,
) {
  const results: (Sent | Error)[] = []
  const accepted: Accepted[] = []
  const authors = new Set<string>()
  const sentHere = new Map<string, number>()
  for (const [index, send] of sends.entries()) {
    const fact = facts[index]
    const isThere = fact && topics.has(send.roomId)
    const refusal = isThere ? judgeSend(send, fact, { authors, attachable, recent, sentHere }) : notFound('room')
    if (refusal || !fact) {
      results.push(refusal ?? notFound('room'))
      continue
    }
    authors.add(`${send.roomId} ${send.authorId}`)
    sentHere.set(send.authorId, (sentHere.get(send.authorId) ?? 0) + 1)
    const files = send.attachmentIds.flatMap((id) => attachable.get(id) ?? [])
    for (const id of send.attachmentIds) attachable.delete(id)
    const message = newMessage(send, { ...append(toEvent(send)), seconds: fact.messageSeconds })
    const mayMentionGroup =
      send.mentioned.group !== null && roomPolicy.mentionEveryone(toFacts(fact), fact.now) === null
    const mentioned = leaveAllowed(send.mentioned, { mentionable, mayMentionGroup })
    const terms = termsOf({ body: send.body, files, ...toMarks(mentioned) })
    accepted.push({ message: { ...message, terms }, attachmentIds: send.attachmentIds, mentioned })
    results.push({ kind: 'new', message, hidingIds: fact.hidingIds })
  }
  return { results, accepted }
}

/**
 * Judges one send.
 *
 * @param batch the earlier sends of this batch, and the files that it has not used.
 * @returns null when it is accepted, else the earlier message or an error.
 */
function judgeSend(send: Send, fact: SendFacts, { authors, attachable, ...sent }: Earlier): Sent | Error | null {
  const isRetry = fact.earlierId !== null
  const refusal = isRetry ? roomPolicy.read(toFacts(fact), fact.now) : roomPolicy.send(toFacts(fact), fact.now)
  if (refusal) return refusalError(refusal)
  if (fact.earlierId !== null) {
    const { earlierFingerprint: earlier } = fact
    const isSame = earlier === null || Buffer.from(earlier).equals(fingerprintOf(send))
    if (isSame) return { kind: 'earlier', messageId: fact.earlierId }
    return new AppError('NONCE_REUSED', 'This nonce was used for a message with other content. Use a new one.')
  }
  const pauseMs = rateWaitMs(send, sent)
  if (pauseMs > 0) return refusalError({ code: 'RATE_LIMITED', retryAfterMs: pauseMs })
  // the facts do not include earlier sends of this batch
  const waitMs = authors.has(`${send.roomId} ${send.authorId}`) ? slowModeMs(toFacts(fact)) : 0
  if (waitMs > 0) return refusalError({ code: 'SLOW_MODE', retryAfterMs: waitMs })
  if (send.replyToId && !fact.replyFound) return badInput('replyToId', 'is not a message of this room')
  return send.attachmentIds.every((id) => attachable.get(id)?.ownerId === send.authorId)
    ? null
    : badInput('attachmentIds', 'has a file that is not yours, not uploaded, or already used')
}

/** Tells how many milliseconds an author has to wait, by the rate over all rooms; 0 when the message may be sent. */
function rateWaitMs({ authorId, sendsMax }: Send, { recent, sentHere }: Pick<Earlier, 'recent' | 'sentHere'>): number {
  const { count = 0, waitMs = sendWindowMs } = recent.get(authorId) ?? {}
  return count + (sentHere.get(authorId) ?? 0) < sendsMax ? 0 : Math.max(1, waitMs)
}

function newMessage(
  send: Send,
  { lastNumber: number, seq, chain, at, seconds }: AppendedEvent & { readonly seconds: number | null },
): Message {
  const { id, roomId, authorId, body, nonce, replyToId } = send
  return {
    ...{ id, roomId, authorId, body, nonce, replyToId },
    number,
    seq: BigInt(seq),
    chain: new Uint8Array(Buffer.from(chain, 'hex')),
    kind: 'TEXT',
    systemAction: null,
    subjectId: null,
    fingerprint: fingerprintOf(send),
    createdAt: at,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    pinnedById: null,
    deletedBy: null,
    expiresAt: seconds === null ? null : new Date(at.getTime() + seconds * 1_000),
  }
}
