import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { MembershipRef, toRoom } from '../schema.ts'
import { type Transfer, transferOwnership } from './service.ts'

const TransferOwnershipInput = builder.inputType('TransferOwnershipInput', {
  description: 'Transfers a room to another member.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The new owner, a member.' }),
  }),
})

const TransferOwnershipPayload = builder.objectRef<Transfer>('TransferOwnershipPayload').implement({
  description: 'The result of transferOwnership.',
  fields: (t) => ({
    room: t.field({
      type: RoomRef,
      description: 'The room.',
      resolve: ({ owner }, args, context) => toRoom(owner, args, context),
    }),
    owner: t.expose('owner', { type: MembershipRef, description: 'The new owner.' }),
    formerOwner: t.expose('formerOwner', { type: MembershipRef, description: 'The viewer, now an admin.' }),
  }),
})

builder.mutationFields((t) => ({
  transferOwnership: t.field({
    type: TransferOwnershipPayload,
    description: 'Makes another member the owner of the room, and the viewer an admin. Requires OWNER.',
    codes: ['NOT_FOUND, also when the user is not a member', 'FORBIDDEN', 'BAD_USER_INPUT for yourself'],
    args: { input: t.arg({ type: TransferOwnershipInput, required: true, description: 'The room and the member.' }) },
    resolve: (_, { input }, context) => transferOwnership(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
  }),
}))
