import { hash } from 'node:crypto'
import { z } from 'zod'
import { assertSignedIn, refusalError } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { toFacts } from '../access/facts.ts'
import { parseInput } from '../access/input.ts'
import { roomPolicy, slowModeMs } from '../access/policy.ts'
import { isStorable } from '../access/text.ts'
import { limits } from '../config.ts'
import { newUuid } from '../database/uuid.ts'
import { AppError, badInput, notFound } from '../errors.ts'
import type { BatchStatement } from '../feed/batch.ts'
import type { NewEvent } from '../feed/events.ts'
import type { TopicState } from '../feed/topics.ts'
import type { Message } from '../generated/prisma/client.ts'
import { insertMessages, readSendFacts, type Send, type SendFacts } from './sending-queries.ts'
import { getMessage, messageBody } from './service.ts'

const nonce = z
  .string()
  .min(1, 'may not be empty')
  .max(limits.nonceLengthMax, `may have at most ${limits.nonceLengthMax} characters`)
  .refine(isStorable, 'is not well-formed Unicode, or contains U+0000')

const sendInput = z.object({
  roomId: z.uuid(),
  body: messageBody,
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

/** What a send came to. */
export type Sent =
  | { readonly kind: 'new'; readonly message: Message }
  /** The nonce was used before: the message of the first time. */
  | { readonly kind: 'earlier'; readonly messageId: string }

/**
 * Judges and stores all sends that wait in one transaction.
 *
 * The one write that is plain SQL. Each send is judged by the same `roomPolicy` as everything else, takes the next number of its room, moves its author's read
 * marker, and gets an answer or an error of its own.
 */
const sendStatement: BatchStatement<Send, readonly (SendFacts | null)[], Sent> = {
  topicsOf: (send) => [send.roomId],
  keyOf: (send) => (send.nonce === null ? null : `${send.roomId} ${send.authorId} ${send.nonce}`),
  read: readSendFacts,
  judge(sends, facts, topics) {
    const { results, messages } = judgeSends(sends, facts, topics)
    return { results, events: messages.map(toEvent), write: (sql) => insertMessages(sql, messages) }
  },
}

/** Tells a retry from another message with its nonce. SHA-256 over all that the client sent. */
function fingerprintOf({ body, replyToId }: Pick<Send, 'body' | 'replyToId'>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', JSON.stringify([body, replyToId]), 'buffer'))
}

const toEvent = (message: Message): NewEvent => ({
  topicId: message.roomId,
  kind: 'MESSAGE_SENT',
  actorId: message.authorId,
  subject: message.id,
})

function judgeSends(
  sends: readonly Send[],
  facts: readonly (SendFacts | null)[],
  topics: ReadonlyMap<string, TopicState>,
) {
  const results: (Sent | Error)[] = []
  const messages: Message[] = []
  const accepted = new Map<string, number>()
  const authors = new Set<string>()
  for (const [index, send] of sends.entries()) {
    const fact = facts[index]
    const topic = topics.get(send.roomId)
    const refusal = fact && topic ? judgeSend(send, fact, authors) : notFound('room')
    if (refusal || !fact || !topic) {
      results.push(refusal ?? notFound('room'))
      continue
    }
    const place = (accepted.get(send.roomId) ?? 0) + 1
    accepted.set(send.roomId, place)
    authors.add(`${send.roomId} ${send.authorId}`)
    const message = newMessage(send, { number: topic.lastNumber + place, seq: topic.head + place, at: fact.now })
    messages.push(message)
    results.push({ kind: 'new', message })
  }
  return { results, messages }
}

/**
 * Judges one send.
 *
 * @param authors who has sent to which room earlier in this batch.
 * @returns null when it is accepted; what it came to, or why not, otherwise.
 */
function judgeSend(send: Send, fact: SendFacts, authors: ReadonlySet<string>): Sent | Error | null {
  const isRetry = fact.earlierId !== null
  const refusal = isRetry ? roomPolicy.read(toFacts(fact), fact.now) : roomPolicy.send(toFacts(fact), fact.now)
  if (refusal) return refusalError(refusal)
  if (fact.earlierId !== null) {
    const { earlierFingerprint: earlier } = fact
    const isSame = earlier === null || Buffer.from(earlier).equals(fingerprintOf(send))
    if (isSame) return { kind: 'earlier', messageId: fact.earlierId }
    return new AppError('NONCE_REUSED', 'This nonce was used for a message with other content. Take a new one.')
  }
  // what this batch has accepted is not in the facts yet
  const waitMs = authors.has(`${send.roomId} ${send.authorId}`) ? slowModeMs(toFacts(fact)) : 0
  if (waitMs > 0) return refusalError({ code: 'SLOW_MODE', retryAfterMs: waitMs })
  return send.replyToId && !fact.replyFound ? badInput('replyToId', 'is not a message of this room') : null
}

function newMessage(send: Send, { number, seq, at }: { number: number; seq: number; at: Date }): Message {
  return {
    ...send,
    number,
    seq: BigInt(seq),
    kind: 'TEXT',
    fingerprint: fingerprintOf(send),
    createdAt: at,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    pinnedById: null,
  }
}
