import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { hintRef, RoomEventRef } from '../../graphql/events.ts'
import { parseId } from '../../input/ids.ts'
import { RoomRef, roomOf } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { setTyping, type Typing } from './typing-board.ts'

const seconds = limits.typingMs / 1_000

hintRef('TypingChanged').implement({
  description:
    'Who types in the room now, as far as this server knows. It may be lost and is not repeated by `after`: take its list in place of the one before, and drop it after a while.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    users: t.field({
      type: [UserRef],
      description: `All who type now, the viewer too, in the order in which they last said so: at most ${limits.typingUsersMax}. Empty when nobody does.`,
      resolve: ({ userIds }, _, context) => userIds.map((userId) => userOf(context, userId)),
    }),
  }),
})

const SetTypingInput = builder.inputType('SetTypingInput', {
  description: 'Whether the viewer types in a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    isTyping: t.boolean({
      required: true,
      description: `True while the viewer types, said again at least every ${seconds / 2} seconds; false when they stop.`,
    }),
  }),
})

const SetTypingPayload = builder.objectRef<Typing>('SetTypingPayload').implement({
  description: 'The result of setTyping.',
  fields: (t) => ({
    room: t.field({
      type: RoomRef,
      description: 'The room.',
      resolve: ({ roomId }, _, context) => roomOf(context, roomId),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: `When the typing ends unless it is said again: after ${seconds} seconds. Null when the viewer does not type.`,
    }),
  }),
})

builder.mutationField('setTyping', (t) =>
  t.field({
    type: SetTypingPayload,
    description:
      'Tells a room that the viewer types, or has stopped. Nothing is stored, and it may be lost. For who may send, in slow mode also while they wait. Errors: NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, MUTED, BLOCKED.',
    args: { input: t.arg({ type: SetTypingInput, required: true, description: 'The room, and whether.' }) },
    resolve: (_, { input }, context) =>
      setTyping(context, { roomId: parseId('Room', input.roomId, 'roomId'), isTyping: input.isTyping }),
  }),
)
