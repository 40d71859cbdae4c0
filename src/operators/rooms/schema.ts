import type { Room } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { RoomAccessRef, RoomKindRef } from '../../rooms/schema.ts'
import { OperatorRef } from '../schema.ts'
import { findRoomByCode, handOverRoom, listAbandonedRooms } from './service.ts'

/** The type of a room as operators see it: nothing of what is said in it. */
export const OperatorRoomRef = builder.objectRef<Room>('OperatorRoom').implement({
  description: 'A room as operators see it: nothing of what is said in it.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `room_…`.', resolve: ({ id }) => formatId('Room', id) }),
    code: t.exposeString('code', { description: 'Its code.' }),
    kind: t.expose('kind', { type: RoomKindRef, description: 'The kind of the room.' }),
    access: t.expose('access', { type: RoomAccessRef, description: 'Users who may enter.' }),
    name: t.exposeString('name', { nullable: true, description: 'Its name. Null when it has none.' }),
    memberCount: t.exposeInt('memberCount', { description: 'The number of members.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    activeAt: t.expose('activeAt', { type: 'DateTime', description: 'When something last happened in it.' }),
    archivedAt: t.expose('archivedAt', {
      ...{ type: 'DateTime', nullable: true, description: 'When it was archived. Null when it is not.' },
    }),
  }),
})

const OperatorRoomConnection = builder.connectionObject(
  { type: OperatorRoomRef, name: 'OperatorRoomConnection', description: 'A page of rooms.' },
  { name: 'OperatorRoomEdge', description: 'A room and its cursor.' },
)

builder.objectFields(OperatorRef, (t) => ({
  abandonedRooms: t.field(
    pagedField({
      type: OperatorRoomConnection,
      description: 'Groups that all members left, those without activity for the longest first.',
      read: (_, page, context) => listAbandonedRooms(context, page),
      edgeOf: (room) => ({ keys: [room.activeAt.toISOString(), room.id], node: room }),
    }),
  ),
  room: t.field({
    type: OperatorRoomRef,
    nullable: true,
    description: 'The room with a code. Null when there is none.',
    args: { code: t.arg.string({ required: true, description: 'The code, such as `ABCD2345`.' }) },
    resolve: (_, { code }, context) => findRoomByCode(context, code),
  }),
}))

const HandOverRoomInput = builder.inputType('HandOverRoomInput', {
  description: 'A room, and its new owner.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'A group.' }),
    userId: t.id({ required: true, description: 'A registered user, member or not.' }),
  }),
})

const HandOverRoomPayload = builder.objectRef<{ room: Room }>('HandOverRoomPayload').implement({
  description: 'The result of handOverRoom.',
  fields: (t) => ({ room: t.expose('room', { type: OperatorRoomRef, description: 'The room as it is now.' }) }),
})

builder.mutationField('handOverRoom', (t) =>
  t.field({
    type: HandOverRoomPayload,
    description:
      'Makes a user the owner of a group; they become a member if they are not, and the former owner an admin. A group that all members left is there again. Requires an operator.',
    codes: ['FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT for a direct room', 'ROOM_FULL'],
    args: { input: t.arg({ type: HandOverRoomInput, required: true, description: 'The room and the user.' }) },
    resolve: async (_, { input }, context) => ({
      room: await handOverRoom(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
    }),
  }),
)
