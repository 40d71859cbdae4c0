import { builder } from '../../graphql/builder.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef } from '../../users/schema.ts'
import type { MemberKey } from '../queries.ts'
import { toRoom, toUser } from '../schema.ts'
import { leaveRoom, removeMember } from './service.ts'

const LeaveRoomInput = builder.inputType('LeaveRoomInput', {
  description: 'A room to leave.',
  fields: (t) => ({ roomId: t.id({ required: true, description: 'The room.' }) }),
})

const LeaveRoomPayload = builder.objectRef<MemberKey>('LeaveRoomPayload').implement({
  description: 'The result of leaveRoom.',
  fields: (t) => ({
    roomId: t.id({
      description: 'The room, which the viewer may no longer see.',
      resolve: ({ roomId }) => formatId('Room', roomId),
    }),
  }),
})

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'Removes a member from a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The member.' }),
  }),
})

const RemoveMemberPayload = builder.objectRef<MemberKey>('RemoveMemberPayload').implement({
  description: 'The result of removeMember.',
  fields: (t) => ({
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    user: t.field({ type: UserRef, description: 'The user, who is no longer a member.', resolve: toUser }),
  }),
})

builder.mutationFields((t) => ({
  leaveRoom: t.field({
    type: LeaveRoomPayload,
    description:
      'Makes the viewer leave a room. When the owner leaves, the oldest admin, or else the oldest member, becomes the owner. When the last member leaves, an INVITE room is archived.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN when the viewer is not a member, and for a DIRECT room that the other member is in: hide it with `hideRoom`',
    ],
    args: { input: t.arg({ type: LeaveRoomInput, required: true, description: 'The room.' }) },
    resolve: (_, { input }, context) => leaveRoom(context, parseIds(input, { roomId: 'Room' })),
  }),
  removeMember: t.field({
    type: RemoveMemberPayload,
    description: 'Removes a member from a room. Requires a higher role than that of the member.',
    codes: ['NOT_FOUND, also when the user is not a member', 'FORBIDDEN'],
    args: { input: t.arg({ type: RemoveMemberInput, required: true, description: 'The room and the member.' }) },
    resolve: (_, { input }, context) => removeMember(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
  }),
}))
