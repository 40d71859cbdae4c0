import { judge } from '../access/access.ts'
import { inOrder, type Loaded, whenLoaded } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import { notFound } from '../errors.ts'
import { encodeCursor, headOf } from '../feed/cursor.ts'
import type { TopicState } from '../feed/topics.ts'
import type { Room } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { type LoadMany, load, prime } from '../graphql/loaders.ts'
import { loadTopic } from '../graphql/topics.ts'
import { formatId, parseId } from '../input/ids.ts'
import type { RoomView } from './queries.ts'
import { createRoom, findRoom, openDirectRoom } from './service.ts'

/**
 * Loads rooms by their ids; null for those that do not exist.
 *
 * It does not check access: that is up to the caller.
 */
export const roomsByIds: LoadMany<Room | null> = async ({ db }, ids) => {
  const rooms = await db.room.findMany({ where: { id: { in: [...ids] }, deletedAt: null } })
  return inOrder(ids, rooms, (room) => room.id)
}

/** Loads the room to which a row refers. */
export function roomOf(context: Context, roomId: string): Loaded<Room> {
  return whenLoaded(load(context, roomsByIds, roomId), (room) => {
    if (!room) throw notFound('room')
    return room
  })
}

/**
 * Loads the room of an event. Null when it was deleted or the viewer may not see it.
 *
 * Shared results go only to members.
 */
export async function roomInView(context: Context, roomId: string): Promise<Room | null> {
  if (!context.isShared) {
    const facts = await context.roomFacts.load(roomId)
    if (!facts || judge(context, { facts, action: 'see' })) return null
  }
  return load(context, roomsByIds, roomId)
}

/**
 * Loads the topic of a room, from one read for the whole operation.
 *
 * Everything an operation lists or counts of a room's feed is bounded by this state, which is read first, so that it joins
 * the stream after `eventCursor` without a gap. For a viewer it is the same read by which access is judged.
 */
export async function topicOf(context: Context, roomId: string): Promise<TopicState> {
  const topic = context.isShared ? await loadTopic(context, roomId) : (await context.roomFacts.load(roomId))?.topic
  if (!topic) throw notFound('room')
  return topic
}

/** Keeps a room as read (row, facts, topic) for the rest of the operation. */
export function rememberRoom(context: Context, { room, facts }: RoomView): void {
  // the whole operation uses the first read of a room
  context.roomFacts.prime(room.id, facts)
  prime(context, roomsByIds, room.id, room)
}

/** The ways to become a member of a room. */
export const RoomAccessRef = builder.enumType('RoomAccess', {
  description: 'How users become members of a room.',
  values: {
    OPEN: { description: 'Any user may join.' },
    PASSWORD: { description: 'Users who know the password may join.' },
    INVITE: { description: 'Users join with an invite, or are added by an admin. Others do not see the room.' },
  } as const,
})

/** The kinds of rooms. */
export const RoomKindRef = builder.enumType('RoomKind', {
  description: 'The kind of a room.',
  values: {
    GROUP: { description: 'A room with a name, for any number of members.' },
    DIRECT: { description: 'The room of exactly two users. There is one for each pair.' },
  } as const,
})

/** A room, where members exchange messages. */
export const RoomRef = builder.prismaObject('Room', {
  description: 'A room, where members exchange messages. Only members may read them.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `room_…`.', resolve: (room) => formatId('Room', room.id) }),
    code: t.exposeString('code', {
      description: '8 upper-case letters and digits that a person can type to join. Unique.',
    }),
    kind: t.expose('kind', { type: RoomKindRef, description: 'Its kind. It never changes.' }),
    access: t.expose('access', { type: RoomAccessRef, description: 'How users become members.' }),
    name: t.exposeString('name', {
      nullable: true,
      description: `1 to ${limits.roomNameLengthMax} characters on one line. Null in a DIRECT room: show the other member.`,
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: `Its description: at most ${limits.roomDescriptionLengthMax} characters. Null when it has none.`,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its settings last changed.' }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was archived: it can be read, but takes no messages. Null when it is not archived.',
    }),
    slowModeSeconds: t.exposeInt('slowModeSeconds', {
      description: 'Seconds that a plain member must wait between two messages; 0 when slow mode is off.',
    }),
    memberCount: t.exposeInt('memberCount', { description: 'How many members it has.' }),
    messageCount: t.int({
      description: 'The number of its newest message: how many were ever sent, including deleted ones.',
      resolve: async (room, _, context) => (await topicOf(context, room.id)).lastNumber,
    }),
    eventCursor: t.field({
      type: 'EventCursor',
      description:
        'The position in the feed to which the rest of this response corresponds. Subscribe with `after` to resume without gaps or duplicates.',
      resolve: async (room, _, context) => {
        return encodeCursor(headOf(await topicOf(context, room.id)))
      },
    }),
  }),
})

