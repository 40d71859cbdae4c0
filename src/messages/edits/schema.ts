import { limits } from '../../config/config.ts'
import type { MessageEdit } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { parseIds } from '../../input/ids.ts'
import { unlessHidden } from '../hidden-content/schema.ts'
import { MessageRef, messagePayload } from '../schema.ts'
import { editMessage } from './service.ts'

const editsByMessageIds: LoadMany<MessageEdit[]> = async ({ db }, ids) => {
  const edits = await db.messageEdit.findMany({
    where: { messageId: { in: [...ids] } },
    orderBy: [{ replacedAt: 'asc' }, { id: 'asc' }],
  })
  return ids.map((id) => edits.filter((edit) => edit.messageId === id))
}

const MessageEditRef = builder.prismaObject('MessageEdit', {
  description: 'A former version of a message.',
  fields: (t) => ({
    body: t.exposeString('body', { description: 'The body before this edit.' }),
    replacedAt: t.expose('replacedAt', { type: 'DateTime', description: 'When the edit replaced it.' }),
  }),
})

builder.objectFields(MessageRef, (t) => ({
  edits: t.field({
    type: [MessageEditRef],
    description: `Its former versions, oldest first: the last ${limits.editsKeptMax}. Empty when the message was never edited, is deleted or hidden.`,
    resolve: (message, _, context) =>
      message.editedAt && !message.deletedAt
        ? unlessHidden(context, message, () => load(context, editsByMessageIds, message.id), [])
        : [],
  }),
}))

const EditMessageInput = builder.inputType('EditMessageInput', {
  description: 'A message to edit.',
  fields: (t) => ({
    messageId: t.id({ required: true, description: 'A message of the viewer.' }),
    body: t.string({
      required: true,
      description: 'The new body, with the same limits as in sendMessage. Blank only when the message has attachments.',
    }),
  }),
})

builder.mutationFields((t) => ({
  editMessage: t.field({
    type: messagePayload('EditMessagePayload', 'The result of editMessage.'),
    description:
      'Edits a message of the viewer. The old body is kept in `edits`. Users whom it mentions for the first time are notified; while slow mode makes the viewer wait, it mentions nobody else.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN',
      'BAD_USER_INPUT',
      'CONFLICT when it is deleted',
      'EDIT_WINDOW_CLOSED',
      'ROOM_ARCHIVED',
      'MUTED',
      'BLOCKED',
      'RATE_LIMITED',
    ],
    args: { input: t.arg({ type: EditMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await editMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
}))
