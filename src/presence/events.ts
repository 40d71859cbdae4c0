import { hintRef, RoomEventRef, ViewerEventRef } from '../graphql/events.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { showPresence } from './schema.ts'

hintRef('UserUpdated').implement({
  description:
    'A member of the room, or a friend, changed their name, picture or bio. Best effort: it may be lost, and is not sent to large rooms. Later reads have the change.',
  interfaces: [RoomEventRef, ViewerEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The user as they are now.',
      resolve: ({ subject }, _, context) => userOf(context, subject),
    }),
  }),
})

hintRef('PresenceChanged').implement({
  description:
    'The presence of a member of the room, or of a friend, changed. Best effort: it may be lost, and is not sent to large rooms, nor to viewers who hide their presence. `User.presence` has the current state.',
  interfaces: [RoomEventRef, ViewerEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The user. Selecting `presence` is cheap here.',
      resolve: ({ subject }, _, context) => {
        // this hint reaches only members of the room and friends, nobody with a block between them and the user, and nobody who hides theirs
        if (context.isShared) showPresence(context, subject)
        return userOf(context, subject)
      },
    }),
  }),
})
