// Decides which users a message mentions. A user is mentioned if they are a member of the room (the joins of queries.ts), and
// take part in it or consent to being added by the author (`isMentionable` there). `@everyone` and `@here` need the permission
// `mentionEveryone` of access/policy.ts. The decision is made twice: `findMentioned` before the write, because the write locks
// the topics of these users, and `leaveAllowed` under those locks.

import { limits } from '../../config/config.ts'
import { type Sql, sqlOfPrisma } from '../../database/sql.ts'
import type { NewEvent } from '../../feed/events.ts'
import type { Write } from '../../feed/write.ts'
import type { GroupMention } from '../../generated/prisma/client.ts'
import type { ShownMessage } from '../queries.ts'
import { mentionedNames } from './names.ts'
import {
  insertGroupMentions,
  insertMentions,
  type Mention,
  mentionKey,
  readGroup,
  readMentionable,
  readMentionableByNames,
  readRepliedAuthor,
  type Writer,
} from './queries.ts'

/** A text that an author writes in a room, and the message that it replies to. */
interface RoomText extends Writer {
  readonly body: string
  readonly replyToId: string | null
}

/** The users whom a text mentions. */
export interface Mentioned {
  /** Without duplicates: first those by a reply and by name, then those of the group. */
  readonly mentions: readonly Mention[]
  /** The group that it mentions. Null for none, and for authors who may not. */
  readonly group: Pick<GroupMention, 'mentioned' | 'countsForAll'> | null
}

const nobody: Mentioned = { mentions: [], group: null }

/**
 * Finds the users whom a text mentions.
 *
 * They are members of the room, except the author and users with a block between them and the author. The author of the
 * message that it replies to is one of them, unless they turned that off.
 *
 * They are read before the write that stores the text, because it locks their topics, and checked again inside it.
 */
export async function findMentioned(sql: Sql, { roomId, authorId, body, replyToId }: RoomText): Promise<Mentioned> {
  const { names, group } = mentionedNames(body)
  const none: string[] = []
  const [repliedId, namedIds, members] = await Promise.all([
    replyToId === null ? null : readRepliedAuthor(sql, { roomId, authorId, replyToId }),
    names.length === 0 ? none : readMentionableByNames(sql, { roomId, authorId, names }),
    group === null ? null : readGroup(sql, { roomId, authorId, group }),
  ])
  if (repliedId === null && namedIds.length === 0 && members === null) return nobody
  const byId = new Map<string, Mention>()
  const add = (userId: string, kind: Mention['kind']) => {
    if (!byId.has(userId)) byId.set(userId, { roomId, authorId, userId, kind })
  }
  if (repliedId !== null) add(repliedId, namedIds.includes(repliedId) ? 'NAME' : 'REPLY')
  for (const userId of namedIds) if (byId.size < limits.mentionsMax) add(userId, 'NAME')
  for (const userId of members?.userIds ?? []) add(userId, 'GROUP')
  const countsForAll = group === 'EVERYONE' && members?.isLarge === true
  return { mentions: [...byId.values()], group: group && { mentioned: group, countsForAll } }
}

/** The mentions that are allowed under the locks of a write. */
export interface Allowed {
  /** Keys, as `readMentionable` returns them. */
  readonly mentionable: ReadonlySet<string>
  /** True if the author may mention a group. */
  readonly mayMentionGroup: boolean
}

/** Leaves the mentions that are allowed now. */
export function leaveAllowed({ mentions, group }: Mentioned, { mentionable, mayMentionGroup }: Allowed): Mentioned {
  if (mentions.length === 0 && group === null) return { mentions, group }
  return {
    mentions: mentions.filter(
      (mention) => mentionable.has(mentionKey(mention)) && (mention.kind !== 'GROUP' || mayMentionGroup),
    ),
    group: mayMentionGroup ? group : null,
  }
}

/** Builds the events that notify the mentioned users. */
export function mentionEvents(
  { id, authorId }: Pick<ShownMessage, 'id' | 'authorId'>,
  userIds: readonly string[],
): NewEvent[] {
  return userIds.map((topicId) => ({ topicId, kind: 'MENTIONED', actorId: authorId, subject: id }))
}

/** How an edit may mention. */
export interface EditRights {
  /** True if it may mention a group. */
  readonly mayMentionGroup: boolean
  /** True if it may mention users whom the message did not mention before: not while slow mode makes its author wait. */
  readonly mayAdd: boolean
}

/**
 * Replaces the mentions of an edited message with those of its new body.
 *
 * Users whom it mentions for the first time are notified: each user at most once per message.
 *
 * @param mentioned the users that `findMentioned` found: their topics are locked.
 * @returns those whom it mentions now.
 */
export async function replaceMentions(
  { tx, append }: Write,
  { id, roomId, number, authorId }: ShownMessage,
  { mentioned, mayMentionGroup, mayAdd }: EditRights & { mentioned: Mentioned },
): Promise<Mentioned> {
  const sql = sqlOfPrisma(tx)
  const known = await tx.mention.findMany({ where: { messageId: id } })
  const knownIds = new Set(known.map(({ userId }) => userId))
  const before = await tx.groupMention.findUnique({ where: { messageId: id } })
  const mayGroup = mayMentionGroup && (mayAdd || before !== null)
  const candidates = mentioned.mentions.filter(
    ({ kind, userId }) => (kind !== 'GROUP' || mayGroup) && (mayAdd || knownIds.has(userId)),
  )
  const { mentions, group } = leaveAllowed(
    { mentions: candidates, group: mentioned.group },
    { mentionable: await readMentionable(sql, candidates), mayMentionGroup: mayGroup },
  )
  const wantedIds = new Set(mentions.map(({ userId }) => userId))
  const gone = known.filter(({ userId }) => !wantedIds.has(userId)).map(({ userId }) => userId)
  if (gone.length > 0) {
    await tx.mention.updateMany({ where: { messageId: id, userId: { in: gone } }, data: { takenBack: true } })
  }
  await insertMentions(sql, [{ id, roomId, number, mentions }])
  if (before) await tx.groupMention.delete({ where: { messageId: id } })
  if (group) await insertGroupMentions(sql, [{ messageId: id, roomId, number, ...group }])
  const added = [...wantedIds].filter((userId) => !knownIds.has(userId))
  for (const event of mentionEvents({ id, authorId }, added)) append(event)
  return { mentions, group }
}
