import { hash } from 'node:crypto'
import { refusalError } from '../access/access.ts'
import { type FactsRow, factsColumns, factsJoins, toFacts } from '../access/facts.ts'
import { roomPolicy, slowModeMs } from '../access/policy.ts'
import type { Sql } from '../database/sql.ts'
import { AppError, badInput, notFound } from '../errors.ts'
import type { BatchStatement } from '../feed/batch.ts'
import type { NewEvent } from '../feed/events.ts'
import type { TopicState } from '../feed/topics.ts'
import { type Message, Prisma, type User } from '../generated/prisma/client.ts'
import { authorColumns, takeAuthor, type WithAuthor } from '../users/queries.ts'

/** A message on its way into a room. */
export interface Send {
  /** The UUIDv7 that it will have. */
  readonly id: string
  readonly roomId: string
  readonly authorId: string
  readonly body: string
  readonly nonce: string | null
  readonly replyToId: string | null
}

/** What a send came to. */
export type Sent =
  | { readonly kind: 'new'; readonly message: Message }
  /** The nonce was used before: the message of the first time. */
  | { readonly kind: 'earlier'; readonly messageId: string }

/** What is known about one send, under the lock of its room. */
interface SendFacts extends FactsRow {
  now: Date
  replyFound: boolean
  /** The message that the nonce was used for. */
  earlierId: string | null
  earlierFingerprint: Uint8Array | null
}

/**
 * Judges and stores all sends that wait in one transaction.
 *
 * The one write that is plain SQL. Each send is judged by the same `roomPolicy` as everything else, takes the next number of its room, moves its author's read
 * marker, and gets an answer or an error of its own.
 */
