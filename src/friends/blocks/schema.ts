import { ViewerRef } from '../../auth/schema.ts'
import type { Loaded } from '../../concurrency/loader.ts'
import { friendLimits } from '../../config/friends.ts'
import type { User } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { load } from '../../graphql/loaders.ts'
import { forwardArgs, parsePage } from '../../graphql/pages.ts'
import { parseId } from '../../input/ids.ts'
import { UserConnection, UserRef, userOf } from '../../users/schema.ts'
import { usersByIds } from '../../users/service.ts'
import { toUserPage } from '../schema.ts'
import { blocksByKeys, hiddenByKeys } from './queries.ts'
import { blockUser, listBlocked, unblockUser } from './service.ts'

/** Loads whether one user has blocked another. */
export function hasBlocked(context: Context, blockerId: string, blockedId: string): Loaded<boolean> {
  return load(context, blocksByKeys, `${blockerId} ${blockedId}`)
}

/**
 * Finds a user by id. Null also where they have blocked the viewer and the two share no room.
 *
 * Those who share one see each other's names beside their messages.
 */
export async function findVisibleUser(context: Context, userId: string): Promise<User | null> {
  const { viewer } = context
  if (viewer && (await load(context, hiddenByKeys, `${viewer.userId} ${userId}`))) return null
  return load(context, usersByIds, userId)
}

builder.prismaObjectField(UserRef, 'isBlocked', (t) =>
  t.boolean({
    description: 'Whether the viewer has blocked this user. Nobody is told who has blocked them.',
    resolve: ({ id }, _, context) => {
      const { viewer } = context
      return viewer !== null && viewer.userId !== id && hasBlocked(context, viewer.userId, id)
    },
  }),
)

builder.objectField(ViewerRef, 'blockedUsers', (t) =>
  t.field({
    type: UserConnection,
    description: `Whom the viewer has blocked, at most ${friendLimits.blocksMax}, the last blocked first. Errors: BAD_USER_INPUT.`,
    args: forwardArgs(),
    resolve: async (_, { first, after }, context) => {
      const page = parsePage({ first, after })
      return toUserPage(context, page, await listBlocked(context, { ...page, take: page.take + 1 }))
    },
  }),
)

const BlockInput = builder.inputType('BlockInput', {
  description: 'Whom to block, or no longer to block.',
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
    description: `Hides the viewer and a user from each other, and ends a friendship and requests between them. Neither finds the other, asks to be a friend, adds or mentions the other, or sees presence, typing and visits; in their direct room nobody writes any more, which fails with BLOCKED for both. In other rooms of both they stay members, with what members see of each other: names, reactions and receipts; of the user’s messages the viewer is shown nothing, but all counts except \`mentionCount\` count them. The user is not told of the block. Errors: NOT_FOUND, BAD_USER_INPUT for oneself, CONFLICT with ${friendLimits.blocksMax} blocked users.`,
    args: { input: t.arg({ type: BlockInput, required: true, description: 'Whom to block.' }) },
    resolve: (_, { input }, context) => blockUser(context, { userId: parseId('User', input.userId, 'userId') }),
  }),
  unblockUser: t.field({
    type: BlockPayload,
    description:
      'Takes a block back; nothing happens where there is none. Errors: NOT_FOUND, BAD_USER_INPUT for oneself.',
    args: { input: t.arg({ type: BlockInput, required: true, description: 'Whom no longer to block.' }) },
    resolve: (_, { input }, context) => unblockUser(context, { userId: parseId('User', input.userId, 'userId') }),
  }),
}))
