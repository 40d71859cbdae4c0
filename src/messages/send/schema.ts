import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { parseId } from '../../input/ids.ts'
import { messagePayload } from '../schema.ts'
import { sendMessage } from './service.ts'

const SendMessageInput = builder.inputType('SendMessageInput', {
  description: 'A message to send.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room to send it to.' }),
    body: t.string({
      required: true,
      description: `Up to ${limits.messageLengthMax} characters and at most ${limits.messageBytesMax} bytes. Blank only where there are attachments.`,
    }),
    nonce: t.string({
      description: `1 to ${limits.nonceLengthMax} characters, new for each message. Send the same again after a failure: it is stored once.`,
    }),
    replyToId: t.id({ description: 'The message of the same room that it answers.' }),
    attachmentIds: t.idList({
      description: `Up to ${limits.attachmentsMax} media of one’s own, uploaded and not used yet, in the order in which they are to be shown.`,
    }),
  }),
})

builder.mutationFields((t) => ({
  sendMessage: t.field({
    type: messagePayload('SendMessagePayload', 'The result of sendMessage.'),
    description:
      'Sends a message. When it answers, the message is stored. Errors: NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, NONCE_REUSED, ROOM_ARCHIVED, MUTED, SLOW_MODE, RATE_LIMITED, BLOCKED, SERVICE_UNAVAILABLE.',
    args: { input: t.arg({ type: SendMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await sendMessage(context, {
        ...input,
        roomId: parseId('Room', input.roomId, 'roomId'),
        replyToId: input.replyToId ? parseId('Message', input.replyToId, 'replyToId') : null,
        attachmentIds: input.attachmentIds?.map((id) => parseId('Media', id, 'attachmentIds')),
      }),
    }),
  }),
}))
