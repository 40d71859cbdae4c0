import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { parseIds } from '../../input/ids.ts'
import { parseKeyset } from '../../input/keyset.ts'
import { UserConnection } from '../../users/schema.ts'
import { loadUnlessHidden } from '../hidden-content/schema.ts'
import { MessageRef, messagePayload } from '../schema.ts'
import {
  type GroupKey,
  type ReactionGroup,
  type Reactor,
  type ReactorsQuery,
  readReactionGroups,
  readReactionsOf,
  readReactors,
} from './queries.ts'
import { addReaction, removeReaction } from './service.ts'

const groupsByMessageIds: LoadMany<ReactionGroup[]> = async ({ sql }, ids) => {
  const groups = Map.groupBy(await readReactionGroups(sql, ids), (group) => group.messageId)
  return ids.map((id) => groups.get(id) ?? [])
}

const groupKey = ({ messageId, emoji }: GroupKey) => `${messageId} ${emoji}`

/** Tells whether the viewer is among those who reacted, by keys of `groupKey`. */
const viewerReactions: LoadMany<boolean> = async ({ sql, viewer }, keys) => {
  if (!viewer) return keys.map(() => false)
  const groups = keys.map((key) => {
    const [messageId = '', emoji = ''] = key.split(' ')
    return { messageId, emoji }
  })
  const found = new Set((await readReactionsOf(sql, viewer.userId, groups)).map(groupKey))
  return keys.map((key) => found.has(key))
}

/** Loads pages of the users who reacted, by queries as JSON. */
const reactorsByQueries: LoadMany<Reactor[]> = ({ sql }, keys) =>
  // the keys are built in `users` below; dates are text in JSON, as in the query
  readReactors(
    sql,
    keys.map((key) => JSON.parse(key) as ReactorsQuery),
  )

const ReactionGroupRef = builder.objectRef<ReactionGroup>('ReactionGroup').implement({
  description: 'All reactions to one message with one emoji.',
  fields: (t) => ({
    emoji: t.exposeString('emoji', { description: 'The emoji, with U+FE0F where Unicode recommends it.' }),
    count: t.exposeInt('count', { description: 'How many users reacted with it: at least 1.' }),
    viewerHasReacted: t.boolean({
      description: 'True if the viewer is among them.',
      resolve: (group, _, context) => context.viewer !== null && load(context, viewerReactions, groupKey(group)),
    }),
    users: t.field(
      pagedField({
        type: UserConnection,
        description:
          'The users who reacted with it, in order of reaction, including those with a block between them and the viewer.',
        read: async ({ messageId, emoji }, { take, keyset }, context) =>
          load(context, reactorsByQueries, JSON.stringify({ messageId, emoji, after: parseKeyset(keyset), take })),
        edgeOf: ({ at, user }) => ({ keys: [at.toISOString(), user.id], node: user }),
      }),
    ),
  }),
})

builder.objectField(MessageRef, 'reactions', (t) =>
  t.field({
    type: [ReactionGroupRef],
    description: `The reactions of members, grouped by emoji, in order of first use: at most ${limits.reactionKindsMax} emojis. Empty when the message is deleted or hidden.`,
    resolve: (message, _, context) =>
      message.deletedAt ? [] : loadUnlessHidden(context, message, groupsByMessageIds, []),
  }),
)

const ReactionInput = builder.inputType('ReactionInput', {
  description: 'A reaction of the viewer to a message.',
  fields: (t) => ({
    messageId: t.id({ required: true, description: 'The message.' }),
    emoji: t.string({ required: true, description: 'Exactly one emoji, with or without U+FE0F.' }),
  }),
})

const ReactionPayload = messagePayload('ReactionPayload', 'The result of addReaction or removeReaction.')

builder.mutationFields((t) => ({
  addReaction: t.field({
    type: ReactionPayload,
    description: 'Adds a reaction of the viewer to a message. Adding it again changes nothing.',
    codes: [
      'NOT_FOUND',
      'BAD_USER_INPUT',
      'ROOM_ARCHIVED',
      'MUTED',
      'BLOCKED',
      'RATE_LIMITED',
      'CONFLICT when the message is deleted or has the maximum of different emojis',
    ],
    args: { input: t.arg({ type: ReactionInput, required: true, description: 'The message and the emoji.' }) },
    resolve: async (_, { input }, context) => ({
      message: await addReaction(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
  removeReaction: t.field({
    type: ReactionPayload,
    description: 'Removes a reaction of the viewer. Without one nothing changes.',
    codes: [
      'NOT_FOUND',
      'BAD_USER_INPUT',
      'ROOM_ARCHIVED',
      'MUTED',
      'BLOCKED',
      'RATE_LIMITED',
      'CONFLICT when the message is deleted',
    ],
    args: { input: t.arg({ type: ReactionInput, required: true, description: 'The message and the emoji.' }) },
    resolve: async (_, { input }, context) => ({
      message: await removeReaction(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
}))
