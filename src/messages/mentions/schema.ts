import { inOrder } from '../../concurrency/loader.ts'
import { limits } from '../../config/config.ts'
import type { GroupMention } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { eventRef, ViewerEventRef } from '../../graphql/events.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { memberOf } from '../../membership/schema.ts'
import { UserRef } from '../../users/schema.ts'
import type { PublicUser } from '../../users/service.ts'
import { loadUnlessHidden, unlessHidden } from '../hidden-content/schema.ts'
import { MessageRef, messagesByIds } from '../schema.ts'
import { readMentioned } from './queries.ts'

const mentionedByMessageIds: LoadMany<PublicUser[]> = ({ lookups }, ids) => readMentioned(lookups, ids)

const MentionedGroupRef = builder.enumType('MentionedGroup', {
  description: 'A group of members that a message mentions.',
  values: {
    EVERYONE: { description: '`@everyone`: all members.' },
    HERE: {
      description: `\`@here\`: the members who are online when it is sent, at most ${limits.groupMentionsMax} of them. Not those who hide their presence.`,
    },
  } as const,
})

const groupsByMessageIds: LoadMany<GroupMention | null> = async ({ db }, ids) => {
  const groups = await db.groupMention.findMany({ where: { messageId: { in: [...ids] } } })
  return inOrder(ids, groups, ({ messageId }) => messageId)
}

builder.objectField(MessageRef, 'mentionedGroup', (t) =>
  t.field({
    type: MentionedGroupRef,
    nullable: true,
    description: `The group that it mentions as \`@everyone\` or \`@here\`. Null when there is none, the author may not (see \`viewerCan.mentionEveryone\`), or the message is deleted or hidden. It counts in \`mentionCount\` of the members. \`Mentioned\` notifies them, unless more than ${limits.groupMentionsMax} members are mentioned as \`@everyone\`.`,
    resolve: async (message, _, context) =>
      message.deletedAt
        ? null
        : ((await loadUnlessHidden(context, message, groupsByMessageIds, null))?.mentioned ?? null),
  }),
)

builder.objectField(MessageRef, 'mentions', (t) =>
  t.field({
    type: [UserRef],
    description: `The members mentioned as \`@username\`, outside code and links as CommonMark delimits them, and the author of the message that it replies to. In order of username: at most ${limits.mentionsMax}. Excludes the author, and users with a block between them and the author. Empty when the message is deleted or hidden.`,
    resolve: (message, _, context) =>
      message.deletedAt
        ? []
        : unlessHidden(context, message, () => load(context, mentionedByMessageIds, message.id), []),
  }),
)

eventRef('Mentioned').implement({
  description:
    'A message mentions the viewer: by name, as one of a group, or because it replies to a message of the viewer. Delivered once per message, however often it is edited.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    message: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The message as it is now. Null when the viewer has left its room in the meantime.',
      resolve: async ({ topicId, subject }, _, context) => {
        const message = await load(context, messagesByIds, subject)
        // a replay must not disclose a room to a former member, and the room may be deleted with its messages
        return message && (await memberOf(context, { roomId: message.roomId, userId: topicId })) && message
      },
    }),
  }),
})
