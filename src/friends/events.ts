import { eventRef, ViewerEventRef } from '../graphql/events.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { hasBlocked } from './blocks/schema.ts'
import { FriendshipRef, friendshipOf } from './schema.ts'

for (const [name, description] of [
  ['FriendRequestSent', 'The viewer sent a friend request, on this or another device.'],
  ['FriendRequestReceived', 'The viewer received a friend request.'],
  ['FriendRequestAccepted', 'The viewer and another user became friends, whichever of them sent the request.'],
  ['FriendRemoved', 'A friendship or friend request of the viewer ended: removed, declined or cancelled.'],
] as const) {
  eventRef(name).implement({
    description,
    interfaces: [ViewerEventRef],
    fields: (t) => ({
      friendship: t.field({
        type: FriendshipRef,
        nullable: true,
        description:
          'The friendship or request of the two as it is now, which may be later than this event. Null when there is none.',
        resolve: ({ topicId, subject }, _, context) => friendshipOf(context, topicId, subject),
      }),
      user: t.field({
        type: UserRef,
        description: 'The other user.',
        resolve: ({ subject }, _, context) => userOf(context, subject),
      }),
    }),
  })
}

eventRef('BlocksChanged').implement({
  description:
    'The viewer has blocked or unblocked a user, on this or another device. This changes which messages of the user are shown, and may change `mentionCount`: read rooms and memberships again, and follow the rooms after the new `eventCursor`.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The other user.',
      resolve: ({ subject }, _, context) => userOf(context, subject),
    }),
    isBlocked: t.boolean({
      description: 'True if the user is blocked now, which may be later than this event.',
      resolve: ({ topicId, subject }, _, context) => hasBlocked(context, topicId, subject),
    }),
  }),
})
