import type { Member } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { type Context, isViewer } from '../../graphql/context.ts'
import { parseIds } from '../../input/ids.ts'
import { userOf } from '../../users/schema.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { markDelivered, markRead } from './service.ts'

/** Tells whether the viewer hides their receipts, and so sees none of others. */
export async function hidesReceipts(context: Context, roomId: string): Promise<boolean> {
  return (await context.roomFacts.load(roomId))?.hidesReceipts ?? true
}

/** Tells whether a member's receipts are shown: always to the member, else where both the member and the viewer show theirs. */
async function areShown(context: Context, { roomId, userId }: Member): Promise<boolean> {
  if (context.isShared ? context.sharedTopicId === userId : isViewer(context, userId)) return true
  // also where they are hidden: the member gets a separate result
  context.showsPrivate('receipts')
  if (!(await userOf(context, userId)).showsReceipts) return false
  return context.isShared || !(await hidesReceipts(context, roomId))
}

const hidden = 'Null when the member or the viewer hides receipts; members always see their own.'

builder.objectFields(MembershipRef, (t) => ({
  lastReadNumber: t.int({
    nullable: true,
    description: `The number of the newest message that the member has read. It never decreases. ${hidden}`,
    resolve: async (member, _, context) => ((await areShown(context, member)) ? member.lastReadNumber : null),
  }),
  lastDeliveredNumber: t.int({
    nullable: true,
    description: `The number of the newest message that was delivered to the member. It never decreases, and is never below \`lastReadNumber\`. ${hidden}`,
    resolve: async (member, _, context) => ((await areShown(context, member)) ? member.lastDeliveredNumber : null),
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
      'Marks the messages up to a number as read by the viewer, and so as delivered. A lower number changes nothing.',
    codes: ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT beyond the newest message'],
    args: { input: t.arg({ type: MarkReadInput, required: true, description: 'The room and the number.' }) },
    resolve: (_, { input }, context) => markRead(context, parseIds(input, { roomId: 'Room' })),
  }),
  markDelivered: t.field({
    type: memberPayload('MarkDeliveredPayload', 'The result of markDelivered.'),
    description: 'Marks the messages up to a number as delivered to the viewer. A lower number changes nothing.',
    codes: ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT beyond the newest message'],
    args: { input: t.arg({ type: MarkDeliveredInput, required: true, description: 'The room and the number.' }) },
    resolve: (_, { input }, context) => markDelivered(context, parseIds(input, { roomId: 'Room' })),
  }),
}))
