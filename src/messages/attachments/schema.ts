import { limits } from '../../config/config.ts'
import { AppError } from '../../errors.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { MediaRef } from '../../media/schema.ts'
import { attachmentsByMessageIds } from '../../media/service.ts'
import { loadUnlessHidden } from '../hidden-content/schema.ts'
import { MessageRef, messagesByIds } from '../schema.ts'
import { findReadableMessage } from '../service.ts'

builder.prismaObjectField(MediaRef, 'message', (t) =>
  t.field({
    type: MessageRef,
    nullable: true,
    description:
      'The message that it is attached to. Null when it is not attached, such as an avatar, and when the viewer may not read the message.',
    resolve: async ({ messageId }, _, context) => {
      if (messageId === null) return null
      // a shared result goes to members of the room alone
      if (context.isShared) return load(context, messagesByIds, messageId)
      return findReadableMessage(context, messageId).catch(nullIfHidden)
    },
  }),
)

function nullIfHidden(error: unknown): null {
  if (error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'UNAUTHENTICATED')) return null
  throw error
}

builder.objectField(MessageRef, 'attachments', (t) =>
  t.field({
    type: [MediaRef],
    description: `Its files, in the order that its author chose: at most ${limits.attachmentsMax}. Empty when the message is deleted or hidden.`,
    resolve: async (message, _, context) =>
      message.deletedAt ? [] : [...(await loadUnlessHidden(context, message, attachmentsByMessageIds, []))],
  }),
)
