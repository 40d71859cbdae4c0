import { blockedIdsByUserIds } from '../../access/facts.ts'
import { limits } from '../../config/config.ts'
import { encodeCursor } from '../../feed/cursor.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { formatId } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { type DigestPart, digestParts, digestRoom } from './service.ts'

const DigestPartRef = builder.enumType('DigestPart', {
  description: 'A part of messages that a digest covers, beside their numbers, ids, kinds and `deletedAt`.',
  values: {
    BODY: { description: 'Their bodies, and `editedAt`.' },
    PINS: { description: '`pinnedAt`.' },
    REACTIONS: { description: 'Emojis and how many reacted with each.' },
  } satisfies Record<DigestPart, { description: string }>,
})

const RoomDigest = builder.objectRef<{ hash: string; eventCursor: string }>('RoomDigest').implement({
  description: 'A digest of messages as the viewer sees them, with the cursor of the room feed that it is true for.',
  fields: (t) => ({
    hash: t.exposeString('hash', {
      description:
        'The first 16 bytes, as hex, of SHA-256 over lines that each end with a line feed: `kabar-digest-1`, then for each message in order of number JSON without spaces, `[number,id,kind,deletedAt` and, for the parts that are asked for in this order, BODY `,body,editedAt`, PINS `,pinnedAt`, REACTIONS `,[[emoji,count],…]` in order of UTF-16 code units, `]`. A SYSTEM message has its `action` as body.',
    }),
    eventCursor: t.expose('eventCursor', {
      type: 'EventCursor',
      description: 'Compare only when everything up to here, and nothing after it, has been applied.',
    }),
  }),
})

builder.prismaObjectField(RoomRef, 'digest', (t) =>
  t.field({
    type: RoomDigest,
    description:
      'A digest of the messages with some numbers, to compare with the copy of a client. Numbers beyond the newest are left out. For members.',
    codes: ['FORBIDDEN', 'BAD_USER_INPUT'],
    args: {
      from: t.arg.int({ required: true, description: 'The first number, from 1.' }),
      to: t.arg.int({
        required: true,
        description: `The last number, not before the first: at most ${limits.pageSizeMax} messages.`,
      }),
      parts: t.arg({ type: [DigestPartRef], description: 'The parts to cover. All when omitted.' }),
    },
    resolve: async (room, { from, to, parts }, context) => {
      const viewerId = context.viewer?.userId
      const blockedIds = viewerId ? await load(context, blockedIdsByUserIds, viewerId) : nobody
      const asked = new Set(parts ?? digestParts)
      const query = { roomId: room.id, from, to, parts: asked, blockedIds }
      const { hash, cursor } = await digestRoom(context, {
        ...query,
        formatMessageId: (id) => formatId('Message', id),
      })
      return { hash, eventCursor: encodeCursor(cursor) }
    },
  }),
)

const nobody: ReadonlySet<string> = new Set()
