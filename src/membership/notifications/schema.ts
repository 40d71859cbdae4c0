import { builder } from '../../graphql/builder.ts'
import { parseId } from '../../input/ids.ts'
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
    resolve: (member, _, context) => (context.viewer?.userId === member.userId ? member.notifications : 'ALL'),
  }),
)

const SetNotificationsInput = builder.inputType('SetNotificationsInput', {
  description: 'Sets the notification level of a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    level: t.field({ type: NotificationLevelRef, required: true, description: 'The notification level.' }),
  }),
})

builder.mutationField('setNotifications', (t) =>
  t.field({
    type: memberPayload('SetNotificationsPayload', 'The result of setNotifications.'),
    description:
      'Sets the notification level of the viewer in a room. Other users do not see it. Errors: NOT_FOUND, FORBIDDEN.',
    args: { input: t.arg({ type: SetNotificationsInput, required: true, description: 'The room and the level.' }) },
    resolve: (_, { input }, context) =>
      setNotifications(context, { roomId: parseId('Room', input.roomId, 'roomId'), level: input.level }),
  }),
)
