import { assertSignedIn } from '../access/access.ts'
import { enterViewer, ViewerRef } from '../auth/schema.ts'
import type { Loaded } from '../concurrency/loader.ts'
import { friendLimits } from '../config/friends.ts'
import type { Friendship } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load } from '../graphql/loaders.ts'
import { forwardArgs, type PageQuery, parsePage, toPage } from '../graphql/pages.ts'
import { canFail } from '../graphql/semantic-non-null.ts'
import { formatPairId, parseIds } from '../input/ids.ts'
import type { Keyset } from '../input/keyset.ts'
import { UserConnection, UserRef, userOf } from '../users/schema.ts'
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

/** Builds a page of users from the keysets of a list. */
export async function toUserPage(context: Context, page: PageQuery, keysets: readonly Keyset[]) {
  const rows = await Promise.all(keysets.map(async (keyset) => ({ keyset, user: await userOf(context, keyset.id) })))
  return toPage(page, rows, {
    keysOf: ({ keyset }) => [keyset.at.toISOString(), keyset.id],
    nodeOf: ({ user }) => user,
  })
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
  friends: t.field({
    type: UserConnection,
    extensions: canFail,
    description: `The friends of the viewer, at most ${friendLimits.friendsMax}, the newest first. Errors: BAD_USER_INPUT.`,
    args: forwardArgs(),
    resolve: async (_, { first, after }, context) => {
      const page = parsePage({ first, after })
      return toUserPage(context, page, await listFriends(context, { ...page, take: page.take + 1 }))
    },
  }),
  friendRequests: t.field({
    type: FriendshipConnection,
    extensions: canFail,
    description: 'Unanswered friend requests, the newest first. Errors: BAD_USER_INPUT.',
    args: {
      direction: t.arg({ type: FriendRequestDirection, required: true, description: 'Requests to or by the viewer.' }),
      ...forwardArgs(),
    },
    resolve: async (_, { direction, first, after }, context) => {
      const page = parsePage({ first, after })
      return toPage(page, await listFriendRequests(context, { ...page, direction, take: page.take + 1 }), {
        keysOf: ({ friendship, otherId }) => [friendship.requestedAt.toISOString(), otherId],
        nodeOf: ({ friendship }) => friendship,
      })
    },
  }),
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
    description: `Sends a friend request. When the user has already sent one to the viewer, the two become friends. Sending it again changes nothing. Errors: NOT_FOUND, BAD_USER_INPUT for oneself, CONFLICT with ${friendLimits.requestsSentMax} unanswered requests or ${friendLimits.friendsMax} friends, RATE_LIMITED.`,
  },
  acceptFriendRequest: {
    run: acceptFriendRequest,
    description: `Accepts the friend request of a user. Accepting it again changes nothing. Errors: NOT_FOUND, BAD_USER_INPUT for oneself, CONFLICT when one of the two has ${friendLimits.friendsMax} friends.`,
  },
  declineFriendRequest: {
    run: declineFriendRequest,
    description:
      'Declines the friend request of a user, who is notified and may send another. Errors: NOT_FOUND, BAD_USER_INPUT for oneself.',
  },
  cancelFriendRequest: {
    run: cancelFriendRequest,
    description: 'Cancels the viewer’s friend request to a user. Errors: NOT_FOUND, BAD_USER_INPUT for oneself.',
  },
  removeFriend: {
    run: removeFriend,
    description: 'Ends the friendship with a user. Errors: NOT_FOUND, BAD_USER_INPUT for oneself.',
  },
} as const

for (const [name, { run, description }] of Object.entries(mutations)) {
  builder.mutationField(name, (t) =>
    t.field({
      type: FriendshipPayload,
      description,
      args: { input: t.arg({ type: FriendInput, required: true, description: 'The other user.' }) },
      resolve: (_, { input }, context) => run(context, parseIds(input, { userId: 'User' })),
    }),
  )
}
