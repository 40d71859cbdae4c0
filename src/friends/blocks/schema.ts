import { ViewerRef } from '../../auth/schema.ts'
import type { Loaded } from '../../concurrency/loader.ts'
import { friendLimits } from '../../config/friends.ts'
import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { parseIds } from '../../input/ids.ts'
import { UserConnection, UserRef, userOf } from '../../users/schema.ts'
import { type PublicUser, usersByIds } from '../../users/service.ts'
import { toUserEdges } from '../schema.ts'
import { blocksByKeys, hiddenByKeys } from './queries.ts'
import { blockUser, listBlocked, unblockUser } from './service.ts'

/** Loads whether one user has blocked another. */
export function hasBlocked(context: Context, blockerId: string, blockedId: string): Loaded<boolean> {
  return load(context, blocksByKeys, `${blockerId} ${blockedId}`)
}

/**
 * Finds a user by id. Null also when they have blocked the viewer and the two share no room.
 *
 * Users who share a room see each other's names beside their messages.
 */
export async function findVisibleUser(context: Context, userId: string): Promise<PublicUser | null> {
  const { viewer } = context
  if (viewer && (await load(context, hiddenByKeys, `${viewer.userId} ${userId}`))) return null
  return load(context, usersByIds, userId)
}

builder.prismaObjectField(UserRef, 'isBlocked', (t) =>
  t.boolean({
    description: 'True if the viewer has blocked this user. Users cannot see who has blocked them.',
    resolve: ({ id }, _, context) => {
      const { viewer } = context
      return viewer !== null && viewer.userId !== id && hasBlocked(context, viewer.userId, id)
    },
  }),
)

builder.objectField(ViewerRef, 'blockedUsers', (t) =>
  t.field(
    pagedField({
      type: UserConnection,
      description: `The users that the viewer has blocked, at most ${friendLimits.blocksMax}, the last blocked first.`,
      read: async (_, page, context) => toUserEdges(context, await listBlocked(context, page)),
      edgeOf: (edge) => edge,
    }),
  ),
)

const BlockInput = builder.inputType('BlockInput', {
  description: 'The user to block or to unblock.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'The other user.' }) }),
})

const BlockPayload = builder.objectRef<{ userId: string }>('BlockPayload').implement({
  description: 'The result of blockUser or unblockUser.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The other user.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
  }),
})

builder.mutationFields((t) => ({
  blockUser: t.field({
    type: BlockPayload,
    description: `Blocks a user: hides the viewer and the user from each other, and ends a friendship and requests between them. Neither can find the other, send friend requests, add or mention the other, or see presence, typing and visits. Writing to their direct room fails with BLOCKED for both. In other rooms that they share they stay members, and see names, reactions and receipts of each other; the user’s messages are hidden from the viewer, but all counts except \`mentionCount\` count them. The user is not notified of the block.`,
    codes: ['NOT_FOUND', 'BAD_USER_INPUT for oneself', `CONFLICT with ${friendLimits.blocksMax} blocked users`],
    args: { input: t.arg({ type: BlockInput, required: true, description: 'The user to block.' }) },
    resolve: (_, { input }, context) => blockUser(context, parseIds(input, { userId: 'User' })),
  }),
  unblockUser: t.field({
    type: BlockPayload,
    description: 'Unblocks a user. Does nothing when there is no block.',
    codes: ['NOT_FOUND', 'BAD_USER_INPUT for oneself'],
    args: { input: t.arg({ type: BlockInput, required: true, description: 'The user to unblock.' }) },
    resolve: (_, { input }, context) => unblockUser(context, parseIds(input, { userId: 'User' })),
  }),
}))
