import { eventRef, ViewerEventRef } from '../graphql/events.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { hasBlocked } from './blocks/schema.ts'
import { FriendshipRef, friendshipOf } from './schema.ts'

for (const [name, description] of [
  ['FriendRequestSent', 'The viewer asked somebody to be a friend, on this or another device.'],
  ['FriendRequestReceived', 'Somebody asked the viewer to be a friend.'],
  ['FriendRequestAccepted', 'The viewer and somebody became friends, whoever of them asked.'],
  ['FriendRemoved', 'A friendship or request of the viewer ended: removed, declined or cancelled.'],
] as const) {
  eventRef(name).implement({
    description,
    interfaces: [ViewerEventRef],
    fields: (t) => ({
      friendship: t.field({
        type: FriendshipRef,
        nullable: true,
        description: 'What is between the two now, which may be later than this event. Null when nothing is.',
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
    'The viewer has blocked somebody or taken a block back, on this or another device. What is shown of their messages changes by it, and so may `mentionCount`: read rooms and memberships again, and follow the rooms after the new `eventCursor`.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The other user.',
      resolve: ({ subject }, _, context) => userOf(context, subject),
    }),
    isBlocked: t.boolean({
      description: 'Whether the user is blocked now, which may be later than this event.',
      resolve: ({ topicId, subject }, _, context) => hasBlocked(context, topicId, subject),
    }),
  }),
})
