import { judge } from '../access/access.ts'
import { inOrder, type Loaded, whenLoaded } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import { roomLimits } from '../config/rooms.ts'
import { badInput, notFound } from '../errors.ts'
import { encodeCursor, headOf } from '../feed/cursor.ts'
import type { TopicState } from '../feed/topics.ts'
import type { Room } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { type LoadMany, load, prime } from '../graphql/loaders.ts'
import { loadTopic } from '../graphql/topics.ts'
import { formatId, parseIds } from '../input/ids.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { createDirectRoom, openDirectRoom } from './direct/service.ts'
import type { RoomView } from './queries.ts'
import { createRoom, findRoom } from './service.ts'

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
    GROUP: { description: 'A room for any number of members.' },
    DIRECT: { description: 'The room of exactly two users, or of one with themselves. There is one for each pair.' },
  } as const,
})

/** The members who may send messages. */
export const RoomPostingRef = builder.enumType('RoomPosting', {
  description: 'Members who may send messages to a room, and edit theirs.',
  values: {
    EVERYONE: { description: 'All members.' },
    ADMINS: { description: 'Admins and the owner. Other members read, react and mark.' },
  } as const,
})

/** How far back new members read. */
export const RoomHistoryRef = builder.enumType('RoomHistory', {
  description:
    'How far back new members read. A change holds for users who become members after it; those who come back are new.',
  values: {
    ALL: { description: 'All messages.' },
    SINCE_JOINED: {
      description:
        'Messages that were sent after they became members. Earlier ones are not listed or found; where something else leads to one, such as a reply, its content is hidden.',
    },
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
      description: `1 to ${limits.roomNameLengthMax} characters on one line. Null in a DIRECT room, and in a group without a name: show \`title\`.`,
    }),
    posting: t.expose('posting', { type: RoomPostingRef, description: 'Members who may send messages.' }),
    history: t.expose('history', { type: RoomHistoryRef, description: 'How far back new members read.' }),
    messageSeconds: t.exposeInt('messageSeconds', {
      nullable: true,
      description:
        'Seconds after which messages end by themselves, of those that are sent from now on: they are shown as deleted from then on, wherever that is. Null for never.',
    }),
    createdBy: t.field({
      type: UserRef,
      nullable: true,
      description: 'The user who created it, whoever owns it now. Null for rooms from before this was recorded.',
      resolve: ({ createdById }, _, context) => (createdById ? userOf(context, createdById) : null),
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
      'A room by its id or its code: give exactly one. Visible to members, and to everybody when it is OPEN or PASSWORD.',
    codes: ['NOT_FOUND', 'BAD_USER_INPUT'],
    args: {
      id: t.arg.id({ description: 'The id of the room.' }),
      code: t.arg.string({ description: 'The code of the room, in upper or lower case.' }),
    },
    resolve: async (_, { id, code }, context) => {
      const view = await findRoom(context, parseIds({ id, code }, { id: 'Room' }))
      rememberRoom(context, view)
      return view.room
    },
  }),
)

const CreateRoomInput = builder.inputType('CreateRoomInput', {
  description: 'A room to create.',
  fields: (t) => ({
    kind: t.field({
      type: RoomKindRef,
      description:
        'GROUP when omitted. DIRECT makes a direct room with the viewer alone, without other settings: the first who joins by its code is the second, then it is full.',
    }),
    name: t.string({
      description: `1 to ${limits.roomNameLengthMax} characters on one line. A group without a name is not listed in discoverRooms, and its \`title\` says who is in it.`,
    }),
    description: t.string({ description: `At most ${limits.roomDescriptionLengthMax} characters.` }),
    categoryId: t.id({ description: 'The category of the room.' }),
    regionId: t.id({ description: 'The region of the room.' }),
    access: t.field({ type: RoomAccessRef, defaultValue: 'OPEN', description: 'How users become members.' }),
    password: t.string({
      description: `Required when access is PASSWORD, refused otherwise: 1 to ${limits.roomPasswordLengthMax} characters.`,
    }),
    posting: t.field({ type: RoomPostingRef, description: 'Members who may send messages. EVERYONE when omitted.' }),
    history: t.field({
      type: RoomHistoryRef,
      description: 'How far back users read who become members from now on. ALL when omitted.',
    }),
    messageSeconds: t.int({
      description: `Seconds after which new messages end by themselves: ${roomLimits.messageSecondsMin} to ${roomLimits.messageSecondsMax}. Never when omitted.`,
    }),
  }),
})

/** Asserts that a direct room is created without settings of a group. */
function assertNoSettings(settings: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(settings)) {
    // it has a default
    if (name !== 'access' && value !== null && value !== undefined)
      throw badInput(name, 'cannot be given for a DIRECT room')
  }
}

const CreateRoomPayload = builder.objectRef<{ room: Room }>('CreateRoomPayload').implement({
  description: 'The result of createRoom.',
  fields: (t) => ({ room: t.expose('room', { type: RoomRef, description: 'The new room.' }) }),
})

const OpenDirectRoomInput = builder.inputType('OpenDirectRoomInput', {
  description: 'Opens the direct room with a user.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'The other user, or the viewer.' }) }),
})

const OpenDirectRoomPayload = builder.objectRef<{ room: Room }>('OpenDirectRoomPayload').implement({
  description: 'The result of openDirectRoom.',
  fields: (t) => ({ room: t.expose('room', { type: RoomRef, description: 'The one DIRECT room of both users.' }) }),
})

builder.mutationFields((t) => ({
  createRoom: t.field({
    type: CreateRoomPayload,
    description: 'Creates a room with a new code. The viewer becomes its owner.',
    codes: ['UNAUTHENTICATED', 'BAD_USER_INPUT', 'RATE_LIMITED'],
    args: { input: t.arg({ type: CreateRoomInput, required: true, description: 'The room to create.' }) },
    resolve: async (_, { input }, context) => {
      const { kind, ...settings } = parseIds(input, { categoryId: 'Category', regionId: 'Region' })
      if (kind === 'DIRECT') {
        assertNoSettings(settings)
        return { room: await createDirectRoom(context) }
      }
      const room = await createRoom(context, {
        ...settings,
        access: input.access ?? 'OPEN',
        posting: input.posting ?? 'EVERYONE',
        history: input.history ?? 'ALL',
      })
      return { room }
    },
  }),
  openDirectRoom: t.field({
    type: OpenDirectRoomPayload,
    description:
      'Returns the one DIRECT room of the viewer and another user, and creates it the first time; with the id of the viewer, a room for their own notes. The other user sees it in their list once it has a message.',
    codes: [
      'UNAUTHENTICATED',
      'NOT_FOUND',
      'BLOCKED when the viewer has blocked the user',
      'FORBIDDEN when the other’s directMessagePolicy does not let the viewer',
      'RATE_LIMITED',
    ],
    args: { input: t.arg({ type: OpenDirectRoomInput, required: true, description: 'The other user.' }) },
    resolve: async (_, { input }, context) => {
      const room = await openDirectRoom(context, parseIds(input, { userId: 'User' }))
      return { room }
    },
  }),
}))