builder.queryField('room', (t) =>
  t.field({
    type: RoomRef,
    nullable: true,
    description:
      'A room by its id or its code: give exactly one. Visible to members, and to everybody when it is OPEN or PASSWORD. Errors: NOT_FOUND, BAD_USER_INPUT.',
    args: {
      id: t.arg.id({ description: 'The id of the room.' }),
      code: t.arg.string({ description: 'The code of the room, in upper or lower case.' }),
    },
    resolve: async (_, { id, code }, context) => {
      const view = await findRoom(context, { id: id ? parseId('Room', id, 'id') : null, code })
      rememberRoom(context, view)
      return view.room
    },
  }),
)

const CreateRoomInput = builder.inputType('CreateRoomInput', {
  description: 'A room to create.',
  fields: (t) => ({
    name: t.string({ required: true, description: `1 to ${limits.roomNameLengthMax} characters on one line.` }),
    description: t.string({ description: `At most ${limits.roomDescriptionLengthMax} characters.` }),
    categoryId: t.id({ description: 'The category of the room.' }),
    regionId: t.id({ description: 'The region of the room.' }),
    access: t.field({ type: RoomAccessRef, defaultValue: 'OPEN', description: 'How users become members.' }),
    password: t.string({
      description: `Required when access is PASSWORD, refused otherwise: 1 to ${limits.roomPasswordLengthMax} characters.`,
    }),
  }),
})

const CreateRoomPayload = builder.objectRef<{ room: Room }>('CreateRoomPayload').implement({
  description: 'The result of createRoom.',
  fields: (t) => ({ room: t.expose('room', { type: RoomRef, description: 'The new room.' }) }),
})

const OpenDirectRoomInput = builder.inputType('OpenDirectRoomInput', {
  description: 'Opens the direct room with a user.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'The other user.' }) }),
})

const OpenDirectRoomPayload = builder.objectRef<{ room: Room }>('OpenDirectRoomPayload').implement({
  description: 'The result of openDirectRoom.',
  fields: (t) => ({ room: t.expose('room', { type: RoomRef, description: 'The one DIRECT room of both users.' }) }),
})

builder.mutationFields((t) => ({
  createRoom: t.field({
    type: CreateRoomPayload,
    description:
      'Creates a room with a new code. The viewer becomes its owner. Errors: UNAUTHENTICATED, BAD_USER_INPUT, RATE_LIMITED.',
    args: { input: t.arg({ type: CreateRoomInput, required: true, description: 'The room to create.' }) },
    resolve: async (_, { input }, context) => {
      const { categoryId, regionId } = input
      const room = await createRoom(context, {
        ...input,
        access: input.access ?? 'OPEN',
        categoryId: categoryId ? parseId('Category', categoryId, 'categoryId') : null,
        regionId: regionId ? parseId('Region', regionId, 'regionId') : null,
      })
      return { room }
    },
  }),
  openDirectRoom: t.field({
    type: OpenDirectRoomPayload,
    description:
      'Returns the one DIRECT room of the viewer and another user, and creates it the first time. Errors: UNAUTHENTICATED, NOT_FOUND, BAD_USER_INPUT for yourself, BLOCKED when the viewer has blocked the user, FORBIDDEN when the other’s directMessagePolicy does not let the viewer, RATE_LIMITED.',
    args: { input: t.arg({ type: OpenDirectRoomInput, required: true, description: 'The other user.' }) },
    resolve: async (_, { input }, context) => {
      const room = await openDirectRoom(context, { userId: parseId('User', input.userId, 'userId') })
      return { room }
    },
  }),
}))
