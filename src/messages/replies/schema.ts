import { builder } from '../../graphql/builder.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { parseNumberKeyset } from '../../input/keyset.ts'
import { topicOf } from '../../rooms/schema.ts'
import type { AuthoredMessage } from '../queries.ts'
import { assertInRoom, isAlone, MessageConnection, MessageRef, messagesByIds, rememberAuthors } from '../schema.ts'
import { countReplies, type RepliesQuery, readReplies } from './queries.ts'

/** Loads pages of replies, by queries as JSON. */
const repliesByQueries: LoadMany<AuthoredMessage[]> = ({ sql }, keys) =>
  // the keys are built in `replies` below
  readReplies(
    sql,
    keys.map((key) => JSON.parse(key) as RepliesQuery),
  )

/** Counts the replies to messages, by `message upTo`. */
const replyCounts: LoadMany<number> = ({ sql }, keys) =>
  countReplies(
    sql,
    keys.map((key) => {
      const [messageId = '', upTo = ''] = key.split(' ')
      return { messageId, upTo: Number(upTo) }
    }),
  )

builder.objectFields(MessageRef, (t) => ({
  replyTo: t.field({
    type: MessageRef,
    nullable: true,
    description: 'The message of the same room that it answers, which may be deleted. Null when it is not a reply.',
    resolve: (message, _, context) => (message.replyToId ? load(context, messagesByIds, message.replyToId) : null),
  }),
  replies: t.field(
    pagedField({
      type: MessageConnection,
      description: 'The replies to it, in order of number, including tombstones.',
      read: async (message, { keyset, take }, context) => {
        assertInRoom(message)
        const { lastNumber } = await topicOf(context, message.roomId)
        const above = Math.max(message.number, parseNumberKeyset(keyset, 'after') ?? 0)
        const query: RepliesQuery = { messageId: message.id, above, upTo: lastNumber, take }
        return rememberAuthors(context, await load(context, repliesByQueries, JSON.stringify(query)))
      },
      edgeOf: (reply) => ({ keys: [reply.number], node: reply }),
    }),
  ),
  replyCount: t.int({
    description: 'How many replies it has, including tombstones and hidden ones.',
    resolve: async (message, _, context) => {
      if (isAlone(message)) return 0
      const { lastNumber } = await topicOf(context, message.roomId)
      return lastNumber <= message.number ? 0 : load(context, replyCounts, `${message.id} ${lastNumber}`)
    },
  }),
}))
