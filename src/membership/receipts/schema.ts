import { builder } from '../../graphql/builder.ts'
import { parseId } from '../../input/ids.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { markDelivered, markRead } from './service.ts'

builder.objectFields(MembershipRef, (t) => ({
  lastReadNumber: t.exposeInt('lastReadNumber', {
    description: 'The number of the newest message that the member has read. It never decreases.',
  }),
  lastDeliveredNumber: t.exposeInt('lastDeliveredNumber', {
    description:
      'The number of the newest message that was delivered to the member. It never decreases, and is never below `lastReadNumber`.',
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

const MarkReadInput = markFields('MarkReadInput', 'Marks the messages of a room as read, up to a number.')

const MarkDeliveredInput = markFields(
  'MarkDeliveredInput',
  'Marks the messages of a room as delivered, up to a number.',
)

builder.mutationFields((t) => ({
  markRead: t.field({
    type: memberPayload('MarkReadPayload', 'The result of markRead.'),
    description:
      'Marks the messages up to a number as read by the viewer, and so as delivered. A lower number changes nothing. Errors: NOT_FOUND, FORBIDDEN; BAD_USER_INPUT beyond the newest message.',
    args: { input: t.arg({ type: MarkReadInput, required: true, description: 'The room and the number.' }) },
    resolve: (_, { input }, context) =>
      markRead(context, { roomId: parseId('Room', input.roomId, 'roomId'), number: input.number }),
  }),
  markDelivered: t.field({
    type: memberPayload('MarkDeliveredPayload', 'The result of markDelivered.'),
    description:
      'Marks the messages up to a number as delivered to the viewer. A lower number changes nothing. Errors: NOT_FOUND, FORBIDDEN; BAD_USER_INPUT beyond the newest message.',
    args: { input: t.arg({ type: MarkDeliveredInput, required: true, description: 'The room and the number.' }) },
    resolve: (_, { input }, context) =>
      markDelivered(context, { roomId: parseId('Room', input.roomId, 'roomId'), number: input.number }),
  }),
}))
