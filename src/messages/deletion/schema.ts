import { limits } from '../../config/config.ts'
import { erasingLimits } from '../../config/messages.ts'
import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { BanMemberPayload } from '../../membership/bans/schema.ts'
import { messagePayload, withoutRoom } from '../schema.ts'
import { banAndPurge, deleteMessage, deleteMyMessages, type Erased } from './service.ts'

const DeleteMessageInput = builder.inputType('DeleteMessageInput', {
  description: 'A message to delete.',
  fields: (t) => ({ messageId: t.id({ required: true, description: 'The message.' }) }),
})

const DeleteMyMessagesInput = builder.inputType('DeleteMyMessagesInput', {
  description: 'A room to delete the messages of the viewer in.',
  fields: (t) => ({ roomId: t.id({ required: true, description: 'The room, also one that the viewer has left.' }) }),
})

const DeleteMyMessagesPayload = builder.objectRef<Erased>('DeleteMyMessagesPayload').implement({
  description: 'The result of deleteMyMessages.',
  fields: (t) => ({
    count: t.exposeInt('count', { description: 'How many messages were deleted.' }),
    hasMore: t.exposeBoolean('hasMore', { description: 'True if there may be more: then call it again.' }),
  }),
})

const BanMemberInput = builder.inputType('BanMemberInput', {
  description: 'Bans a user from a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The user, a member or not.' }),
    reason: t.string({
      description: `The reason, for the other admins: at most ${limits.banReasonLengthMax} characters.`,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: `When the ban expires, at most ${limits.banDaysMax} days from now. Permanent when omitted.`,
    }),
    deleteMessagesOfHours: t.int({
      description: `Deletes the messages of the user in the room of the last so many hours too: 1 to ${erasingLimits.purgeHoursMax}; the newest ${erasingLimits.messagesMax} of them.`,
    }),
  }),
})

builder.mutationFields((t) => ({
  deleteMessage: t.field({
    type: messagePayload('DeleteMessagePayload', 'The result of deleteMessage.'),
    description:
      'Deletes a message with its edits, mentions, reactions and pin. A tombstone with its number stays. Allowed for its author, also after they left the room or were banned from it, and for admins and the owner. Fields of the payload that only members may read are then refused.',
    codes: ['NOT_FOUND', 'FORBIDDEN'],
    args: { input: t.arg({ type: DeleteMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => {
      const message = await deleteMessage(context, parseIds(input, { messageId: 'Message' }))
      const facts = await context.roomFacts.load(message.roomId)
      return { message: facts?.member ? message : withoutRoom(message) }
    },
  }),
  deleteMyMessages: t.field({
    type: DeleteMyMessagesPayload,
    description: `Deletes the messages of the viewer in a room, as deleteMessage does, the newest first: at most ${erasingLimits.messagesMax} at once. Also after they left the room or were banned from it.`,
    codes: ['UNAUTHENTICATED', 'RATE_LIMITED'],
    args: { input: t.arg({ type: DeleteMyMessagesInput, required: true, description: 'The room.' }) },
    resolve: (_, { input }, context) => deleteMyMessages(context, parseIds(input, { roomId: 'Room' })),
  }),
  banMember: t.field({
    type: BanMemberPayload,
    description:
      'Bans a user from a room and removes them from it. Banning again replaces the ban. Banning a member requires a higher role than theirs; banning any other user requires ADMIN or OWNER.',
    codes: ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT, also for yourself'],
    args: { input: t.arg({ type: BanMemberInput, required: true, description: 'The room and the user.' }) },
    resolve: (_, { input }, context) => banAndPurge(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
  }),
}))
