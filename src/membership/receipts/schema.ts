import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { parseId } from '../../input/ids.ts'
import { topicOf } from '../../rooms/schema.ts'
import { memberKey, mentionCountsByKeys } from '../queries.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { markDelivered, markRead } from './service.ts'

builder.objectFields(MembershipRef, (t) => ({
  lastReadNumber: t.exposeInt('lastReadNumber', {
    description: 'The number of the newest message that the member has read. It only grows.',
  }),
  lastDeliveredNumber: t.exposeInt('lastDeliveredNumber', {
    description:
      'The number of the newest message that has reached the member. It only grows, and is never below `lastReadNumber`.',
  }),
  unreadCount: t.int({
    description:
      'How many messages the member has not read: what follows `lastReadNumber`, deleted and hidden ones too.',
    resolve: async (member, _, context) => {
      const { lastNumber } = await topicOf(context, member.roomId)
      return Math.max(0, lastNumber - member.lastReadNumber)
    },
  }),
  mentionCount: t.int({
    description: `How many of the unread messages mention the member, of the newest ${limits.mentionsCountedMax} that do. Those by whom the member has blocked are left out.`,
    resolve: async (member, _, context) => {
      const { lastNumber } = await topicOf(context, member.roomId)
      if (lastNumber <= member.lastReadNumber) return 0
      return load(context, mentionCountsByKeys, `${memberKey(member)} ${member.lastReadNumber} ${lastNumber}`)
    },
  }),
}))

const markFields = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      roomId: t.id({ required: true, description: 'The room.' }),
      number: t.int({ required: true, description: 'From 0 to the number of the newest message.' }),
    }),
  })

const MarkReadInput = markFields('MarkReadInput', 'Up to which message of a room the viewer has read.')

const MarkDeliveredInput = markFields('MarkDeliveredInput', 'Up to which message of a room has reached the viewer.')

builder.mutationFields((t) => ({
  markRead: t.field({
    type: memberPayload('MarkReadPayload', 'The result of markRead.'),
    description:
      'Says that the viewer has read the messages up to a number; a lower one changes nothing. What is read has been delivered. Errors: NOT_FOUND, FORBIDDEN; BAD_USER_INPUT beyond the newest message.',
    args: { input: t.arg({ type: MarkReadInput, required: true, description: 'The room and the number.' }) },
    resolve: (_, { input }, context) =>
      markRead(context, { roomId: parseId('Room', input.roomId, 'roomId'), number: input.number }),
  }),
  markDelivered: t.field({
    type: memberPayload('MarkDeliveredPayload', 'The result of markDelivered.'),
    description:
      'Says that the messages up to a number have reached the viewer; a lower one changes nothing. Errors: NOT_FOUND, FORBIDDEN; BAD_USER_INPUT beyond the newest message.',
    args: { input: t.arg({ type: MarkDeliveredInput, required: true, description: 'The room and the number.' }) },
    resolve: (_, { input }, context) =>
      markDelivered(context, { roomId: parseId('Room', input.roomId, 'roomId'), number: input.number }),
  }),
}))
