import { presenceDefaults } from '../config/presence.ts'
import type { FeedEvent } from '../feed/events.ts'
import type { Hint } from '../feed/streams/stream-item.ts'
import type { EventKind } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import { eventRef, hintRef, RoomEventRef, ViewerEventRef } from '../graphql/events.ts'
import { formatId } from '../input/ids.ts'
import { RoomRef, roomInView } from '../rooms/schema.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { MembershipRef, memberOf } from './schema.ts'

for (const [name, description] of [
  ['MemberJoined', 'Somebody became a member. `membership.room` has the new `memberCount`.'],
  [
    'MemberUpdated',
    'The role or the mute of a member changed. Where it is the role of the viewer, read again what depends on it, such as `mutedUntil` of others.',
  ],
] as const) {
  eventRef(name).implement({
    description,
    interfaces: [RoomEventRef],
    fields: (t) => ({
      membership: t.field({
        type: MembershipRef,
        nullable: true,
        description: 'The member as it is now. Null when the user has left since.',
        resolve: ({ topicId, subject }, _, context) => memberOf(context, { roomId: topicId, userId: subject }),
      }),
      user: t.field({
        type: UserRef,
        description: 'Who it is.',
        resolve: ({ subject }, _, context) => userOf(context, subject),
      }),
    }),
  })
}

const reasons = {
  MEMBER_LEFT: 'LEFT',
  MEMBER_REMOVED: 'REMOVED',
  MEMBER_BANNED: 'BANNED',
  MEMBER_DELETED: 'ACCOUNT_DELETED',
} as const satisfies Partial<Record<EventKind, string>>

const MemberLeftReason = builder.enumType('MemberLeftReason', {
  description: 'Why somebody is no longer a member.',
  values: {
    LEFT: { description: 'By their own wish.' },
    REMOVED: { description: 'Removed by an admin or the owner.' },
    BANNED: { description: 'Banned by an admin or the owner.' },
    ACCOUNT_DELETED: { description: 'The account was deleted.' },
  } as const,
})

eventRef('MemberLeft').implement({
  description: 'Somebody is no longer a member. It is the last event of their own streams of the room.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'Who left.',
      resolve: ({ subject }, _, context) => userOf(context, subject),
    }),
    reason: t.field({
      type: MemberLeftReason,
      description: 'Why.',
      resolve: ({ kind }) => (kind in reasons ? reasons[kind as keyof typeof reasons] : 'LEFT'),
    }),
    room: t.field({
      type: RoomRef,
      nullable: true,
      description:
        'The room as it is now, with `memberCount` and `owner`. Null when it has been deleted since, or when the viewer may no longer see it.',
      resolve: ({ topicId }, _, context) => roomInView(context, topicId),
    }),
  }),
})

for (const [name, description, membership] of [
  [
    'RoomAdded',
    'The viewer became a member of a room, on this or another device. How the room goes on is told by roomEvents.',
    'The viewer in the room as it is now. Null when they have left it since.',
  ],
  [
    'NotificationsChanged',
    'The viewer chose which messages of a room to be told of, on this or another device.',
    'The viewer in the room as it is now, with `notifications`. Null when they have left it since.',
  ],
  [
    'RoomAdvanced',
    `A room of the viewer got messages, or the viewer has read some, on this or another device, or has another role or mute. It comes at most once a second for each room, and more rarely for messages where very many follow the room. A viewer with more than ${presenceDefaults.roomsFollowedMax} rooms hears of messages in those that were active last when the stream began. It may be lost: \`viewer.memberships\` says how it is.`,
    'The viewer in the room as it is now, with `unreadCount`. Null when the viewer has left since.',
  ],
] as const) {
  builder.objectRef<FeedEvent | Hint>(name).implement({
    description,
    interfaces: [ViewerEventRef],
    fields: (t) => ({
      membership: t.field({
        type: MembershipRef,
        nullable: true,
        description: membership,
        resolve: ({ topicId, subject }, _, context) => memberOf(context, { roomId: subject, userId: topicId }),
      }),
      roomId: t.id({ description: 'The room.', resolve: ({ subject }) => formatId('Room', subject) }),
    }),
  })
}

eventRef('RoomRemoved').implement({
  description: 'The viewer is no longer a member of a room.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    roomId: t.id({ description: 'The room.', resolve: ({ subject }) => formatId('Room', subject) }),
  }),
})

hintRef('ReceiptAdvanced').implement({
  description: 'A member has read or received more. It may be lost: `receipts` and memberships say how it is.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    membership: t.field({
      type: MembershipRef,
      nullable: true,
      description: 'The member as it is now. Null when the user has left since.',
      resolve: ({ topicId, subject }, _, context) => memberOf(context, { roomId: topicId, userId: subject }),
    }),
  }),
})
