import { createHash } from 'node:crypto'
import type { RoomFacts } from '../access/facts.ts'
import { refusalError } from '../access/access.ts'
import { type Refusal, roomPolicy } from '../access/policy.ts'
import type { Sql } from '../database/sql.ts'
import { AppError, badInput, notFound } from '../errors.ts'
import type { BatchStatement } from '../feed/batch.ts'
import type { NewEvent } from '../feed/events.ts'
import type { TopicState } from '../feed/topics.ts'
import type { MemberRole, Message, RoomAccess, RoomKind } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'

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
interface SendFacts {
  now: Date
  kind: RoomKind | null
  access: RoomAccess | null
  archived_at: Date | null
  slow_mode_seconds: number | null
  role: MemberRole | null
  muted_until: Date | null
  last_sent_at: Date | null
  banned: boolean
  blocked: boolean
  reply_found: boolean
  earlier_id: string | null
  earlier_fingerprint: Uint8Array | null
}

/**
 * The one write that is plain SQL: all sends that wait are judged and stored in one transaction.
 *
 * Each is judged by the same `roomPolicy` as everything else, takes the next number of its room, moves its author's read
 * marker, and gets an answer or an error of its own.
 */
export const sendStatement: BatchStatement<Send, readonly SendFacts[], Sent> = {
  topicsOf: (send) => [send.roomId],
  keyOf: (send) => (send.nonce === null ? null : `${send.roomId} ${send.authorId} ${send.nonce}`),
  read: readSendFacts,
  judge(sends, facts, topics) {
    const { results, messages } = judgeSends(sends, facts, topics)
    return { results, events: messages.map(toEvent), write: (sql) => insertMessages(sql, messages) }
  },
}

/** Tells a retry from another message that reuses its nonce: SHA-256 over all that the client sent. */
export function fingerprintOf({ body, replyToId }: Pick<Send, 'body' | 'replyToId'>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(JSON.stringify([body, replyToId])).digest())
}

const toEvent = (message: Message): NewEvent => ({
  topicId: message.roomId,
  kind: 'MESSAGE_SENT',
  actorId: message.authorId,
  subject: message.id,
})

function judgeSends(sends: readonly Send[], facts: readonly SendFacts[], topics: ReadonlyMap<string, TopicState>) {
  const results: (Sent | Error)[] = []
  const messages: Message[] = []
  const numbers = new Map<string, number>()
  const sentInThisBatch = new Set<string>()
  for (const [index, send] of sends.entries()) {
    const fact = facts[index]
    const topic = topics.get(send.roomId)
    const verdict = fact && topic ? judgeSend(send, fact, { topic, sentInThisBatch }) : notFound('room')
    if (verdict !== 'accept' || !fact || !topic) {
      results.push(verdict === 'accept' ? notFound('room') : verdict)
      continue
    }
    const place = (numbers.get(send.roomId) ?? 0) + 1
    numbers.set(send.roomId, place)
    sentInThisBatch.add(`${send.roomId} ${send.authorId}`)
    const message = newMessage(send, { number: topic.lastNumber + place, seq: topic.head + place, at: fact.now })
    messages.push(message)
    results.push({ kind: 'new', message })
  }
  return { results, messages }
}

function judgeSend(
  send: Send,
  fact: SendFacts,
  { topic, sentInThisBatch }: { topic: TopicState; sentInThisBatch: ReadonlySet<string> },
): 'accept' | Sent | Error {
  const room = toRoomFacts(send, fact, topic)
  if (!room) return notFound('room')
  const refusal: Refusal | null = fact.earlier_id ? roomPolicy.read(room, fact.now) : roomPolicy.send(room, fact.now)
  if (refusal) return refusalError(refusal)
  if (fact.earlier_id) {
    const sameContent =
      fact.earlier_fingerprint === null || Buffer.from(fact.earlier_fingerprint).equals(fingerprintOf(send))
    if (sameContent) return { kind: 'earlier', messageId: fact.earlier_id }
    return new AppError('NONCE_REUSED', 'This nonce was used for a message with other content. Take a new one.')
  }
  const waitMs = slowModeWait(send, fact, sentInThisBatch)
  if (waitMs > 0) {
    return new AppError('SLOW_MODE', `The room is in slow mode: wait ${waitMs} ms.`, { retryAfterMs: waitMs })
  }
  if (send.replyToId && !fact.reply_found) return badInput('replyToId', 'is not a message of this room')
  return 'accept'
}

/** Milliseconds that a plain member has to wait; 0 when the message may go. */
function slowModeWait(send: Send, fact: SendFacts, sentInThisBatch: ReadonlySet<string>): number {
  const slowMs = (fact.slow_mode_seconds ?? 0) * 1_000
  if (slowMs === 0 || fact.role !== 'MEMBER') return 0
  if (sentInThisBatch.has(`${send.roomId} ${send.authorId}`)) return slowMs
  return fact.last_sent_at ? fact.last_sent_at.getTime() + slowMs - fact.now.getTime() : 0
}

function toRoomFacts(send: Send, fact: SendFacts, topic: TopicState): RoomFacts | null {
  if (!fact.kind || !fact.access) return null
  return {
    roomId: send.roomId,
    kind: fact.kind,
    access: fact.access,
    archivedAt: fact.archived_at,
    slowModeSeconds: fact.slow_mode_seconds ?? 0,
    topic,
    member: fact.role && { role: fact.role, mutedUntil: fact.muted_until },
    banned: fact.banned,
    blocked: fact.blocked,
    blockedUserIds: [],
  }
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

function readSendFacts(sql: Sql, sends: readonly Send[]): Promise<SendFacts[]> {
  return sql<SendFacts>(Prisma.sql`
    -- readSendFacts: primary keys and messages_room_id_author_id_nonce_key, one row of each a send
    select now() as now, rooms.kind, rooms.access, rooms.archived_at, rooms.slow_mode_seconds,
      members.role, members.muted_until, members.last_sent_at,
      exists (
        select from bans
        where bans.room_id = asked.room_id and bans.user_id = asked.author_id
          and (bans.expires_at is null or bans.expires_at > now())
      ) as banned,
      rooms.kind = 'DIRECT' and exists (
        select from blocks
        where (blocker_id, blocked_id) in ((direct_low_id, direct_high_id), (direct_high_id, direct_low_id))
      ) as blocked,
      exists (
        select from messages where id = asked.reply_to_id and room_id = asked.room_id
      ) as reply_found,
      earlier.id as earlier_id, earlier.fingerprint as earlier_fingerprint
    from unnest(
      ${sends.map((send) => send.roomId)}::uuid[],
      ${sends.map((send) => send.authorId)}::uuid[],
      ${sends.map((send) => send.nonce)}::text[],
      ${sends.map((send) => send.replyToId)}::uuid[]
    ) with ordinality as asked (room_id, author_id, nonce, reply_to_id, place)
    left join rooms on rooms.id = asked.room_id and rooms.deleted_at is null
    left join members on members.room_id = asked.room_id and members.user_id = asked.author_id
    left join lateral (
      select id, fingerprint
      from messages
      where messages.room_id = asked.room_id and messages.author_id = asked.author_id and messages.nonce = asked.nonce
    ) as earlier on true
    order by asked.place`)
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
