import { hintRef, RoomEventRef, ViewerEventRef } from '../graphql/events.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { showPresence } from './schema.ts'

hintRef('UserUpdated').implement({
  description:
    'A member of the room, or a friend, has another name, picture or bio. It may be lost, and large rooms are not told: what is read later has it.',
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
    'A member of the room, or a friend, has come, gone or rests. It may be lost, and large rooms are not told: `User.presence` says how it is.',
  interfaces: [RoomEventRef, ViewerEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'Who it is. Ask for `presence` here, where it costs little.',
      resolve: ({ subject }, _, context) => {
        // only members of the room and friends are told, and nobody whom a block parts from the user
        if (context.isShared) showPresence(context, subject)
        return userOf(context, subject)
      },
    }),
  }),
})
