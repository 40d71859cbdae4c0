// Shows by whom a message was read and received. membership/receipts moves the markers of members, from which it is computed.

import type { Reach } from '../../access/context.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { hidesReceipts } from '../../membership/receipts/schema.ts'
import { reachOf, recipientsByKeys, recipientsKey } from '../../membership/receipts/service.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import type { ShownMessage } from '../queries.ts'
import { assertInRoom, authorOf, MessageRef } from '../schema.ts'

/** Loads how far messages have come, by keys of `reachKey`: one statement for messages of any rooms. */
const reachByKeys: LoadMany<Reach> = ({ receipts }, keys) =>
  receipts.reachOf(
    keys.map((key) => {
      const [roomId = '', number, authorId, sentAt] = key.split(' ')
      return { roomId, number: Number(number), authorId: authorId || null, sentAt: new Date(Number(sentAt)) }
    }),
  )

const reachKey = (message: ShownMessage) =>
  `${message.roomId} ${message.number} ${authorOf(message) ?? ''} ${message.createdAt.getTime()}`

/** Tells whether the viewer sees receipts of others. A shared result is for those who do. */
async function seesReceipts(context: Context, { roomId }: ShownMessage): Promise<boolean> {
  context.showsPrivate('receipts')
  return context.isShared || !(await hidesReceipts(context, roomId))
}

const DeliveryStatusRef = builder.enumType('DeliveryStatus', {
  description: 'The delivery status of a message.',
  values: {
    SENT: { description: 'Stored by the server.' },
    DELIVERED: { description: 'Delivered to a device.' },
    READ: { description: 'Read.' },
  } as const,
})

interface Receipt {
  readonly member: Member
  readonly status: Reach
}

const ReceiptRef = builder.objectRef<Receipt>('Receipt').implement({
  description: 'The delivery status of a message for one recipient.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The recipient.',
      resolve: ({ member }, _, context) => userOf(context, member.userId),
    }),
    status: t.expose('status', { type: DeliveryStatusRef, description: 'The status for this recipient.' }),
  }),
})

const ReceiptConnection = builder.connectionObject(
  { type: ReceiptRef, name: 'ReceiptConnection', description: 'A page of the receipts of a message.' },
  { name: 'ReceiptEdge', description: 'A receipt and its cursor.' },
)

builder.objectFields(MessageRef, (t) => ({
  status: t.field({
    type: DeliveryStatusRef,
    description:
      'The status that everybody in `receipts` has reached. SENT when nobody is: its author was alone in the room, the others have left or hide their receipts, or the viewer hides theirs.',
    async resolve(message, _, context) {
      assertInRoom(message)
      const reach = await load(context, reachByKeys, reachKey(message))
      // the same for those who hide their receipts, which need not be asked for then
      if (reach === 'SENT') return reach
      return (await seesReceipts(context, message)) ? reach : 'SENT'
    },
  }),
  receipts: t.field(
    pagedField({
      type: ReceiptConnection,
      description:
        'The status for each member who was in the room when it was sent, except its author, in the order in which they joined. Includes members with a block between them and the viewer. Without members who hide their receipts, and empty for a viewer who does (`Viewer.showsReceipts`).',
      read: async (message, { take, keyset }, context) => {
        assertInRoom(message)
        const { roomId, createdAt: sentAt, number } = message
        const key = recipientsKey({ roomId, authorId: authorOf(message), sentAt, take, keyset })
        const members = (await seesReceipts(context, message)) ? await load(context, recipientsByKeys, key) : []
        return members.map((member) => ({ member, status: reachOf(member, number) }))
      },
      edgeOf: (receipt) => ({ keys: [receipt.member.joinedAt.toISOString(), receipt.member.userId], node: receipt }),
    }),
  ),
}))
