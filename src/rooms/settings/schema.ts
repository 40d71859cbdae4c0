import { limits } from '../../config/config.ts'
import { roomLimits } from '../../config/rooms.ts'
import type { Room } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { RoomAccessRef, RoomHistoryRef, RoomPostingRef, RoomRef } from '../schema.ts'
import { updateRoom } from './service.ts'

const UpdateRoomInput = builder.inputType('UpdateRoomInput', {
  description: 'Settings of a room to change. Omitted settings stay as they are.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    name: t.string({ description: `1 to ${limits.roomNameLengthMax} characters on one line. Null removes it.` }),
    description: t.string({
      description: `At most ${limits.roomDescriptionLengthMax} characters. Null removes it.`,
    }),
    categoryId: t.id({ description: 'The category. Null removes it.' }),
    regionId: t.id({ description: 'The region. Null removes it.' }),
    access: t.field({ type: RoomAccessRef, description: 'How users become members. Not null.' }),
    password: t.string({
      description: `A new password: 1 to ${limits.roomPasswordLengthMax} characters. Required when access becomes PASSWORD, refused with other access. It is removed when access changes to another.`,
    }),
    slowModeSeconds: t.int({
      description: `Seconds that a plain member must wait between two messages: 0 (off) to ${limits.slowModeSecondsMax}. Not null.`,
    }),
    posting: t.field({ type: RoomPostingRef, description: 'Members who may send messages. Not null.' }),
    history: t.field({
      type: RoomHistoryRef,
      description: 'How far back users read who become members from now on. Not null.',
    }),
    messageSeconds: t.int({
      description: `Seconds after which new messages end by themselves: ${roomLimits.messageSecondsMin} to ${roomLimits.messageSecondsMax}. Null for never.`,
    }),
    archived: t.boolean({
      description:
        'Archives the room (true), which then takes neither messages nor new members, or unarchives it (false). Not null.',
    }),
  }),
})

const UpdateRoomPayload = builder.objectRef<{ room: Room }>('UpdateRoomPayload').implement({
  description: 'The result of updateRoom.',
  fields: (t) => ({ room: t.expose('room', { type: RoomRef, description: 'The room as it is now.' }) }),
})

builder.mutationField('updateRoom', (t) =>
  t.field({
    type: UpdateRoomPayload,
    description: 'Changes settings of a room. Requires ADMIN or OWNER.',
    codes: ['NOT_FOUND', 'FORBIDDEN, also for a DIRECT room', 'BAD_USER_INPUT', 'RATE_LIMITED for too many passwords'],
    args: { input: t.arg({ type: UpdateRoomInput, required: true, description: 'The room and its new settings.' }) },
    resolve: async (_, { input }, context) => ({
      room: await updateRoom(context, parseIds(input, { roomId: 'Room', categoryId: 'Category', regionId: 'Region' })),
    }),
  }),
)
