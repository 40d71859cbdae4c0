import { judge } from '../access/access.ts'
import { inOrder, type Loaded, whenLoaded } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import { notFound } from '../errors.ts'
import { encodeCursor } from '../feed/cursor.ts'
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
 * It does not ask who may see them: that is for whoever has the ids.
 */
export const roomsByIds: LoadMany<Room | null> = async ({ db }, ids) => {
  const rooms = await db.room.findMany({ where: { id: { in: [...ids] }, deletedAt: null } })
  return inOrder(ids, rooms, (room) => room.id)
}

/** Loads a room that a row refers to. */
export function roomOf(context: Context, roomId: string): Loaded<Room> {
  return whenLoaded(load(context, roomsByIds, roomId), (room) => {
    if (!room) throw notFound('room')
    return room
  })
}

/**
 * Loads the room of an event; null when it is gone or not to be seen.
 *
 * An answer that many share goes to members alone.
 */
export async function roomInView(context: Context, roomId: string): Promise<Room | null> {
  if (!context.isShared) {
    const facts = await context.roomFacts.load(roomId)
    if (!facts || judge(context, { facts, action: 'see' })) return null
  }
  return load(context, roomsByIds, roomId)
}

/**
 * Gives the topic of a room, of one read for the whole operation.
 *
 * Whatever an operation lists or counts of a room's feed is bounded by this state, read before it, so that it joins the
 * stream after `eventCursor` without a gap. Where there is a viewer it is the same read that access is judged by.
 */
export async function topicOf(context: Context, roomId: string): Promise<TopicState> {
  const topic = context.isShared ? await loadTopic(context, roomId) : (await context.roomFacts.load(roomId))?.topic
  if (!topic) throw notFound('room')
  return topic
}

/** Keeps what was read of a room for the rest of the operation: row, facts, topic. */
export function rememberRoom(context: Context, { room, facts }: RoomView): void {
  // the first read of a room is the one that the whole operation answers from
  context.roomFacts.prime(room.id, facts)
  prime(context, roomsByIds, room.id, room)
}

/** Who can enter a room. */
export const RoomAccessRef = builder.enumType('RoomAccess', {
  description: 'How one becomes a member of a room.',
  values: {
    OPEN: { description: 'Everybody may join.' },
    PASSWORD: { description: 'Who knows the password may join.' },
    INVITE: { description: 'Only with an invite, or added by an admin. Others do not see the room.' },
  } as const,
})

/** What a room is for. */
export const RoomKindRef = builder.enumType('RoomKind', {
  description: 'What a room is for.',
  values: {
    GROUP: { description: 'A room with a name, for any number of members.' },
    DIRECT: { description: 'The room of exactly two users. There is one for each pair.' },
  } as const,
})

/** A place where members exchange messages. */
export const RoomRef = builder.prismaObject('Room', {
  description: 'A place where members exchange messages. Only members read them.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `room_…`.', resolve: (room) => formatId('Room', room.id) }),
    code: t.exposeString('code', {
      description: '8 upper-case letters and digits that a person can type to join. Unique.',
    }),
    kind: t.expose('kind', { type: RoomKindRef, description: 'What it is for. It never changes.' }),
    access: t.expose('access', { type: RoomAccessRef, description: 'How one becomes a member.' }),
    name: t.exposeString('name', {
      nullable: true,
      description: `1 to ${limits.roomNameLengthMax} characters on one line. Null in a DIRECT room: show the other member.`,
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: `What it is about: at most ${limits.roomDescriptionLengthMax} characters. Null when nobody said.`,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its settings last changed.' }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was archived: it is read, but takes no messages. Null while it is in use.',
    }),
    slowModeSeconds: t.exposeInt('slowModeSeconds', {
      description: 'Seconds that a plain member waits between two messages; 0 when slow mode is off.',
    }),
    memberCount: t.exposeInt('memberCount', { description: 'How many members it has.' }),
    messageCount: t.int({
      description: 'The number of its newest message: how many were ever sent, deleted ones too.',
      resolve: async (room, _, context) => (await topicOf(context, room.id)).lastNumber,
    }),
    eventCursor: t.field({
      type: 'EventCursor',
      description:
        'The place in the feed that everything else in this answer is from: subscribe `after` it and nothing is missed or doubled.',
      resolve: async (room, _, context) => {
        const { topicId, epoch, head } = await topicOf(context, room.id)
        return encodeCursor({ topicId, epoch, seq: head })
      },
    }),
  }),
})

builder.queryField('room', (t) =>
  t.field({
    type: RoomRef,
    nullable: true,
    description:
      'A room by its id or by its code: exactly one of the two. Members see it, and everybody where it is OPEN or PASSWORD. Errors: NOT_FOUND, BAD_USER_INPUT.',
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
  description: 'A room to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: `1 to ${limits.roomNameLengthMax} characters on one line.` }),
    description: t.string({ description: `At most ${limits.roomDescriptionLengthMax} characters.` }),
    categoryId: t.id({ description: 'The category to be found under.' }),
    regionId: t.id({ description: 'The region to be found under.' }),
    access: t.field({ type: RoomAccessRef, defaultValue: 'OPEN', description: 'How one becomes a member.' }),
    password: t.string({
      description: `Needed where access is PASSWORD, refused elsewhere: 1 to ${limits.roomPasswordLengthMax} characters.`,
    }),
  }),
})

const CreateRoomPayload = builder.objectRef<{ room: Room }>('CreateRoomPayload').implement({
  description: 'The result of createRoom.',
  fields: (t) => ({ room: t.expose('room', { type: RoomRef, description: 'The new room.' }) }),
})

const OpenDirectRoomInput = builder.inputType('OpenDirectRoomInput', {
  description: 'Whom to talk to.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'The other user.' }) }),
})

const OpenDirectRoomPayload = builder.objectRef<{ room: Room }>('OpenDirectRoomPayload').implement({
  description: 'The result of openDirectRoom.',
  fields: (t) => ({ room: t.expose('room', { type: RoomRef, description: 'The one room of the two.' }) }),
})

builder.mutationFields((t) => ({
  createRoom: t.field({
    type: CreateRoomPayload,
    description:
      'Makes a room with a new code. The viewer is its owner. Errors: UNAUTHENTICATED, BAD_USER_INPUT, RATE_LIMITED.',
    args: { input: t.arg({ type: CreateRoomInput, required: true, description: 'The room to make.' }) },
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
      'Gives the one room of the viewer and another user, making it the first time. Errors: UNAUTHENTICATED, NOT_FOUND, BAD_USER_INPUT for oneself, BLOCKED for whom the viewer has blocked, FORBIDDEN where the other’s directMessagePolicy does not let the viewer, RATE_LIMITED.',
    args: { input: t.arg({ type: OpenDirectRoomInput, required: true, description: 'Whom to talk to.' }) },
    resolve: async (_, { input }, context) => {
      const room = await openDirectRoom(context, { userId: parseId('User', input.userId, 'userId') })
      return { room }
    },
  }),
}))
