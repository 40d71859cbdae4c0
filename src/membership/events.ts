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
  ['MemberJoined', 'A user became a member. `membership.room` has the new `memberCount`.'],
  [
    'MemberUpdated',
    'The role or the mute of a member changed. When the role of the viewer changed, refetch fields that depend on it, such as `mutedUntil` of others.',
  ],
] as const) {
  eventRef(name).implement({
    description,
    interfaces: [RoomEventRef],
    fields: (t) => ({
      membership: t.field({
        type: MembershipRef,
        nullable: true,
        description: 'The member as it is now. Null when the user has left in the meantime.',
        resolve: ({ topicId, subject }, _, context) => memberOf(context, { roomId: topicId, userId: subject }),
      }),
      user: t.field({
        type: UserRef,
        description: 'The member.',
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
  description: 'Why a user is no longer a member.',
  values: {
    LEFT: { description: 'The member left.' },
    REMOVED: { description: 'Removed by an admin or the owner.' },
    BANNED: { description: 'Banned by an admin or the owner.' },
    ACCOUNT_DELETED: { description: 'The account was deleted.' },
  } as const,
})

eventRef('MemberLeft').implement({
  description: 'A user is no longer a member. It is the last event of that user’s streams of the room.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The user who left.',
      resolve: ({ subject }, _, context) => userOf(context, subject),
    }),
    reason: t.field({
      type: MemberLeftReason,
      description: 'The reason.',
      resolve: ({ kind }) => (kind in reasons ? reasons[kind as keyof typeof reasons] : 'LEFT'),
    }),
    room: t.field({
      type: RoomRef,
      nullable: true,
      description:
        'The room as it is now, with `memberCount` and `owner`. Null when it was deleted in the meantime, or when the viewer may no longer see it.',
      resolve: ({ topicId }, _, context) => roomInView(context, topicId),
    }),
  }),
})

for (const [name, description, membership] of [
  [
    'RoomAdded',
    'The viewer became a member of a room, on this or another device. Subscribe to roomEvents to follow it.',
    'The membership of the viewer as it is now. Null when they have left in the meantime.',
  ],
  [
    'NotificationsChanged',
    'The viewer changed the notification level of a room, on this or another device.',
    'The membership of the viewer as it is now, with `notifications`. Null when they have left in the meantime.',
  ],
  [
    'RoomAdvanced',
    `A room of the viewer has new messages, or the viewer read some (on this or another device), or their role or mute changed. Sent at most once a second per room, and less often for messages of rooms with very many followers. A viewer with more than ${presenceDefaults.roomsFollowedMax} rooms gets it only for messages of the rooms that were most recently active when the stream began. Best effort, may be lost: \`viewer.memberships\` has the current state.`,
    'The membership of the viewer as it is now, with `unreadCount`. Null when they have left in the meantime.',
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
  description:
    'A member read or received more messages. Best effort, may be lost: `receipts` and memberships have the current state.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    membership: t.field({
      type: MembershipRef,
      nullable: true,
      description: 'The member as it is now. Null when the user has left in the meantime.',
      resolve: ({ topicId, subject }, _, context) => memberOf(context, { roomId: topicId, userId: subject }),
    }),
  }),
})
