import { assertSignedIn } from '../access/access.ts'
import { enterViewer, ViewerRef } from '../auth/schema.ts'
import type { Loaded } from '../concurrency/loader.ts'
import { friendLimits } from '../config/friends.ts'
import type { Friendship } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load } from '../graphql/loaders.ts'
import { forwardArgs, type PageQuery, parsePage, toPage } from '../graphql/pages.ts'
import { parseId } from '../input/ids.ts'
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

/** Loads what there is between two users; null when nothing. */
export function friendshipOf(context: Context, userId: string, otherId: string): Loaded<Friendship | null> {
  return load(context, friendshipsByPairs, pairKey(userId, otherId))
}

/** Makes a page of users of their places in a list. */
export async function toUserPage(context: Context, page: PageQuery, places: readonly Keyset[]) {
  const rows = await Promise.all(places.map(async (place) => ({ place, user: await userOf(context, place.id) })))
  return toPage(page, rows, {
    keysOf: ({ place }) => [place.at.toISOString(), place.id],
    nodeOf: ({ user }) => user,
  })
}

const FriendshipStatusRef = builder.enumType('FriendshipStatus', {
  description: 'How far a friendship is.',
  values: {
    PENDING: { description: 'One has asked, and the other has not answered.' },
    ACCEPTED: { description: 'The two are friends.' },
  } as const,
})

/** What is between two users. */
export const FriendshipRef = builder.objectRef<Friendship>('Friendship').implement({
  description: 'A friendship of two users, or the request for one. Only the two see it.',
  fields: (t) => ({
    requester: t.field({
      type: UserRef,
      description: 'Who asked.',
      resolve: ({ requesterId }, _, context) => userOf(context, requesterId),
    }),
    addressee: t.field({
      type: UserRef,
      description: 'Who was asked.',
      resolve: ({ lowId, highId, requesterId }, _, context) => userOf(context, requesterId === lowId ? highId : lowId),
    }),
    status: t.expose('status', { type: FriendshipStatusRef, description: 'How far it is.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When it was asked for.' }),
    acceptedAt: t.expose('acceptedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was accepted. Null while it is pending.',
    }),
  }),
})

const FriendshipConnection = builder.connectionObject(
  { type: FriendshipRef, name: 'FriendshipConnection', description: 'A page of friend requests.' },
  { name: 'FriendshipEdge', description: 'A friend request and its place on the page.' },
)

const FriendRequestDirection = builder.enumType('FriendRequestDirection', {
  description: 'Who asked whom.',
  values: {
    INCOMING: { description: 'Others asked the viewer.' },
    OUTGOING: { description: 'The viewer asked others.' },
  } as const,
})

builder.prismaObjectField(UserRef, 'friendship', (t) =>
  t.field({
    type: FriendshipRef,
    nullable: true,
    description:
      'The friendship of the viewer with this user, or the request for one. Null when there is none, and for who is not signed in.',
    resolve: ({ id }, _, context) => {
      const { viewer } = context
      return viewer && viewer.userId !== id ? friendshipOf(context, viewer.userId, id) : null
    },
  }),
)

builder.objectFields(ViewerRef, (t) => ({
  friends: t.field({
    type: UserConnection,
    description: `The friends of the viewer, at most ${friendLimits.friendsMax}, the newest first. Errors: BAD_USER_INPUT.`,
    args: forwardArgs(),
    resolve: async (_, { first, after }, context) => {
      const page = parsePage({ first, after })
      return toUserPage(context, page, await listFriends(context, { ...page, take: page.take + 1 }))
    },
  }),
  friendRequests: t.field({
    type: FriendshipConnection,
    description: 'Friend requests that nobody has answered yet, the newest first. Errors: BAD_USER_INPUT.',
    args: {
      direction: t.arg({ type: FriendRequestDirection, required: true, description: 'To or of the viewer.' }),
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
  description: 'Whom a change of friendship is about.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'The other user.' }) }),
})

const FriendshipPayload = builder.objectRef<{ userId: string }>('FriendshipPayload').implement({
  description: 'The result of a change of friendship.',
  fields: (t) => ({
    friendship: t.field({
      type: FriendshipRef,
      nullable: true,
      description: 'What is between the two now. Null when nothing is left.',
      resolve: ({ userId }, _, context) => friendshipOf(context, assertSignedIn(context).userId, userId),
    }),
    user: t.field({
      type: UserRef,
      description: 'The other user.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
    viewer: t.field({
      type: ViewerRef,
      description: 'The viewer, with lists as they are now.',
      resolve: (_, __, context, info) => enterViewer(context, assertSignedIn(context), info),
    }),
  }),
})

const mutations = {
  sendFriendRequest: {
    run: sendFriendRequest,
    description: `Asks a user to be a friend; when they have asked too, the two are friends. Asking again changes nothing. Errors: NOT_FOUND, BAD_USER_INPUT for oneself, CONFLICT with ${friendLimits.requestsSentMax} unanswered requests or ${friendLimits.friendsMax} friends, RATE_LIMITED.`,
  },
  acceptFriendRequest: {
    run: acceptFriendRequest,
    description: `Accepts the request of a user. Accepting again changes nothing. Errors: NOT_FOUND, BAD_USER_INPUT for oneself, CONFLICT when one of the two has ${friendLimits.friendsMax} friends.`,
  },
  declineFriendRequest: {
    run: declineFriendRequest,
    description:
      'Declines the request of a user. They are told, and may ask again. Errors: NOT_FOUND, BAD_USER_INPUT for oneself.',
  },
  cancelFriendRequest: {
    run: cancelFriendRequest,
    description: 'Takes back one’s own request to a user. Errors: NOT_FOUND, BAD_USER_INPUT for oneself.',
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
      resolve: (_, { input }, context) => run(context, { userId: parseId('User', input.userId, 'userId') }),
    }),
  )
}
