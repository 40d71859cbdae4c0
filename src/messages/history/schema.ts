// The history of a room: its messages by number, in pages, and the cursor at which a page joins the stream.

import { assertCan } from '../../access/access.ts'
import { inOrder } from '../../concurrency/loader.ts'
import { badInput } from '../../errors.ts'
import { encodeCursor, headOf } from '../../feed/cursor.ts'
import type { TopicState } from '../../feed/topics.ts'
import type { Room } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { bothWaysArgs, type Connection, type PageArgs, type PageQuery, parsePage, toPage } from '../../graphql/pages.ts'
import { topicOf } from '../../rooms/schema.ts'
import type { AuthoredMessage, ShownMessage } from '../queries.ts'
import { MessageConnection, MessageRef, rememberAuthors } from '../schema.ts'
import { readMessagesAt, type Stretch } from './queries.ts'
import { findStretch, findStretchAround, headPosition, readHistory } from './service.ts'

/** Loads messages by `room number`: what Room.lastMessage and Room.message ask for many rooms at once. */
const messagesByNumbers: LoadMany<ShownMessage | null> = async (context, keys) => {
  const asked = keys.map((key) => {
    const [roomId = '', number = ''] = key.split(' ')
    return { roomId, number: Number(number) }
  })
  const messages = rememberAuthors(context, await readMessagesAt(context.lookups, asked))
  return inOrder(keys, messages, (message) => `${message.roomId} ${message.number}`)
}

/** Stretches of histories as JSON, those of many rooms at once. */
const stretchesIn =
  (direction: Stretch['direction']): LoadMany<AuthoredMessage[]> =>
  (context, keys) =>
    // the keys are made by `readStretch` below
    readHistory(
      context,
      keys.map((key) => JSON.parse(key) as Stretch),
      direction,
    )
const stretchesByDirection = { forward: stretchesIn('forward'), backward: stretchesIn('backward') }

async function readStretch(context: Context, stretch: Stretch): Promise<ShownMessage[]> {
  const rows = await load(context, stretchesByDirection[stretch.direction], JSON.stringify(stretch))
  return rememberAuthors(context, rows)
}

/** Reads the message with a number, those of many rooms at once. */
async function readAt(context: Context, topic: TopicState, number: number): Promise<ShownMessage | null> {
  const { topicId: roomId } = topic
  if (!context.replica) return load(context, messagesByNumbers, `${roomId} ${number}`)
  const bounds = { roomId, above: number - 1, upTo: number, take: 1, direction: 'forward' } as const
  const [message = null] = await readStretch(context, { ...bounds, since: headPosition(topic) })
  return message
}

const edgeOf = (message: ShownMessage) => ({ keys: [message.number], node: message })

/** The page from either end, or beside a cursor. */
async function readPage(room: Room, args: PageArgs, context: Context): Promise<Connection<ShownMessage>> {
  const query = parsePage(args)
  const stretch = await findStretch(context, { ...query, take: query.take + 1, roomId: room.id })
  return toPage(query, await readStretch(context, stretch), { edgeOf })
}

/** The page around a number, as large as `first` or `last` says. */
async function readAround(
  room: Room,
  { around, ...args }: PageArgs & { around: number },
  context: Context,
): Promise<Connection<ShownMessage>> {
  if (args.after || args.before) throw badInput('around', 'cannot be given together with after or before')
  const { take } = parsePage(args)
  const stretch = await findStretchAround(context, { roomId: room.id, around, take })
  const query: PageQuery = { take, direction: 'forward', keyset: null }
  const page = toPage(query, await readStretch(context, stretch), { edgeOf })
  const { lastNumber } = await topicOf(context, room.id)
  const begin = (await context.roomFacts.load(room.id))?.member?.historyFrom ?? 0
  const hasNextPage = stretch.above + page.edges.length < lastNumber
  return { ...page, pageInfo: { ...page.pageInfo, hasNextPage, hasPreviousPage: stretch.above > begin } }
}

builder.objectField(MessageConnection, 'eventCursor', (t) =>
  t.field({
    type: 'EventCursor',
    nullable: true,
    description:
      'The cursor of the room feed that this page is from: subscribe to roomEvents `after` it and nothing is missed. Null where the list is not `Room.messages`.',
    resolve: async (connection, _, context) => {
      const roomId = 'roomId' in connection ? connection.roomId : null
      if (typeof roomId !== 'string') return null
      return encodeCursor(headOf(await topicOf(context, roomId)))
    },
  }),
)

builder.prismaObjectFields('Room', (t) => ({
  messages: t.field({
    type: MessageConnection,
    description:
      'Its messages in order of number, up to `eventCursor`. A cursor of a page is also `Message.pageCursor`. For members.',
    codes: ['FORBIDDEN', 'BAD_USER_INPUT'],
    args: {
      ...bothWaysArgs(),
      around: t.arg.int({
        description:
          'A number to have in the middle, from 1: the page that `first` or `last` is the size of, moved where it would pass an end. Without after and before.',
      }),
    },
    resolve: async (room, { around, ...args }, context) => {
      const page =
        around === null || around === undefined
          ? await readPage(room, args, context)
          : await readAround(room, { around, ...args }, context)
      return { ...page, roomId: room.id }
    },
  }),
  lastMessage: t.field({
    type: MessageRef,
    nullable: true,
    description: 'Its newest message. Null when there is none. For members.',
    resolve: async (room, _, context) => {
      const { topic, member } = await assertCan(context, { roomId: room.id, action: 'read' })
      return topic.lastNumber > (member?.historyFrom ?? 0) ? readAt(context, topic, topic.lastNumber) : null
    },
  }),
  message: t.field({
    type: MessageRef,
    nullable: true,
    description: 'The message with a number. Null when there is none with it yet. For members.',
    args: { number: t.arg.int({ required: true, description: 'From 1 to `messageCount`.' }) },
    resolve: async (room, { number }, context) => {
      const { topic, member } = await assertCan(context, { roomId: room.id, action: 'read' })
      if (number <= (member?.historyFrom ?? 0) || number < 1 || number > topic.lastNumber) return null
      return readAt(context, topic, number)
    },
  }),
}))
