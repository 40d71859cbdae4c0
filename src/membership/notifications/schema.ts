import { builder } from '../../graphql/builder.ts'
import { isViewer } from '../../graphql/context.ts'
import { parseIds } from '../../input/ids.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { setNotifications } from './service.ts'

const NotificationLevelRef = builder.enumType('NotificationLevel', {
  description: 'The messages of a room for which a member wants notifications.',
  values: {
    ALL: { description: 'All messages.' },
    MENTIONS: { description: 'Only messages that mention the member.' },
    NONE: { description: 'No messages.' },
  } as const,
})

builder.objectField(MembershipRef, 'notifications', (t) =>
  t.field({
    type: NotificationLevelRef,
    description: 'The messages for which the member wants notifications. Private: other viewers always see ALL.',
    resolve: (member, _, context) => (isViewer(context, member.userId) ? member.notifications : 'ALL'),
  }),
)

builder.objectField(MembershipRef, 'mentionedByReplies', (t) =>
  t.boolean({
    description:
      'True if a reply to a message of the member counts as a mention. Private: other viewers always see true.',
    resolve: (member, _, context) => !isViewer(context, member.userId) || member.mentionedByReplies,
  }),
)

const SetNotificationsInput = builder.inputType('SetNotificationsInput', {
  description: 'Sets the notification level of a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    level: t.field({ type: NotificationLevelRef, required: true, description: 'The notification level.' }),
    mentionedByReplies: t.boolean({
      description: 'True if replies to messages of the viewer count as mentions. Unchanged when omitted.',
    }),
  }),
})

builder.mutationField('setNotifications', (t) =>
  t.field({
    type: memberPayload('SetNotificationsPayload', 'The result of setNotifications.'),
    description:
      'Sets the notification level of the viewer in a room, and whether replies mention them. Other users do not see it.',
    codes: ['NOT_FOUND', 'FORBIDDEN'],
    args: { input: t.arg({ type: SetNotificationsInput, required: true, description: 'The room and the level.' }) },
    resolve: (_, { input }, context) => setNotifications(context, parseIds(input, { roomId: 'Room' })),
  }),
)
