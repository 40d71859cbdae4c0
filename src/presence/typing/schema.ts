import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { hintRef, RoomEventRef } from '../../graphql/events.ts'
import { parseIds } from '../../input/ids.ts'
import { RoomRef, roomOf } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { setTyping, type Typing } from './service.ts'

const seconds = limits.typingMs / 1_000

hintRef('TypingChanged').implement({
  description:
    'The users who are typing in the room now, as far as this server knows. Best effort: it may be lost, and is not replayed by `after`. Each list replaces the one before; drop it after a while.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    users: t.field({
      type: [UserRef],
      description: `All users who are typing, including the viewer, in the order of their last setTyping: at most ${limits.typingUsersMax}. Empty when nobody is typing.`,
      resolve: ({ userIds }, _, context) => userIds.map((userId) => userOf(context, userId)),
    }),
  }),
})

const SetTypingInput = builder.inputType('SetTypingInput', {
  description: 'Sets whether the viewer is typing in a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    isTyping: t.boolean({
      required: true,
      description: `True while the viewer is typing, repeated at least every ${seconds / 2} seconds; false when they stop without sending.`,
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
      description: `When the typing ends unless it is repeated: after ${seconds} seconds. Null when the viewer is not typing.`,
    }),
  }),
})

builder.mutationField('setTyping', (t) =>
  t.field({
    type: SetTypingPayload,
    description:
      'Signals to a room that the viewer is typing, or has stopped. Sending a message ends it too. Best effort: it is not stored and may be lost. Requires the right to send, but is allowed while slow mode makes the viewer wait.',
    codes: ['NOT_FOUND', 'FORBIDDEN', 'ROOM_ARCHIVED', 'MUTED', 'BLOCKED'],
    args: {
      input: t.arg({
        type: SetTypingInput,
        required: true,
        description: 'The room, and whether the viewer is typing.',
      }),
    },
    resolve: (_, { input }, context) => setTyping(context, parseIds(input, { roomId: 'Room' })),
  }),
)
