import { roomLimits } from '../../config/rooms.ts'
import { builder } from '../../graphql/builder.ts'
import { isViewer } from '../../graphql/context.ts'
import { parseIds } from '../../input/ids.ts'
import { topicOf } from '../../rooms/schema.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { hideRoom, isHiddenAt, pinRoom, unpinRoom } from './service.ts'

builder.objectFields(MembershipRef, (t) => ({
  isHidden: t.boolean({
    description:
      'True if the list of the member does not show the room: a direct room that they have hidden, or that the other opened, until its next message. Private: false for other viewers.',
    resolve: async (member, _, context) => {
      if (!isViewer(context, member.userId) || member.hiddenNumber === null) return false
      return isHiddenAt(member, (await topicOf(context, member.roomId)).lastNumber)
    },
  }),
  pinnedAt: t.field({
    type: 'DateTime',
    nullable: true,
    description:
      'When the member pinned the room to the top of their list. Null when they have not, and for other viewers.',
    resolve: (member, _, context) => (isViewer(context, member.userId) ? member.pinnedAt : null),
  }),
}))

const placeInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({ roomId: t.id({ required: true, description: 'The room.' }) }),
  })

const HideRoomInput = placeInput('HideRoomInput', 'A direct room to hide.')
const PinRoomInput = placeInput('PinRoomInput', 'A room to pin.')
const UnpinRoomInput = placeInput('UnpinRoomInput', 'A room to unpin.')

builder.mutationFields((t) => ({
  hideRoom: t.field({
    type: memberPayload('HideRoomPayload', 'The result of hideRoom.'),
    description:
      'Hides a direct room from the list of the viewer until its next message, or until the viewer opens it with openDirectRoom. They stay a member, and it stays readable.',
    codes: ['NOT_FOUND', 'FORBIDDEN in a group'],
    args: { input: t.arg({ type: HideRoomInput, required: true, description: 'The room.' }) },
    resolve: (_, { input }, context) => hideRoom(context, parseIds(input, { roomId: 'Room' })),
  }),
  pinRoom: t.field({
    type: memberPayload('PinRoomPayload', 'The result of pinRoom.'),
    description: `Pins a room to the top of the list of the viewer: at most ${roomLimits.pinnedRoomsMax} rooms. Others do not see it.`,
    codes: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT when too many are pinned'],
    args: { input: t.arg({ type: PinRoomInput, required: true, description: 'The room.' }) },
    resolve: (_, { input }, context) => pinRoom(context, parseIds(input, { roomId: 'Room' })),
  }),
  unpinRoom: t.field({
    type: memberPayload('UnpinRoomPayload', 'The result of unpinRoom.'),
    description: 'Unpins a room in the list of the viewer.',
    codes: ['NOT_FOUND', 'FORBIDDEN'],
    args: { input: t.arg({ type: UnpinRoomInput, required: true, description: 'The room.' }) },
    resolve: (_, { input }, context) => unpinRoom(context, parseIds(input, { roomId: 'Room' })),
  }),
}))
