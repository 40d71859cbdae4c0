import { blockedIdsByUserIds } from '../access/facts.ts'
import { whenLoaded } from '../concurrency/loader.ts'
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
import { type AuthoredMessage, readMessagesInOrder } from './queries.ts'
import { sentenceOf } from './system/sentences.ts'

/** Primes the loader with the author that was read with a message. */
function rememberAuthor(context: Context, { message, author }: AuthoredMessage): Message {
  if (author) prime(context, usersByIds, author.id, author)
  return message
}

/** Primes the loader with the authors that were read with messages. */
export function rememberAuthors(context: Context, rows: readonly AuthoredMessage[]): Message[] {
  return rows.map((row) => rememberAuthor(context, row))
}

/** Loads messages by their ids, together with other operations. It does not check access. */
export const messagesByIds: LoadMany<Message | null> = async (context, ids) => {
  const rows = await Promise.all(ids.map((id) => context.gather(readMessagesInOrder, id)))
  return rows.map((row) => row && rememberAuthor(context, row))
}

/** Loads the message of an event. Messages are removed only with their room. */
export async function messageOf(context: Context, id: string): Promise<Message> {
  const message = await load(context, messagesByIds, id)
  if (!message) throw notFound('message')
  return message
}

/**
 * Tells whether the content of a message is hidden: the viewer has blocked its author, or it is from before their history begins.
 *
 * A shared result shows the content and registers the author: viewers who have blocked the author get their own result.
 */
function isMessageHidden(context: Context, { authorId, roomId, number }: Message): boolean | Promise<boolean> {
  if (context.isShared) {
    context.showsNumber(number)
    if (authorId !== null) context.shows(authorId)
    return false
  }
  const { viewer } = context
  if (!viewer) return false
  // the facts, which are loaded anyway, tell whether there is anything to check. The viewer's own messages wait for them
  // too, so that the fields of all messages of a page are loaded in one tick, as one batch
  return whenLoaded(context.roomFacts.load(roomId), (facts) => {
    if (facts?.member && number <= facts.member.historyFrom) return true
    if (authorId === null || viewer.userId === authorId || (facts && !facts.hidesAuthors)) return false
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

/** Makes a message that shows only its own fields. The viewer is not a member of its room any more. */
export const withoutRoom = (message: Message): Message & { isAlone: true } => ({
  ...message,
  replyToId: null,
  isAlone: true,
})

/** Tells whether a message was made by `withoutRoom`. */
export const isAlone = (message: Message) => 'isAlone' in message

/**
 * Asserts that what surrounds a message in its room may be shown.
 *
 * @throws AppError NOT_FOUND when it was made by `withoutRoom`.
 */
export function assertInRoom(message: Message): void {
  if (isAlone(message)) throw notFound('room')
}

/** The user who wrote a message. Null for system messages, whose row has there the user who did what they report. */
export const authorOf = ({ kind, authorId }: Pick<Message, 'kind' | 'authorId'>) => (kind === 'TEXT' ? authorId : null)

const MessageKindRef = builder.enumType('MessageKind', {
  description: 'The kind of a message.',
  values: {
    TEXT: { description: 'A text written by its author.' },
    SYSTEM: { description: 'A system message, for example that a user joined: see `action`.' },
  } as const,
})

const MessageDeleterRef = builder.enumType('MessageDeleter', {
  description: 'The party that deleted a message.',
  values: {
    AUTHOR: { description: 'Its author.' },
    MODERATOR: { description: 'An admin or the owner of the room.' },
    OPERATOR: { description: 'The operator of the server, by the age of messages that it keeps or after a report.' },
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
      resolve(message, _, context) {
        assertInRoom(message)
        return roomOf(context, message.roomId)
      },
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
      resolve(message) {
        assertInRoom(message)
        const { roomId, seq, chain } = message
        return encodeCursor({ topicId: roomId, seq: Number(seq), chain: Buffer.from(chain).toString('hex') })
      },
    }),
    author: t.field({
      type: UserRef,
      nullable: true,
      description: 'The user who wrote it. Null for a system message, which nobody wrote: see `actor`.',
      resolve(message, _, context) {
        const authorId = authorOf(message)
        return authorId === null ? null : load(context, usersByIds, authorId)
      },
    }),
    kind: t.expose('kind', { type: MessageKindRef, description: 'Its kind.' }),
    isHidden: t.boolean({
      description:
        'True if its content is hidden: the viewer has blocked its author or, for a system message, its `actor`, or it is from before the history of the viewer begins (see `Room.history`).',
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
    deletedBy: t.expose('deletedBy', {
      type: MessageDeleterRef,
      nullable: true,
      description: 'The party that deleted it. Null when it is not deleted.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself, as if deleted: see `Room.messageSeconds`. Null when it does not.',
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
