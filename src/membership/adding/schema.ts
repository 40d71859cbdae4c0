import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { MembershipRef, toRoom } from '../schema.ts'
import { type Added, addMembers } from './service.ts'

const AddMembersInput = builder.inputType('AddMembersInput', {
  description: 'Adds users to a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userIds: t.idList({ required: true, description: `The users: 1 to ${limits.membersAddedMax}.` }),
  }),
})

/** The result of adding users. The field `invitations` is defined in invitations/schema.ts. */
export const AddMembersPayload = builder.objectRef<Added & { roomId: string }>('AddMembersPayload').implement({
  description: 'The result of addMembers.',
  fields: (t) => ({
    memberships: t.expose('members', {
      type: [MembershipRef],
      description:
        'The users who are members now, including those who were members before, in the order given, without duplicates.',
    }),
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
  }),
})

builder.mutationField('addMembers', (t) =>
  t.field({
    type: AddMembersPayload,
    description:
      'Adds users to a room, all or none. Requires ADMIN or OWNER. A user whose `directMessagePolicy` does not let the viewer add them, or who left the room after the viewer had added them, is invited instead.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN',
      'ROOM_ARCHIVED',
      'ROOM_FULL',
      'RATE_LIMITED',
      'CONFLICT when too many invitations are pending',
      'BAD_USER_INPUT that names the users who are unknown, deleted, banned or blocked, or have declined',
    ],
    args: { input: t.arg({ type: AddMembersInput, required: true, description: 'The room and the users.' }) },
    resolve: async (_, { input }, context) => {
      const asked = parseIds(input, { roomId: 'Room', userIds: 'User' })
      return { roomId: asked.roomId, ...(await addMembers(context, asked)) }
    },
  }),
)
