import { limits } from '../../config/config.ts'
import type { User } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { eventRef, ViewerEventRef } from '../../graphql/events.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { memberOf } from '../../membership/schema.ts'
import { UserRef } from '../../users/schema.ts'
import { MessageRef, messagesByIds, unlessHidden } from '../schema.ts'
import { readMentioned } from './queries.ts'

const mentionedByMessageIds: LoadMany<User[]> = ({ sql }, ids) => readMentioned(sql, ids)

builder.prismaObjectField(MessageRef, 'mentions', (t) =>
  t.field({
    type: [UserRef],
    description: `The members mentioned as \`@username\`, in order of username: at most ${limits.mentionsMax}. Excludes the author, and users with a block between them and the author. Empty when the message is deleted or hidden.`,
    resolve: (message, _, context) =>
      message.deletedAt
        ? []
        : unlessHidden(context, message, () => load(context, mentionedByMessageIds, message.id), []),
  }),
)

eventRef('Mentioned').implement({
  description: 'A message mentions the viewer.',
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
