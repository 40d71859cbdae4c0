import { limits } from '../config.ts'
import { builder } from '../graphql/builder.ts'
import { load } from '../graphql/loaders.ts'
import { MediaRef } from '../media/schema.ts'
import { attachmentsByMessageIds } from '../media/service.ts'
import { unlessHidden } from './schema.ts'

builder.prismaObjectField('Message', 'attachments', (t) =>
  t.field({
    type: [MediaRef],
    description: `Its files in the order of its author: at most ${limits.attachmentsMax}. Empty when it is deleted or hidden.`,
    resolve: (message, _, context) =>
      message.deletedAt
        ? []
        : unlessHidden(
            context,
            message,
            async () => [...(await load(context, attachmentsByMessageIds, message.id))],
            [],
          ),
  }),
)
