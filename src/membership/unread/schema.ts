import { ViewerRef } from '../../auth/schema.ts'
import { limits } from '../../config/config.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { type Context, isViewer } from '../../graphql/context.ts'
import { load } from '../../graphql/loaders.ts'
import { parseIds } from '../../input/ids.ts'
import { topicOf } from '../../rooms/schema.ts'
import { memberKey } from '../queries.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { mentionCountsByKeys, unreadAfter, unreadCountsByKeys } from './queries.ts'
import { countUnread, markUnread } from './service.ts'

type Counts = typeof unreadCountsByKeys

/**
 * Counts in the unread messages of a member, for the member alone. Without a statement when there are none.
 *
 * To others the counts would tell what the member has read, and whom they have blocked.
 */
async function countIn(context: Context, member: Member, counts: Counts): Promise<number> {
  if (!isViewer(context, member.userId)) return 0
  const { lastNumber } = await topicOf(context, member.roomId)
  const after = unreadAfter(member)
  return lastNumber <= after ? 0 : load(context, counts, `${memberKey(member)} ${after} ${lastNumber}`)
}

builder.objectFields(MembershipRef, (t) => ({
  unreadCount: t.int({
    description: `How many messages the member has not read. System messages, deleted ones, own ones, and those by users whom the member has blocked do not count; own and blocked ones are looked for among the newest ${limits.unreadSiftedMax}. Private: 0 for other viewers.`,
    resolve: (member, _, context) => countIn(context, member, unreadCountsByKeys),
  }),
  mentionCount: t.int({
    description: `How many unread messages mention the member: at most the newest ${limits.mentionsCountedMax} are counted. Messages by users whom the member has blocked do not count. Private: 0 for other viewers.`,
    resolve: (member, _, context) => countIn(context, member, mentionCountsByKeys),
  }),
  historyFrom: t.int({
    description:
      'The number of the first message that the member may read: 1, or a later one when `Room.history` was SINCE_JOINED when they became a member. Private: 1 for other viewers.',
    resolve: (member, _, context) => (isViewer(context, member.userId) ? member.historyFrom + 1 : 1),
  }),
  unreadFrom: t.int({
    nullable: true,
    description:
      'The number from which the member has marked the room as unread, with `markUnread`. Null when they have not, and for other viewers.',
    resolve: (member, _, context) => (isViewer(context, member.userId) ? member.unreadFrom : null),
  }),
}))

builder.objectFields(ViewerRef, (t) => ({
  unreadCount: t.int({
    description:
      'How many messages the viewer has not read, as `Membership.unreadCount`, over all rooms except those at the notification level NONE.',
    resolve: async (_, __, context) => (await load(context, totals, '')).heard,
  }),
  unreadCountOfAll: t.int({
    description: 'As `unreadCount`, over all rooms, also those at the notification level NONE.',
    resolve: async (_, __, context) => (await load(context, totals, '')).all,
  }),
}))

/** Loads the totals of the viewer: one statement for both. */
const totals = (context: Context, keys: readonly string[]) => Promise.all(keys.map(() => countUnread(context)))

const MarkUnreadInput = builder.inputType('MarkUnreadInput', {
  description: 'Marks the messages of a room as unread, from a number on.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    number: t.int({
      required: true,
      description: 'The first message that is unread: from `historyFrom` to the newest one.',
    }),
  }),
})

builder.mutationField('markUnread', (t) =>
  t.field({
    type: memberPayload('MarkUnreadPayload', 'The result of markUnread.'),
    description:
      'Marks the messages from a number on as unread by the viewer, until they read beyond it or send one. Receipts do not go back: others see no difference.',
    codes: ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT beyond the newest message, and before `historyFrom`'],
    args: { input: t.arg({ type: MarkUnreadInput, required: true, description: 'The room and the number.' }) },
    resolve: (_, { input }, context) => markUnread(context, parseIds(input, { roomId: 'Room' })),
  }),
)
