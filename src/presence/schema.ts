import { presenceDefaults } from '../config/presence.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { type LoadMany, load, prime } from '../graphql/loaders.ts'
import { RoomRef } from '../rooms/schema.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { countOnline } from './online-counts.ts'
import { presencesByUserIds, setPresence, visiblePresencesByUserIds } from './service.ts'
import { offline, type Presence } from './visibility/queries.ts'

const PresenceStatusRef = builder.enumType('PresenceStatus', {
  description: 'The presence status of a user, over all devices.',
  values: {
    ONLINE: { description: 'Connected.' },
    AWAY: {
      description: `Connected, but inactive for ${presenceDefaults.idleMs / 60_000} minutes, or set to away.`,
    },
    OFFLINE: { description: 'Not connected, or hidden from the viewer.' },
  } as const,
})

const PresenceRef = builder.objectRef<Presence>('Presence').implement({
  description: 'The presence of a user. It may be a few seconds old.',
  fields: (t) => ({
    status: t.expose('status', { type: PresenceStatusRef, description: 'The status of the user.' }),
    lastSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the user last signed in, renewed a session or disconnected. Null when unknown, or hidden from the viewer: see `Viewer.showsLastSeen`.',
      resolve({ lastSeenAt }, _, context) {
        if (lastSeenAt) context.showsPrivate('lastSeen')
        return lastSeenAt
      },
    }),
  }),
})

/** Loads whether all receivers of a shared result may see a user's presence: false unless `showPresence` was called. */
const isShownToAll: LoadMany<boolean> = async (_, userIds) => userIds.map(() => false)

/** Declares that all receivers of a shared result may see a user's presence. */
export function showPresence(context: Context, userId: string): void {
  prime(context, isShownToAll, userId, true)
}

builder.objectFields(UserRef, (t) => ({
  presence: t.field({
    type: PresenceRef,
    description:
      'The presence of the user. Visible to the user, to friends, and, unless `directMessagePolicy` is FRIENDS, to members of rooms in which the user takes part. All others, and users with a block between them, see OFFLINE; so do all where the user or the viewer hides their presence (`Viewer.showsPresence`).',
    resolve: async (user, _, context) => {
      if (context.isShared && (await load(context, isShownToAll, user.id))) {
        context.showsPrivate('presence')
        return load(context, presencesByUserIds, user.id)
      }
      return context.viewer ? load(context, visiblePresencesByUserIds, user.id) : offline
    },
  }),
}))

builder.objectFields(RoomRef, (t) => ({
  onlineCount: t.int({
    description:
      'How many of its members are ONLINE or AWAY; it may be a few seconds old. Includes members hidden by a block, but not those who hide their presence. 0 in a DIRECT room with a block, and for a viewer who hides theirs. Visible to members only.',
    codes: ['FORBIDDEN'],
    resolve: (room, _, context) => countOnline(context, room.id),
  }),
}))

const SetPresenceInput = builder.inputType('SetPresenceInput', {
  description: 'Sets the presence status of the viewer.',
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
      'Sets whether the viewer appears away, for all current and future devices. It lasts until it is changed, or until the last device disconnects.',
    codes: ['UNAUTHENTICATED', 'BAD_USER_INPUT for OFFLINE'],
    args: { input: t.arg({ type: SetPresenceInput, required: true, description: 'ONLINE or AWAY.' }) },
    resolve: (_, { input }, context) => setPresence(context, input),
  }),
)
