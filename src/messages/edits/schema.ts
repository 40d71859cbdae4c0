import { limits } from '../../config/config.ts'
import type { MessageEdit } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { parseId } from '../../input/ids.ts'
import { MessageRef, messagePayload, unlessHidden } from '../schema.ts'
import { deleteMessage, editMessage } from './service.ts'

const editsByMessageIds: LoadMany<MessageEdit[]> = async ({ db }, ids) => {
  const edits = await db.messageEdit.findMany({
    where: { messageId: { in: [...ids] } },
    orderBy: [{ replacedAt: 'asc' }, { id: 'asc' }],
  })
  return ids.map((id) => edits.filter((edit) => edit.messageId === id))
}

const MessageEditRef = builder.prismaObject('MessageEdit', {
  description: 'What a message said before an edit.',
  fields: (t) => ({
    body: t.exposeString('body', { description: 'The body before this edit.' }),
    replacedAt: t.expose('replacedAt', { type: 'DateTime', description: 'When the edit replaced it.' }),
  }),
})

builder.prismaObjectFields(MessageRef, (t) => ({
  edits: t.field({
    type: [MessageEditRef],
    description: `What it said before, oldest first: the last ${limits.editsKeptMax} times. Empty when it was never edited, is deleted or hidden.`,
    resolve: (message, _, context) =>
      message.editedAt && !message.deletedAt
        ? unlessHidden(context, message, () => load(context, editsByMessageIds, message.id), [])
        : [],
  }),
}))

const EditMessageInput = builder.inputType('EditMessageInput', {
  description: 'A message to change.',
  fields: (t) => ({
    messageId: t.id({ required: true, description: 'One’s own message.' }),
    body: t.string({
      required: true,
      description: 'What it says from now on, bounded like that of a new one: blank only where it has attachments.',
    }),
  }),
})

const DeleteMessageInput = builder.inputType('DeleteMessageInput', {
  description: 'A message to delete.',
  fields: (t) => ({ messageId: t.id({ required: true, description: 'The message.' }) }),
})

builder.mutationFields((t) => ({
  editMessage: t.field({
    type: messagePayload('EditMessagePayload', 'The result of editMessage.'),
    description:
      'Changes what one’s own message says; the old body is kept in `edits`. Errors: NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, CONFLICT when it is deleted, EDIT_WINDOW_CLOSED, ROOM_ARCHIVED, MUTED, BLOCKED.',
    args: { input: t.arg({ type: EditMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await editMessage(context, {
        messageId: parseId('Message', input.messageId, 'messageId'),
        body: input.body,
      }),
    }),
  }),
  deleteMessage: t.field({
    type: messagePayload('DeleteMessagePayload', 'The result of deleteMessage.'),
    description:
      'Takes a message away with its edits, mentions, reactions and pin; a tombstone with its number stays. For its author, and for admins and the owner. Errors: NOT_FOUND, FORBIDDEN.',
    args: { input: t.arg({ type: DeleteMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await deleteMessage(context, { messageId: parseId('Message', input.messageId, 'messageId') }),
    }),
  }),
}))
