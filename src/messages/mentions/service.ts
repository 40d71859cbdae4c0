import { limits } from '../../config/config.ts'
import { type Sql, sqlOfPrisma } from '../../database/sql.ts'
import type { NewEvent } from '../../feed/events.ts'
import type { Write } from '../../feed/write.ts'
import type { Message } from '../../generated/prisma/client.ts'
import { usernameText } from '../../users/service.ts'
import { insertMentions, type Mention, mentionKey, readMentionable, readMentionableByNames } from './queries.ts'

/** A run of backticks, up to the next run of the same length: code in between. */
const codeSpan = /(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g
/** Not inside a word or an address (`a@b.c`, `@a@b.c`), but right after a character of another script. */
const handle = /(?<![\p{Script=Latin}\p{Nd}._%+\-@/])@([A-Za-z0-9._-]+)(?![\p{Script=Latin}\p{Nd}._\-@])/gu

/** Finds the usernames that a text mentions: without duplicates, in order, at most `mentionsMax`. */
function mentionedNames(body: string): string[] {
  const names = new Set<string>()
  if (!body.includes('@')) return []
  for (const [, run = ''] of body.replace(codeSpan, ' ').matchAll(handle)) {
    // a trailing dot ends the sentence, not the name
    const name = usernameText.safeParse(/^.*[A-Za-z0-9]/.exec(run)?.[0] ?? '')
    if (name.success) names.add(name.data)
    if (names.size === limits.mentionsMax) break
  }
  return [...names]
}

/** A text that an author writes in a room. */
interface RoomText {
  readonly roomId: string
  readonly authorId: string
  readonly body: string
}

/**
 * Finds the users whom a text mentions.
 *
 * They are members of the room, except the author and users with a block between them and the author.
 *
 * They are read before the write that stores the text, because it locks their topics, and checked again inside it. Authors
 * who are not members find nobody, so that they cannot make others wait for a lock.
 */
export async function findMentioned(sql: Sql, { roomId, authorId, body }: RoomText): Promise<string[]> {
  const names = mentionedNames(body)
  return names.length === 0 ? [] : readMentionableByNames(sql, { roomId, authorId, names })
}

/** Builds the events that notify the mentioned users. */
export function mentionEvents(
  { id, authorId }: Pick<Message, 'id' | 'authorId'>,
  userIds: readonly string[],
): NewEvent[] {
  return userIds.map((topicId) => ({ topicId, kind: 'MENTIONED', actorId: authorId, subject: id }))
}

/**
 * Replaces the mentions of an edited message with those of its new body.
 *
 * Newly mentioned users are notified.
 *
 * @param userIds the users that `findMentioned` found: their topics are locked.
 * @returns those whom it mentions now.
 */
export async function replaceMentions(
  { tx, append }: Write,
  { id, roomId, number, authorId }: Message,
  userIds: readonly string[],
): Promise<string[]> {
  const sql = sqlOfPrisma(tx)
  const candidates: Mention[] = userIds.map((userId) => ({ roomId, authorId: authorId ?? '', userId }))
  const allowed = await readMentionable(sql, candidates)
  const wanted = candidates.filter((mention) => allowed.has(mentionKey(mention))).map(({ userId }) => userId)
  const known = (await tx.mention.findMany({ where: { messageId: id } })).map(({ userId }) => userId)
  const gone = known.filter((userId) => !wanted.includes(userId))
  const added = wanted.filter((userId) => !known.includes(userId))
  if (gone.length > 0) await tx.mention.deleteMany({ where: { messageId: id, userId: { in: gone } } })
  await insertMentions(sql, [{ id, roomId, number, userIds: added }])
  for (const event of mentionEvents({ id, authorId }, added)) append(event)
  return wanted
}
