import { ViewerRef } from '../../auth/schema.ts'
import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { forwardArgs, parsePage, toPage } from '../../graphql/pages.ts'
import { canFail } from '../../graphql/semantic-non-null.ts'
import { parseIds } from '../../input/ids.ts'
import { MessageConnection, MessageRef, messageOf, messagePayload } from '../schema.ts'
import { areSaved } from './queries.ts'
import { listSaved, saveMessage, unsaveMessage } from './service.ts'

const savedByIds: LoadMany<boolean> = async ({ sql, viewer }, ids) =>
  viewer ? areSaved(sql, viewer.userId, ids) : ids.map(() => false)

builder.prismaObjectField(MessageRef, 'isSaved', (t) =>
  t.boolean({
    description: 'Whether the viewer has saved it. Others do not see that.',
    resolve: ({ id }, _, context) => context.viewer !== null && load(context, savedByIds, id),
  }),
)

builder.objectField(ViewerRef, 'savedMessages', (t) =>
  t.field({
    type: MessageConnection,
    extensions: canFail,
    description:
      'The messages that the viewer has saved and may still read, those saved last first, including tombstones. Errors: BAD_USER_INPUT.',
    args: forwardArgs(),
    resolve: async (_, args, context) => {
      const page = parsePage(args)
      const saved = await listSaved(context, { take: page.take + 1, keyset: page.keyset })
      const rows = await Promise.all(
        saved.map(async (row) => ({ ...row, message: await messageOf(context, row.messageId) })),
      )
      return toPage(page, rows, {
        keysOf: ({ savedAt, messageId }) => [savedAt.toISOString(), messageId],
        nodeOf: ({ message }) => message,
      })
    },
  }),
)

const SaveMessageInput = builder.inputType('SaveMessageInput', {
  description: 'A message to save, or to save no longer.',
  fields: (t) => ({ messageId: t.id({ required: true, description: 'The message.' }) }),
})

const SaveMessagePayload = messagePayload('SaveMessagePayload', 'The result of saveMessage or unsaveMessage.')

builder.mutationFields((t) => ({
  saveMessage: t.field({
    type: SaveMessagePayload,
    description: `Saves a message for the viewer alone: at most ${limits.savedMax}. Saving it again changes nothing. Errors: NOT_FOUND; CONFLICT when too many are saved.`,
    args: { input: t.arg({ type: SaveMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await saveMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
  unsaveMessage: t.field({
    type: SaveMessagePayload,
    description: 'Removes a message from those that the viewer has saved. Errors: NOT_FOUND.',
    args: { input: t.arg({ type: SaveMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await unsaveMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
}))
