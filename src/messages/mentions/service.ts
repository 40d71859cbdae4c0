import { limits } from '../../config/config.ts'
import { type Sql, sqlOfPrisma } from '../../database/sql.ts'
import type { NewEvent } from '../../feed/events.ts'
import type { Write } from '../../feed/write.ts'
import type { Message } from '../../generated/prisma/client.ts'
import { usernameText } from '../../users/service.ts'
import { insertMentions, type Mention, mentionKey, readMentionable, readMentionableByNames } from './queries.ts'

/** A run of backticks, up to the next run of as many: what is in between is code. */
const codeSpan = /(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g
/** Not inside a word or an address: neither `a@b.c` nor `@a@b.c`, but right after a character of another script. */
const handle = /(?<![\p{Script=Latin}\p{Nd}._%+\-@/])@([A-Za-z0-9._-]+)(?![\p{Script=Latin}\p{Nd}._\-@])/gu

/** Finds the usernames that a text mentions: each once, in order, at most `mentionsMax`. */
function mentionedNames(body: string): string[] {
  const names = new Set<string>()
  if (!body.includes('@')) return []
  for (const [, run = ''] of body.replace(codeSpan, ' ').matchAll(handle)) {
    // a dot at its end is one of the sentence
    const name = usernameText.safeParse(/^.*[A-Za-z0-9]/.exec(run)?.[0] ?? '')
    if (name.success) names.add(name.data)
    if (names.size === limits.mentionsMax) break
  }
  return [...names]
}

/** What somebody says in a room. */
interface Saying {
  readonly roomId: string
  readonly authorId: string
  readonly body: string
}

/**
 * Finds whom a text mentions.
 *
 * Members of the room, but not its author, nor who has blocked the author or is blocked.
 *
 * They are asked for before the write that stores the text, because it locks their topics, and judged again in it. A
 * stranger finds nobody, and so holds nobody up.
 */
export async function findMentioned(sql: Sql, { roomId, authorId, body }: Saying): Promise<string[]> {
  const names = mentionedNames(body)
  return names.length === 0 ? [] : readMentionableByNames(sql, { roomId, authorId, names })
}

/** The events that tell those who are mentioned. */
export function mentionEvents(
  { id, authorId }: Pick<Message, 'id' | 'authorId'>,
  userIds: readonly string[],
): NewEvent[] {
  return userIds.map((topicId) => ({ topicId, kind: 'MENTIONED', actorId: authorId, subject: id }))
}

/**
 * Makes the mentions of an edited message those of its new body.
 *
 * Who is new among them is told.
 *
 * @param userIds whom `findMentioned` found: their topics are locked.
 */
export async function replaceMentions(
  { tx, append }: Write,
  { id, roomId, number, authorId }: Message,
  userIds: readonly string[],
): Promise<void> {
  const sql = sqlOfPrisma(tx)
  const asked: Mention[] = userIds.map((userId) => ({ roomId, authorId: authorId ?? '', userId }))
  const allowed = await readMentionable(sql, asked)
  const wanted = asked.filter((mention) => allowed.has(mentionKey(mention))).map(({ userId }) => userId)
  const known = (await tx.mention.findMany({ where: { messageId: id } })).map(({ userId }) => userId)
  const gone = known.filter((userId) => !wanted.includes(userId))
  const added = wanted.filter((userId) => !known.includes(userId))
  if (gone.length > 0) await tx.mention.deleteMany({ where: { messageId: id, userId: { in: gone } } })
  await insertMentions(sql, [{ id, roomId, number, userIds: added }])
  for (const event of mentionEvents({ id, authorId }, added)) append(event)
}
