import { builder } from '../../graphql/builder.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { deleteRoom } from './service.ts'

const DeleteRoomInput = builder.inputType('DeleteRoomInput', {
  description: 'A room to delete.',
  fields: (t) => ({ roomId: t.id({ required: true, description: 'The room.' }) }),
})

const DeleteRoomPayload = builder.objectRef<{ roomId: string }>('DeleteRoomPayload').implement({
  description: 'The result of deleteRoom.',
  fields: (t) => ({
    roomId: t.id({
      description: 'The room, which nobody can see any longer.',
      resolve: ({ roomId }) => formatId('Room', roomId),
    }),
  }),
})

builder.mutationField('deleteRoom', (t) =>
  t.field({
    type: DeleteRoomPayload,
    description:
      'Deletes a room with all its contents, permanently. Nobody sees them from then on, except operators where a report is open: these contents stay for at most 90 days. Requires OWNER.',
    codes: ['NOT_FOUND', 'FORBIDDEN, also for a DIRECT room', 'ROOM_DELETION_DISABLED'],
    args: { input: t.arg({ type: DeleteRoomInput, required: true, description: 'The room.' }) },
    resolve: async (_, { input }, context) => ({
      roomId: await deleteRoom(context, parseIds(input, { roomId: 'Room' })),
    }),
  }),
)
