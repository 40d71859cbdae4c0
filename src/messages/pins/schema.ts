import { assertCan } from '../../access/access.ts'
import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { parseIds } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { MessageRef, messagePayload, rememberAuthors } from '../schema.ts'
import { pinMessage, pinnedByRoomIds, unpinMessage } from './service.ts'

builder.prismaObjectField(RoomRef, 'pinnedMessages', (t) =>
  t.field({
    type: [MessageRef],
    description: `Its pinned messages, newest pin first: at most ${limits.pinnedMax}. Visible to members only.`,
    codes: ['FORBIDDEN'],
    resolve: async (room, _, context) => {
      const { member } = await assertCan(context, { roomId: room.id, action: 'read' })
      const pinned = rememberAuthors(context, await load(context, pinnedByRoomIds, room.id))
      return pinned.filter(({ number }) => number > (member?.historyFrom ?? 0))
    },
  }),
)

const PinMessageInput = builder.inputType('PinMessageInput', {
  description: 'A message to pin or unpin.',
  fields: (t) => ({ messageId: t.id({ required: true, description: 'The message.' }) }),
})

const PinMessagePayload = messagePayload('PinMessagePayload', 'The result of pinMessage or unpinMessage.')

builder.mutationFields((t) => ({
  pinMessage: t.field({
    type: PinMessagePayload,
    description:
      'Pins a message in its room. Pinning it again changes nothing. Requires ADMIN or OWNER, or membership of a DIRECT room.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN',
      'ROOM_ARCHIVED',
      'BLOCKED',
      'CONFLICT when it is deleted or the room has the maximum of pins',
    ],
    args: { input: t.arg({ type: PinMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await pinMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
  unpinMessage: t.field({
    type: PinMessagePayload,
    description: 'Unpins a message. Without a pin nothing changes. Requires the right to pin.',
    codes: ['NOT_FOUND', 'FORBIDDEN', 'ROOM_ARCHIVED', 'BLOCKED'],
    args: { input: t.arg({ type: PinMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await unpinMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
}))
