import type { Reach } from '../../access/context.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { forwardArgs, parsePage, toPage } from '../../graphql/pages.ts'
import { reachOf, recipientsByKeys, recipientsKey } from '../../membership/receipts/service.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { MessageRef } from '../schema.ts'

/** How far messages have come, by `room number`: one statement for a page of any rooms. */
const reachByNumbers: LoadMany<Reach> = ({ receipts }, keys) =>
  receipts.reachOf(
    keys.map((key) => {
      const [roomId = '', number = ''] = key.split(' ')
      return { roomId, number: Number(number) }
    }),
  )

const DeliveryStatusRef = builder.enumType('DeliveryStatus', {
  description: 'How far a message has come.',
  values: {
    SENT: { description: 'It is stored.' },
    DELIVERED: { description: 'It has reached a device.' },
    READ: { description: 'It has been read.' },
  } as const,
})

interface Receipt {
  readonly member: Member
  readonly status: Reach
}

const ReceiptRef = builder.objectRef<Receipt>('Receipt').implement({
  description: 'How far a message has come to one recipient.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The recipient.',
      resolve: ({ member }, _, context) => userOf(context, member.userId),
    }),
    status: t.expose('status', { type: DeliveryStatusRef, description: 'How far it has come to them.' }),
  }),
})

const ReceiptConnection = builder.connectionObject(
  { type: ReceiptRef, name: 'ReceiptConnection', description: 'A page of the receipts of a message.' },
  { name: 'ReceiptEdge', description: 'A receipt and its place on the page.' },
)

builder.prismaObjectFields(MessageRef, (t) => ({
  status: t.field({
    type: DeliveryStatusRef,
    description:
      'What every other member of the room has reached, and nobody stays behind. SENT while its author is alone in the room.',
    resolve: ({ roomId, number }, _, context) => load(context, reachByNumbers, `${roomId} ${number}`),
  }),
  receipts: t.field({
    type: ReceiptConnection,
    description:
      'How far it has come to each member who was there when it was sent, its author aside, in the order in which they joined; also to those with a block between them and the viewer. Errors: BAD_USER_INPUT.',
    args: forwardArgs(),
    resolve: async ({ roomId, authorId, createdAt, number }, { first, after }, context) => {
      const page = parsePage({ first, after })
      const key = recipientsKey({ roomId, authorId, sentAt: createdAt, take: page.take + 1, keyset: page.keyset })
      const members = await load(context, recipientsByKeys, key)
      return toPage(page, members, {
        keysOf: (member) => [member.joinedAt.toISOString(), member.userId],
        nodeOf: (member) => ({ member, status: reachOf(member, number) }),
      })
    },
  }),
}))
