import { blockedIdsByUserIds } from '../access/facts.ts'
import { inOrder, whenLoaded } from '../access/loader.ts'
import { limits } from '../config.ts'
import { notFound } from '../errors.ts'
import { encodeCursor } from '../feed/cursor.ts'
import type { Message, SystemAction } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { formatId } from '../graphql/ids.ts'
import { type LoadMany, load, prime } from '../graphql/loaders.ts'
import { encodePlace } from '../graphql/pages.ts'
import { RoomRef, roomOf, topicOf } from '../rooms/schema.ts'
import { UserRef } from '../users/schema.ts'
import { deletedUserName, shownName, usersByIds } from '../users/service.ts'
import { type AuthoredMessage, readMessages } from './queries.ts'
import { sentenceOf } from './system.ts'

/** Keeps the authors that came with messages, so that nobody asks for them again. */
export function rememberAuthors(context: Context, rows: readonly AuthoredMessage[]): Message[] {
  for (const { author } of rows) if (author) prime(context, usersByIds, author.id, author)
  return rows.map(({ message }) => message)
}

/** Loads messages by their ids. It does not ask who may read them. */
export const messagesByIds: LoadMany<Message | null> = async (context, ids) => {
  const messages = rememberAuthors(context, await readMessages(context.sql, ids))
  return inOrder(ids, messages, (message) => message.id)
}

/** Gives a message that an event speaks of. Messages are removed only with their room. */
export async function messageOf(context: Context, id: string): Promise<Message> {
  const message = await load(context, messagesByIds, id)
  if (!message) throw notFound('message')
  return message
}

/**
 * Whether the viewer has blocked the author of a message: then nothing of what it says is shown.
 *
 * An answer that many share shows it, and says whose it is: those who have blocked the author get their own.
 */
function isMessageHidden(context: Context, { authorId, roomId }: Message): boolean | Promise<boolean> {
  if (authorId === null) return false
  if (context.isShared) {
    context.shows(authorId)
    return false
  }
  const { viewer } = context
  if (!viewer) return false
  // the facts say for nothing whether there is anything to ask. One's own messages wait for them too, so that what hangs on
  // the messages of a page is asked for in one tick, and read together
  return whenLoaded(context.roomFacts.load(roomId), (facts) => {
    if (viewer.userId === authorId || (facts && !facts.hidesAuthors)) return false
    return whenLoaded(load(context, blockedIdsByUserIds, viewer.userId), (blockedIds) => blockedIds.has(authorId))
  })
}

/** Gives something of what a message says. It is `instead` where the viewer has blocked its author. */
export function unlessHidden<T>(
  context: Context,
  message: Message,
  resolve: () => T | Promise<T>,
  instead: T,
): T | Promise<T> {
  return whenLoaded(isMessageHidden(context, message), (isHidden) => (isHidden ? instead : resolve()))
}

/** Resolves when a loader asks for what it was told in this turn. */
const turn: LoadMany<null> = async (_, keys) => keys.map(() => null)

/** Loads something of what a message says, for a page with one statement. It is `instead` where it is hidden. */
export async function loadUnlessHidden<T>(
  context: Context,
  message: Message,
  loadMany: LoadMany<T>,
  instead: T,
): Promise<T> {
  const hidden = isMessageHidden(context, message)
  // the viewer's own messages wait for those of others, of which it has to be asked first
  if (typeof hidden === 'boolean' && !context.isShared) await load(context, turn, '')
  return (await hidden) ? instead : load(context, loadMany, message.id)
}

const MessageKindRef = builder.enumType('MessageKind', {
  description: 'What a message is.',
  values: {
    TEXT: { description: 'Written by its author.' },
    SYSTEM: { description: 'Written by the server, for example that somebody joined: see `action`.' },
  } as const,
})

/** Says in English what a message of the server tells of. */
async function tell(context: Context, action: SystemAction, { authorId, subjectId }: Message): Promise<string> {
  const nameOf = async (id: string | null) => {
    const user = id === null ? null : await load(context, usersByIds, id)
    return user ? shownName(user) : deletedUserName
  }
  const [actor, subject] = await Promise.all([nameOf(authorId), nameOf(subjectId)])
  return sentenceOf(action, { actor, subject })
}

/** Something that a member said in a room. */
export const MessageRef = builder.prismaObject('Message', {
  description: 'Something that a member said in a room. A deleted one stays as a tombstone with its number.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `msg_…`.', resolve: (message) => formatId('Message', message.id) }),
    room: t.field({
      type: RoomRef,
      description: 'The room that it is in.',
      resolve: (message, _, context) => roomOf(context, message.roomId),
    }),
    number: t.exposeInt('number', { description: 'Its place in the room: 1, 2, 3 … without holes.' }),
    pageCursor: t.string({
      description: 'Its place in `Room.messages`: give it there as `after` or `before`.',
      resolve: (message) => encodePlace([message.number]),
    }),
    cursor: t.field({
      type: 'EventCursor',
      description: 'The place in the feed of the room at which it was sent: subscribe `after` it to go on from here.',
      resolve: async ({ roomId, seq }, _, context) => {
        const { topicId, epoch } = await topicOf(context, roomId)
        return encodeCursor({ topicId, epoch, seq: Number(seq) })
      },
    }),
    author: t.field({
      type: UserRef,
      nullable: true,
      description: 'Who wrote it, or did what it tells of. Null where nobody did.',
      resolve: (message, _, context) => (message.authorId ? load(context, usersByIds, message.authorId) : null),
    }),
    kind: t.expose('kind', { type: MessageKindRef, description: 'What it is.' }),
    isHidden: t.boolean({
      description: 'Whether the viewer has blocked its author: then nothing is shown of what it says.',
      resolve: (message, _, context) => isMessageHidden(context, message),
    }),
    body: t.string({
      description: `Up to ${limits.messageLengthMax} characters and ${limits.messageBytesMax} bytes. Empty when it was deleted, see \`deletedAt\`, or is hidden, see \`isHidden\`. Where the kind is SYSTEM, an English sentence with the names of now.`,
      resolve: (message, _, context) => {
        const { systemAction, body } = message
        return unlessHidden(
          context,
          message,
          () => (systemAction ? tell(context, systemAction, message) : (body ?? '')),
          '',
        )
      },
    }),
    nonce: t.string({
      nullable: true,
      description:
        'What its author’s client called it, to find its own message again. Null when it gave none, or is hidden.',
      resolve: (message, _, context) => unlessHidden(context, message, () => message.nonce, null),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was sent.' }),
    editedAt: t.expose('editedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last edited. Null when it never was.',
    }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was deleted. Null while it stands.',
    }),
    pinnedAt: t.expose('pinnedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was pinned. Null when it is not.',
    }),
  }),
})

/** A page of messages. */
export const MessageConnection = builder.connectionObject(
  {
    type: MessageRef,
    name: 'MessageConnection',
    description: 'A page of messages. The list that it is of says in which order.',
  },
  { name: 'MessageEdge', description: 'A message of a page.' },
)

/** A payload with the message that a mutation changed. */
export const messagePayload = (name: string, description: string) =>
  builder.objectRef<{ message: Message }>(name).implement({
    description,
    fields: (t) => ({ message: t.expose('message', { type: MessageRef, description: 'The message as it is now.' }) }),
  })
