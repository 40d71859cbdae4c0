// Makes digests of messages: clients that hold the same messages compute the same. schema.ts describes the fields.

import { createHash } from 'node:crypto'
import { assertCan } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { badInput, notFound } from '../../errors.ts'
import type { Cursor } from '../../feed/cursor.ts'
import { isHiddenFrom } from '../hidden-content/service.ts'
import { type DigestMessage, readDigestRows } from './queries.ts'

/** The parts that a digest covers beside numbers, ids, kinds and `deletedAt`. */
export const digestParts = ['BODY', 'PINS', 'REACTIONS'] as const

/** A part that a digest may cover. */
export type DigestPart = (typeof digestParts)[number]

/** The version of the format, the first line of what is hashed. */
const version = 'kabar-digest-1'
const hashBytes = 16

/** A message as the viewer sees it. */
export interface DigestLine extends Omit<DigestMessage, 'authorId' | 'body' | 'systemAction'> {
  /** The id as the API prints it. */
  readonly id: string
  /** The body of a TEXT message, empty where it is deleted or hidden; the action of a SYSTEM message. */
  readonly text: string
}

/**
 * Hashes messages: the first 16 bytes of SHA-256, as hex.
 *
 * It is over a line for the version and one for each message.
 * A line is JSON as JSON.stringify writes it, `[number, id, kind, deletedAt]` and then for each part that is covered, in this
 * order: BODY `text, editedAt`; PINS `pinnedAt`; REACTIONS `[[emoji, count], …]`, in order of the UTF-16 code units of the
 * emojis. Times are as the API prints them, or null. Lines end with a line feed.
 */
export function digestOf(lines: readonly DigestLine[], parts: ReadonlySet<DigestPart>): string {
  const hash = createHash('sha256').update(`${version}\n`)
  for (const line of lines) hash.update(`${JSON.stringify(valuesOf(line, parts))}\n`)
  return hash.digest().subarray(0, hashBytes).toString('hex')
}

function valuesOf(line: DigestLine, parts: ReadonlySet<DigestPart>): unknown[] {
  const { number, id, kind, deletedAt, text, editedAt, pinnedAt, reactions } = line
  const time = (at: Date | null) => at?.toISOString() ?? null
  return [
    ...[number, id, kind, time(deletedAt)],
    ...(parts.has('BODY') ? [text, time(editedAt)] : []),
    ...(parts.has('PINS') ? [time(pinnedAt)] : []),
    ...(parts.has('REACTIONS') ? [reactions.toSorted(([a], [b]) => (a < b ? -1 : 1))] : []),
  ]
}

/** A stretch of a room to make a digest of. */
export interface DigestQuery {
  readonly roomId: string
  readonly from: number
  readonly to: number
  readonly parts: ReadonlySet<DigestPart>
  /** Whose messages are hidden from the viewer. */
  readonly blockedIds: ReadonlySet<string>
  formatMessageId(id: string): string
}

/**
 * Makes the digest of a stretch of messages, with the cursor of its moment.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for numbers out of range.
 */
export async function digestRoom(
  context: ServiceContext,
  { roomId, from, to, parts, blockedIds, formatMessageId }: DigestQuery,
): Promise<{ hash: string; cursor: Cursor }> {
  const { member } = await assertCan(context, { roomId, action: 'read' })
  if (from < 1) throw badInput('from', 'must be the number of a message, from 1')
  const most = limits.pageSizeMax
  if (to < from || to - from >= most) throw badInput('to', `must be from \`from\` on, at most ${most} messages`)
  const rows = await readDigestRows(context.sql, { roomId, from, to })
  if (!rows) throw notFound('room')
  const lines = rows.messages.map((message) =>
    toLine(message, { blockedIds, formatMessageId, historyFrom: member?.historyFrom ?? 0 }),
  )
  return { hash: digestOf(lines, parts), cursor: { topicId: roomId, seq: rows.head, chain: rows.chain } }
}

function toLine(
  { authorId, body, systemAction, id, reactions, ...message }: DigestMessage,
  {
    blockedIds,
    formatMessageId,
    historyFrom,
  }: Pick<DigestQuery, 'blockedIds' | 'formatMessageId'> & { historyFrom: number },
): DigestLine {
  const isHidden = isHiddenFrom({ historyFrom, blockedIds }, { authorId, number: message.number })
  return {
    ...message,
    id: formatMessageId(id),
    text: isHidden ? '' : (systemAction ?? body ?? ''),
    reactions: isHidden ? [] : reactions,
  }
}