export const sendStatement: BatchStatement<Send, readonly (SendFacts | null)[], Sent> = {
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

async function readSendFacts(sql: Sql, sends: readonly Send[]): Promise<(SendFacts | null)[]> {
  const author = Prisma.sql`asked.author_id`
  const rows = await sql<SendFacts & { place: unknown }>(Prisma.sql`
    -- readSendFacts: primary keys and messages_room_id_author_id_nonce_key, one row of each a send
    select asked.place, now() as now, ${factsColumns(author)},
      exists (
        select from messages where messages.id = asked.reply_to_id and messages.room_id = asked.room_id
      ) as "replyFound",
      earlier.id as "earlierId", earlier.fingerprint as "earlierFingerprint"
    from unnest(
      ${sends.map((send) => send.roomId)}::uuid[],
      ${sends.map((send) => send.authorId)}::uuid[],
      ${sends.map((send) => send.nonce)}::text[],
      ${sends.map((send) => send.replyToId)}::uuid[]
    ) with ordinality as asked (room_id, author_id, nonce, reply_to_id, place)
    join rooms on rooms.id = asked.room_id and rooms.deleted_at is null
    ${factsJoins(author)}
    left join lateral (
      select messages.id, messages.fingerprint
      from messages
      where messages.room_id = asked.room_id and messages.author_id = asked.author_id and messages.nonce = asked.nonce
    ) as earlier on true`)
  const byPlace = new Map(rows.map((row) => [Number(row.place), row]))
  return sends.map((_, index) => byPlace.get(index + 1) ?? null)
}

async function insertMessages(sql: Sql, messages: readonly Message[]): Promise<void> {
  if (messages.length === 0) return
  await sql(Prisma.sql`
    -- insertMessages: members_pkey, one row an author and room
    with sent as (
      insert into messages (id, room_id, number, seq, author_id, body, nonce, fingerprint, reply_to_id, created_at)
      select id, room_id, number, seq, author_id, body, nonce, fingerprint, reply_to_id, now()
      from unnest(
        ${messages.map((message) => message.id)}::uuid[],
        ${messages.map((message) => message.roomId)}::uuid[],
        ${messages.map((message) => message.number)}::integer[],
        ${messages.map((message) => Number(message.seq))}::bigint[],
        ${messages.map((message) => message.authorId)}::uuid[],
        ${messages.map((message) => message.body)}::text[],
        ${messages.map((message) => message.nonce)}::text[],
        ${messages.map((message) => message.fingerprint && Buffer.from(message.fingerprint))}::bytea[],
        ${messages.map((message) => message.replyToId)}::uuid[]
      ) as sent (id, room_id, number, seq, author_id, body, nonce, fingerprint, reply_to_id)
      returning room_id, author_id, number
    ), newest as (
      select room_id, author_id, max(number) as number
      from sent
      group by room_id, author_id
    )
    update members
    set last_sent_at = now(),
      last_read_number = greatest(last_read_number, newest.number),
      last_delivered_number = greatest(last_delivered_number, newest.number)
    from newest
    where members.room_id = newest.room_id and members.user_id = newest.author_id`)
}

const messageColumns = Prisma.sql`
  messages.id, messages.room_id as "roomId", messages.number, messages.seq, messages.author_id as "authorId",
  messages.kind, messages.body, messages.nonce, messages.fingerprint, messages.reply_to_id as "replyToId",
  messages.created_at as "createdAt", messages.edited_at as "editedAt", messages.deleted_at as "deletedAt",
  messages.pinned_at as "pinnedAt", messages.pinned_by_id as "pinnedById"`

type MessageRow = Omit<Message, 'seq'> & { seq: string | bigint }

/** A message and its author. Whoever shows one shows the other. */
export interface AuthoredMessage {
  readonly message: Message
  /** Null where the server wrote it. */
  readonly author: User | null
}

function toAuthored(row: MessageRow & WithAuthor): AuthoredMessage {
  const { id, roomId, number, authorId, kind, body, nonce, fingerprint, replyToId } = row
  const { createdAt, editedAt, deletedAt, pinnedAt, pinnedById } = row
  const seq = BigInt(row.seq)
  const content = { id, roomId, number, seq, authorId, kind, body, nonce, fingerprint, replyToId }
  return { message: { ...content, createdAt, editedAt, deletedAt, pinnedAt, pinnedById }, author: takeAuthor(row) }
}

/** Reads messages by their ids, in any order. */
export async function readMessages(sql: Sql, ids: readonly string[]): Promise<AuthoredMessage[]> {
  const rows = await sql<MessageRow & WithAuthor>(Prisma.sql`
    -- readMessages: messages_pkey and users_pkey
    select ${messageColumns}, ${authorColumns}
    from messages
    left join users on users.id = messages.author_id
    where messages.id = any(${ids}::uuid[])`)
  return rows.map(toAuthored)
}

/** Reads messages by room and number, in any order. */
export async function readMessagesAt(
  sql: Sql,
  places: readonly { roomId: string; number: number }[],
): Promise<AuthoredMessage[]> {
  const rows = await sql<MessageRow & WithAuthor>(Prisma.sql`
    -- readMessagesAt: messages_room_id_number_key and users_pkey
    select ${messageColumns}, ${authorColumns}
    from unnest(
      ${places.map((place) => place.roomId)}::uuid[],
      ${places.map((place) => place.number)}::integer[]
    ) as wanted (room_id, number)
    join messages on messages.room_id = wanted.room_id and messages.number = wanted.number
    left join users on users.id = messages.author_id`)
  return rows.map(toAuthored)
}

/** A stretch of a room's history. */
export interface Stretch {
  roomId: string
  /** Numbers above this. */
  above: number
  /** Numbers up to this. */
  upTo: number
  direction: 'forward' | 'backward'
  take: number
}

/** Reads a stretch of a room's history in its direction. */
export async function readStretch(
  sql: Sql,
  { roomId, above, upTo, direction, take }: Stretch,
): Promise<AuthoredMessage[]> {
  const order = direction === 'forward' ? Prisma.sql`asc` : Prisma.sql`desc`
  const rows = await sql<MessageRow & WithAuthor>(Prisma.sql`
    -- readStretch: messages_room_id_number_key, take rows, and users_pkey
    select ${messageColumns}, ${authorColumns}
    from messages
    left join users on users.id = messages.author_id
    where room_id = ${roomId}::uuid and number > ${above} and number <= ${upTo}
    order by number ${order}
    limit ${take}`)
  return rows.map(toAuthored)
}
