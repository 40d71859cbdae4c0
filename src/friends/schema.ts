import { assertSignedIn } from '../access/access.ts'
import { enterViewer, ViewerRef } from '../auth/schema.ts'
import type { Loaded } from '../concurrency/loader.ts'
import { friendLimits } from '../config/friends.ts'
import type { Friendship } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load } from '../graphql/loaders.ts'
import { pagedField } from '../graphql/paged-field.ts'
import type { PageEdge } from '../graphql/pages.ts'
import { formatPairId, parseIds } from '../input/ids.ts'
import type { Keyset } from '../input/keyset.ts'
import { UserConnection, UserRef, userOf } from '../users/schema.ts'
import type { PublicUser } from '../users/service.ts'
import { friendshipsByPairs, pairKey } from './queries.ts'
import {
  acceptFriendRequest,
  cancelFriendRequest,
  declineFriendRequest,
  listFriendRequests,
  listFriends,
  removeFriend,
  sendFriendRequest,
} from './service.ts'

/** Loads the friendship or request between two users; null when there is none. */
export function friendshipOf(context: Context, userId: string, otherId: string): Loaded<Friendship | null> {
  return load(context, friendshipsByPairs, pairKey(userId, otherId))
}

/** Loads the users of a list of keysets, as its edges. */
export function toUserEdges(context: Context, keysets: readonly Keyset[]): Promise<PageEdge<PublicUser>[]> {
  return Promise.all(
    keysets.map(async ({ at, id }) => ({ keys: [at.toISOString(), id], node: await userOf(context, id) })),
  )
}

const FriendshipStatusRef = builder.enumType('FriendshipStatus', {
  description: 'The state of a friendship.',
  values: {
    PENDING: { description: 'The request has not been answered yet.' },
    ACCEPTED: { description: 'The two are friends.' },
  } as const,
})

/** The type of a friendship or friend request. */
export const FriendshipRef = builder.objectRef<Friendship>('Friendship').implement({
  description: 'A friendship of two users, or a friend request. Only the two can see it.',
  fields: (t) => ({
    id: t.id({
      description: 'A stable id for caches, `friendship_…`. `node` does not take it.',
      resolve: ({ lowId, highId }) => formatPairId('Friendship', lowId, highId),
    }),
    requester: t.field({
      type: UserRef,
      description: 'The user who sent the request.',
      resolve: ({ requesterId }, _, context) => userOf(context, requesterId),
    }),
    addressee: t.field({
      type: UserRef,
      description: 'The user who received the request.',
      resolve: ({ lowId, highId, requesterId }, _, context) => userOf(context, requesterId === lowId ? highId : lowId),
    }),
    status: t.expose('status', { type: FriendshipStatusRef, description: 'The state of the friendship.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the request was sent.' }),
    acceptedAt: t.expose('acceptedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was accepted. Null while it is pending.',
    }),
  }),
})

const FriendshipConnection = builder.connectionObject(
  { type: FriendshipRef, name: 'FriendshipConnection', description: 'A page of friend requests.' },
  { name: 'FriendshipEdge', description: 'A friend request and its cursor.' },
)

const FriendRequestDirection = builder.enumType('FriendRequestDirection', {
  description: 'The direction of a friend request.',
  values: {
    INCOMING: { description: 'Requests to the viewer.' },
    OUTGOING: { description: 'Requests by the viewer.' },
  } as const,
})

builder.prismaObjectField(UserRef, 'friendship', (t) =>
  t.field({
    type: FriendshipRef,
    nullable: true,
    description:
      'The friendship of the viewer with this user, or the friend request. Null when there is none, and when signed out.',
    resolve: ({ id }, _, context) => {
      const { viewer } = context
      return viewer && viewer.userId !== id ? friendshipOf(context, viewer.userId, id) : null
    },
  }),
)

builder.objectFields(ViewerRef, (t) => ({
  friends: t.field(
    pagedField({
      type: UserConnection,
      description: `The friends of the viewer, at most ${friendLimits.friendsMax}, the newest first.`,
      read: async (_, page, context) => toUserEdges(context, await listFriends(context, page)),
      edgeOf: (edge) => edge,
    }),
  ),
  friendRequests: t.field(
    pagedField({
      type: FriendshipConnection,
      description: 'Unanswered friend requests, the newest first.',
      args: {
        direction: t.arg({
          type: FriendRequestDirection,
          required: true,
          description: 'Requests to or by the viewer.',
        }),
      },
      read: (_, page, context) => listFriendRequests(context, page),
      edgeOf: ({ friendship, otherId }) => ({
        keys: [friendship.requestedAt.toISOString(), otherId],
        node: friendship,
      }),
    }),
  ),
}))

const FriendInput = builder.inputType('FriendInput', {
  description: 'The other user of a friendship.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'The other user.' }) }),
})

const FriendshipPayload = builder.objectRef<{ userId: string }>('FriendshipPayload').implement({
  description: 'The result of a change of friendship.',
  fields: (t) => ({
    friendship: t.field({
      type: FriendshipRef,
      nullable: true,
      description: 'The friendship or request as it is now. Null when there is none.',
      resolve: ({ userId }, _, context) => friendshipOf(context, assertSignedIn(context).userId, userId),
    }),
    user: t.field({
      type: UserRef,
      description: 'The other user.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
    viewer: t.field({
      type: ViewerRef,
      description: 'The viewer, with the lists as they are now.',
      resolve: (_, __, context, info) => enterViewer(context, assertSignedIn(context), info),
    }),
  }),
})

const mutations = {
  sendFriendRequest: {
    run: sendFriendRequest,
    description:
      'Sends a friend request. When the user has already sent one to the viewer, the two become friends. Sending it again changes nothing.',
    codes: [
      'NOT_FOUND',
      'BAD_USER_INPUT for oneself',
      `CONFLICT with ${friendLimits.requestsSentMax} unanswered requests or ${friendLimits.friendsMax} friends`,
      'RATE_LIMITED',
    ],
  },
  acceptFriendRequest: {
    run: acceptFriendRequest,
    description: 'Accepts the friend request of a user. Accepting it again changes nothing.',
    codes: [
      'NOT_FOUND',
      'BAD_USER_INPUT for oneself',
      `CONFLICT when one of the two has ${friendLimits.friendsMax} friends`,
    ],
  },
  declineFriendRequest: {
    run: declineFriendRequest,
    description: 'Declines the friend request of a user, who is notified and may send another.',
    codes: ['NOT_FOUND', 'BAD_USER_INPUT for oneself'],
  },
  cancelFriendRequest: {
    run: cancelFriendRequest,
    description: 'Cancels the viewer’s friend request to a user.',
    codes: ['NOT_FOUND', 'BAD_USER_INPUT for oneself'],
  },
  removeFriend: {
    run: removeFriend,
    description: 'Ends the friendship with a user.',
    codes: ['NOT_FOUND', 'BAD_USER_INPUT for oneself'],
  },
} as const

for (const [name, { run, description, codes }] of Object.entries(mutations)) {
  builder.mutationField(name, (t) =>
    t.field({
      type: FriendshipPayload,
      description,
      codes,
      args: { input: t.arg({ type: FriendInput, required: true, description: 'The other user.' }) },
      resolve: (_, { input }, context) => run(context, parseIds(input, { userId: 'User' })),
    }),
  )
}
