import { ViewerRef } from '../../auth/schema.ts'
import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { parseIds } from '../../input/ids.ts'
import { MessageConnection, MessageRef, messageOf, messagePayload } from '../schema.ts'
import { areSaved } from './queries.ts'
import { listSaved, saveMessage, unsaveMessage } from './service.ts'

const savedByIds: LoadMany<boolean> = async ({ lookups, viewer }, ids) =>
  viewer ? areSaved(lookups, viewer.userId, ids) : ids.map(() => false)

builder.objectField(MessageRef, 'isSaved', (t) =>
  t.boolean({
    description: 'True if the viewer has saved it. Others do not see that.',
    resolve: ({ id }, _, context) => context.viewer !== null && load(context, savedByIds, id),
  }),
)

builder.objectField(ViewerRef, 'savedMessages', (t) =>
  t.field(
    pagedField({
      type: MessageConnection,
      description:
        'The messages that the viewer has saved and may still read, those saved last first, including tombstones.',
      read: async (_, page, context) => {
        const saved = await listSaved(context, page)
        return Promise.all(saved.map(async (row) => ({ ...row, message: await messageOf(context, row.messageId) })))
      },
      edgeOf: ({ savedAt, messageId, message }) => ({ keys: [savedAt.toISOString(), messageId], node: message }),
    }),
  ),
)

const SaveMessageInput = builder.inputType('SaveMessageInput', {
  description: 'A message to save, or to save no longer.',
  fields: (t) => ({ messageId: t.id({ required: true, description: 'The message.' }) }),
})

const SaveMessagePayload = messagePayload('SaveMessagePayload', 'The result of saveMessage or unsaveMessage.')

builder.mutationFields((t) => ({
  saveMessage: t.field({
    type: SaveMessagePayload,
    description: `Saves a message for the viewer alone: at most ${limits.savedMax}. Saving it again changes nothing.`,
    codes: ['NOT_FOUND', 'CONFLICT when too many are saved'],
    args: { input: t.arg({ type: SaveMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await saveMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
  unsaveMessage: t.field({
    type: SaveMessagePayload,
    description: 'Removes a message from those that the viewer has saved.',
    codes: ['NOT_FOUND'],
    args: { input: t.arg({ type: SaveMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await unsaveMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
}))
