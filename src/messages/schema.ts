import { blockedIdsByUserIds } from '../access/facts.ts'
import { inOrder, whenLoaded } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import { notFound } from '../errors.ts'
import { encodeCursor } from '../feed/cursor.ts'
import type { Message, SystemAction } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { type LoadMany, load, prime } from '../graphql/loaders.ts'
import { encodeKeyset } from '../graphql/pages.ts'
import { formatId } from '../input/ids.ts'
import { RoomRef, roomOf } from '../rooms/schema.ts'
import { UserRef } from '../users/schema.ts'
import { deletedUserName, shownName, usersByIds } from '../users/service.ts'
import { type AuthoredMessage, readMessages } from './queries.ts'
import { sentenceOf } from './system/sentences.ts'

/** Primes the loader with the authors that were read with messages. */
export function rememberAuthors(context: Context, rows: readonly AuthoredMessage[]): Message[] {
  for (const { author } of rows) if (author) prime(context, usersByIds, author.id, author)
  return rows.map(({ message }) => message)
}

/** Loads messages by their ids. It does not check access. */
export const messagesByIds: LoadMany<Message | null> = async (context, ids) => {
  const messages = rememberAuthors(context, await readMessages(context.sql, ids))
  return inOrder(ids, messages, (message) => message.id)
}

/** Loads the message of an event. Messages are removed only with their room. */
export async function messageOf(context: Context, id: string): Promise<Message> {
  const message = await load(context, messagesByIds, id)
  if (!message) throw notFound('message')
  return message
}

/**
 * Whether the viewer has blocked the author of a message, so that its content is hidden.
 *
 * A shared result shows the content and registers the author: viewers who have blocked the author get their own result.
 */
function isMessageHidden(context: Context, { authorId, roomId }: Message): boolean | Promise<boolean> {
  if (authorId === null) return false
  if (context.isShared) {
    context.shows(authorId)
    return false
  }
  const { viewer } = context
  if (!viewer) return false
  // the facts, which are loaded anyway, tell whether there is anything to check. The viewer's own messages wait for them
  // too, so that the fields of all messages of a page are loaded in one tick, as one batch
  return whenLoaded(context.roomFacts.load(roomId), (facts) => {
    if (viewer.userId === authorId || (facts && !facts.hidesAuthors)) return false
    return whenLoaded(load(context, blockedIdsByUserIds, viewer.userId), (blockedIds) => blockedIds.has(authorId))
  })
}

/** Resolves a part of a message's content. It is `instead` when the viewer has blocked its author. */
export function unlessHidden<T>(
  context: Context,
  message: Message,
  resolve: () => T | Promise<T>,
  instead: T,
): T | Promise<T> {
  return whenLoaded(isMessageHidden(context, message), (isHidden) => (isHidden ? instead : resolve()))
}

/** Resolves when the loaders run the batch of this tick. */
const turn: LoadMany<null> = async (_, keys) => keys.map(() => null)

/** Loads a part of a message's content, one statement for a page. It is `instead` when hidden. */
export async function loadUnlessHidden<T>(
  context: Context,
  message: Message,
  loadMany: LoadMany<T>,
  instead: T,
): Promise<T> {
  const hidden = isMessageHidden(context, message)
  // the viewer's own messages wait for those of others, whose check takes a tick
  if (typeof hidden === 'boolean' && !context.isShared) await load(context, turn, '')
  return (await hidden) ? instead : load(context, loadMany, message.id)
}

const MessageKindRef = builder.enumType('MessageKind', {
  description: 'The kind of a message.',
  values: {
    TEXT: { description: 'A text written by its author.' },
    SYSTEM: { description: 'A system message, for example that a user joined: see `action`.' },
  } as const,
})

/** Formats a system message as an English sentence. */
async function sentenceFor(context: Context, action: SystemAction, { authorId, subjectId }: Message): Promise<string> {
  const nameOf = async (id: string | null) => {
    const user = id === null ? null : await load(context, usersByIds, id)
    return user ? shownName(user) : deletedUserName
  }
  const [actor, subject] = await Promise.all([nameOf(authorId), nameOf(subjectId)])
  return sentenceOf(action, { actor, subject })
}

/** A message in a room, written by a member or the server. */
export const MessageRef = builder.prismaObject('Message', {
  description: 'A message in a room. A deleted message stays as a tombstone with its number.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `msg_…`.', resolve: (message) => formatId('Message', message.id) }),
    room: t.field({
      type: RoomRef,
      description: 'The room that it is in.',
      resolve: (message, _, context) => roomOf(context, message.roomId),
    }),
    number: t.exposeInt('number', { description: 'Its number in the room: 1, 2, 3 … without gaps.' }),
    pageCursor: t.string({
      description: 'Its cursor in `Room.messages`, for `after` or `before`.',
      resolve: (message) => encodeKeyset([message.number]),
    }),
    cursor: t.field({
      type: 'EventCursor',
      description:
        'The position in the feed of the room at which it was sent. Subscribe with `after` to resume from there.',
      resolve: ({ roomId, seq, chain }) =>
        encodeCursor({ topicId: roomId, seq: Number(seq), chain: Buffer.from(chain).toString('hex') }),
    }),
    author: t.field({
      type: UserRef,
      nullable: true,
      description: 'The user who wrote it or, for a system message, did what it reports. Null when no user did.',
      resolve: (message, _, context) => (message.authorId ? load(context, usersByIds, message.authorId) : null),
    }),
    kind: t.expose('kind', { type: MessageKindRef, description: 'Its kind.' }),
    isHidden: t.boolean({
      description: 'Whether the viewer has blocked its author, so that its content is hidden.',
      resolve: (message, _, context) => isMessageHidden(context, message),
    }),
    body: t.string({
      description: `The text, up to ${limits.messageLengthMax} characters and ${limits.messageBytesMax} bytes. Empty when the message is deleted (see \`deletedAt\`) or hidden (see \`isHidden\`). When the kind is SYSTEM, an English sentence with current names.`,
      resolve: (message, _, context) => {
        const { systemAction, body } = message
        return unlessHidden(
          context,
          message,
          () => (systemAction ? sentenceFor(context, systemAction, message) : (body ?? '')),
          '',
        )
      },
    }),
    nonce: t.string({
      nullable: true,
      description:
        'The idempotency key that the client of its author sent, to recognize its own message. Null when there was none, or when the message is hidden.',
      resolve: (message, _, context) => unlessHidden(context, message, () => message.nonce, null),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was sent.' }),
    editedAt: t.expose('editedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last edited. Null when it was never edited.',
    }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was deleted. Null when it is not deleted.',
    }),
    pinnedAt: t.expose('pinnedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was pinned. Null when it is not pinned.',
    }),
  }),
})

/** A connection of messages. */
export const MessageConnection = builder.connectionObject(
  {
    type: MessageRef,
    name: 'MessageConnection',
    description: 'A page of messages. The order is that of the list.',
  },
  { name: 'MessageEdge', description: 'A message and its cursor.' },
)

/** Loads the message of an event. Messages are removed only with their room. */
export const messagePayload = (name: string, description: string) =>
  builder.objectRef<{ message: Message }>(name).implement({
    description,
    fields: (t) => ({ message: t.expose('message', { type: MessageRef, description: 'The message as it is now.' }) }),
  })
