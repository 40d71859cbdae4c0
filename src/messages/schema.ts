import { limits } from '../config/config.ts'
import { notFound } from '../errors.ts'
import { encodeCursor } from '../feed/cursor.ts'
import type { SystemAction } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { type LoadMany, load, prime } from '../graphql/loaders.ts'
import { encodeKeyset } from '../graphql/pages.ts'
import { formatId } from '../input/ids.ts'
import { RoomRef, roomOf } from '../rooms/schema.ts'
import { UserRef } from '../users/schema.ts'
import { deletedUserName, shownName, usersByIds } from '../users/service.ts'
import { isMessageHidden, unlessHidden } from './hidden-content/schema.ts'
import { type AuthoredMessage, readMessagesInOrder, type ShownMessage } from './queries.ts'
import { sentenceOf } from './system/sentences.ts'

/** Primes the loader with the author that was read with a message. */
function rememberAuthor(context: Context, { message, author }: AuthoredMessage): ShownMessage {
  if (author) prime(context, usersByIds, author.id, author)
  return message
}

/** Primes the loader with the authors that were read with messages. */
export function rememberAuthors(context: Context, rows: readonly AuthoredMessage[]): ShownMessage[] {
  return rows.map((row) => rememberAuthor(context, row))
}

/** Loads messages by their ids, together with other operations. It does not check access. */
export const messagesByIds: LoadMany<ShownMessage | null> = async (context, ids) => {
  const rows = await Promise.all(ids.map((id) => context.batchedRead(readMessagesInOrder, id)))
  return rows.map((row) => row && rememberAuthor(context, row))
}

/** Loads the message of an event. Messages are removed only with their room. */
export async function messageOf(context: Context, id: string): Promise<ShownMessage> {
  const message = await load(context, messagesByIds, id)
  if (!message) throw notFound('message')
  return message
}

/** Makes a message that shows only its own fields. The viewer is not a member of its room any more. */
export const withoutRoom = (message: ShownMessage): ShownMessage & { isAlone: true } => ({
  ...message,
  replyToId: null,
  isAlone: true,
})

/** Tells whether a message was made by `withoutRoom`. */
export const isAlone = (message: ShownMessage) => 'isAlone' in message

/**
 * Asserts that what surrounds a message in its room may be shown.
 *
 * @throws AppError NOT_FOUND when it was made by `withoutRoom`.
 */
export function assertInRoom(message: ShownMessage): void {
  if (isAlone(message)) throw notFound('room')
}

/** The user who wrote a message. Null for system messages, whose row has there the user who did what they report. */
export const authorOf = ({ kind, authorId }: Pick<ShownMessage, 'kind' | 'authorId'>) =>
  kind === 'TEXT' ? authorId : null

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
async function sentenceFor(
  context: Context,
  action: SystemAction,
  { authorId, subjectId }: ShownMessage,
): Promise<string> {
  const nameOf = async (id: string | null) => {
    const user = id === null ? null : await load(context, usersByIds, id)
    return user ? shownName(user) : deletedUserName
  }
  const [actor, subject] = await Promise.all([nameOf(authorId), nameOf(subjectId)])
  return sentenceOf(action, { actor, subject })
}

/** A message in a room, written by a member or the server. */
export const MessageRef = builder.objectRef<ShownMessage>('Message').implement({
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
        const digits = typeof chain === 'string' ? chain : Buffer.from(chain).toString('hex')
        return encodeCursor({ topicId: roomId, seq: Number(seq), chain: digits })
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
  builder.objectRef<{ message: ShownMessage }>(name).implement({
    description,
    fields: (t) => ({ message: t.expose('message', { type: MessageRef, description: 'The message as it is now.' }) }),
  })
