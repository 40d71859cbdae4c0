import { assertCan } from '../../access/access.ts'
import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { parseId } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { MessageRef, messagePayload, rememberAuthors } from '../schema.ts'
import { pinMessage, pinnedByRoomIds, unpinMessage } from './service.ts'

builder.prismaObjectField(RoomRef, 'pinnedMessages', (t) =>
  t.field({
    type: [MessageRef],
    description: `Its pinned messages, the newest pin first: at most ${limits.pinnedMax}. For members. Errors: FORBIDDEN.`,
    resolve: async (room, _, context) => {
      await assertCan(context, { roomId: room.id, action: 'read' })
      return rememberAuthors(context, await load(context, pinnedByRoomIds, room.id))
    },
  }),
)

const PinMessageInput = builder.inputType('PinMessageInput', {
  description: 'A message to pin, or whose pin to take away.',
  fields: (t) => ({ messageId: t.id({ required: true, description: 'The message.' }) }),
})

const PinMessagePayload = messagePayload('PinMessagePayload', 'The result of pinMessage or unpinMessage.')

builder.mutationFields((t) => ({
  pinMessage: t.field({
    type: PinMessagePayload,
    description:
      'Pins a message in its room; pinning it again changes nothing. For the owner and admins, and for both members of a DIRECT room. Errors: NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, BLOCKED; CONFLICT when it is deleted or the room has its number of pins.',
    args: { input: t.arg({ type: PinMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await pinMessage(context, { messageId: parseId('Message', input.messageId, 'messageId') }),
    }),
  }),
  unpinMessage: t.field({
    type: PinMessagePayload,
    description:
      'Takes the pin of a message away; without one nothing changes. For those who may pin. Errors: NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, BLOCKED.',
    args: { input: t.arg({ type: PinMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await unpinMessage(context, { messageId: parseId('Message', input.messageId, 'messageId') }),
    }),
  }),
}))
