import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { MediaRef } from '../../media/schema.ts'
import { attachmentsByMessageIds } from '../../media/service.ts'
import { loadUnlessHidden } from '../schema.ts'

builder.prismaObjectField('Message', 'attachments', (t) =>
  t.field({
    type: [MediaRef],
    description: `Its files, in the order that its author chose: at most ${limits.attachmentsMax}. Empty when the message is deleted or hidden.`,
    resolve: async (message, _, context) =>
      message.deletedAt ? [] : [...(await loadUnlessHidden(context, message, attachmentsByMessageIds, []))],
  }),
)
