import { presenceDefaults } from '../config/presence.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { type LoadMany, load, prime } from '../graphql/loaders.ts'
import { RoomRef } from '../rooms/schema.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { offline, type Presence } from './queries.ts'
import { countOnline, presencesByUserIds, setPresence, visiblePresencesByUserIds } from './service.ts'

const PresenceStatusRef = builder.enumType('PresenceStatus', {
  description: 'How present a user is, over all devices.',
  values: {
    ONLINE: { description: 'Connected.' },
    AWAY: {
      description: `Connected, but has done nothing for ${presenceDefaults.idleMs / 60_000} minutes or has said to be away.`,
    },
    OFFLINE: { description: 'Not connected, or not to be seen by you.' },
  } as const,
})

const PresenceRef = builder.objectRef<Presence>('Presence').implement({
  description: 'Whether a user is here. It may be some seconds old.',
  fields: (t) => ({
    status: t.expose('status', { type: PresenceStatusRef, description: 'How present the user is.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the user was last here, or began to be. Null when that is not known, or not to be seen by you.',
    }),
  }),
})

/** Whether all who get this answer may see the presence of a user. Nobody may, until `showPresence` says so. */
const isShownToAll: LoadMany<boolean> = async (_, userIds) => userIds.map(() => false)

/** Says that all who get this answer may see a user's presence. */
export function showPresence(context: Context, userId: string): void {
  prime(context, isShownToAll, userId, true)
}

builder.objectFields(UserRef, (t) => ({
  presence: t.field({
    type: PresenceRef,
    description:
      'Whether the user is here. For the user, friends, and members of rooms in which the user takes part, where `directMessagePolicy` is not FRIENDS; all others, and whoever blocks or is blocked, see OFFLINE.',
    resolve: async (user, _, context) => {
      if (context.isShared && (await load(context, isShownToAll, user.id))) {
        return load(context, presencesByUserIds, user.id)
      }
      return context.viewer ? load(context, visiblePresencesByUserIds, user.id) : offline
    },
  }),
}))

builder.objectFields(RoomRef, (t) => ({
  onlineCount: t.int({
    description:
      'How many of its members are ONLINE or AWAY, up to some seconds ago, also those whom a block hides; but 0 in a DIRECT room where one of the two has blocked the other. For members. Errors: FORBIDDEN.',
    resolve: (room, _, context) => countOnline(context, room.id),
  }),
}))

const SetPresenceInput = builder.inputType('SetPresenceInput', {
  description: 'How the viewer wants to be seen.',
  fields: (t) => ({
    status: t.field({ type: PresenceStatusRef, required: true, description: 'ONLINE or AWAY.' }),
  }),
})

const SetPresencePayload = builder.objectRef<{ userId: string }>('SetPresencePayload').implement({
  description: 'The result of setPresence.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The viewer.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
  }),
})

builder.mutationField('setPresence', (t) =>
  t.field({
    type: SetPresencePayload,
    description:
      'Says whether the viewer is away, on all devices that are connected or come. It lasts until it is said otherwise or the last of them has gone. Errors: UNAUTHENTICATED, BAD_USER_INPUT for OFFLINE.',
    args: { input: t.arg({ type: SetPresenceInput, required: true, description: 'ONLINE or AWAY.' }) },
    resolve: (_, { input }, context) => setPresence(context, input),
  }),
)
