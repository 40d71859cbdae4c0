import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { messagePayload } from '../schema.ts'
import { sendMessage } from './service.ts'

const SendMessageInput = builder.inputType('SendMessageInput', {
  description: 'A message to send.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    body: t.string({
      required: true,
      description: `Up to ${limits.messageLengthMax} characters and at most ${limits.messageBytesMax} bytes. Blank only when there are attachments.`,
    }),
    nonce: t.string({
      description: `1 to ${limits.nonceLengthMax} characters, unique for each message. An idempotency key: retry with the same nonce after a failure, and the message is stored once.`,
    }),
    replyToId: t.id({ description: 'The message of the same room to which it replies.' }),
    attachmentIds: t.idList({
      description: `Up to ${limits.attachmentsMax} media of the viewer, uploaded and not used yet, in display order.`,
    }),
  }),
})

builder.mutationFields((t) => ({
  sendMessage: t.field({
    type: messagePayload('SendMessagePayload', 'The result of sendMessage.'),
    description: 'Sends a message. It is stored durably before the mutation responds.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN',
      'BAD_USER_INPUT',
      'NONCE_REUSED',
      'ROOM_ARCHIVED',
      'MUTED',
      'SLOW_MODE',
      'RATE_LIMITED',
      'BLOCKED',
      'SERVICE_UNAVAILABLE',
    ],
    args: { input: t.arg({ type: SendMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_, { input }, context) => ({
      message: await sendMessage(
        context,
        parseIds(input, { roomId: 'Room', replyToId: 'Message', attachmentIds: 'Media' }),
      ),
    }),
  }),
}))
