import { builder } from '../../graphql/builder.ts'
import { parseId } from '../../input/ids.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { setNotifications } from './service.ts'

const NotificationLevelRef = builder.enumType('NotificationLevel', {
  description: 'Which messages of a room a member wants to be told of.',
  values: {
    ALL: { description: 'All of them.' },
    MENTIONS: { description: 'Only those that mention the member.' },
    NONE: { description: 'None.' },
  } as const,
})

builder.objectField(MembershipRef, 'notifications', (t) =>
  t.field({
    type: NotificationLevelRef,
    description:
      'Which messages the member wants to be told of. Nobody but the member sees what they chose: for all others it is ALL.',
    resolve: (member, _, context) => (context.viewer?.userId === member.userId ? member.notifications : 'ALL'),
  }),
)

const SetNotificationsInput = builder.inputType('SetNotificationsInput', {
  description: 'Which messages of which room to be told of.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    level: t.field({ type: NotificationLevelRef, required: true, description: 'Which messages.' }),
  }),
})

builder.mutationField('setNotifications', (t) =>
  t.field({
    type: memberPayload('SetNotificationsPayload', 'The result of setNotifications.'),
    description:
      'Says which messages of a room the viewer wants to be told of. Nobody else sees it. Errors: NOT_FOUND, FORBIDDEN.',
    args: { input: t.arg({ type: SetNotificationsInput, required: true, description: 'The room and the level.' }) },
    resolve: (_, { input }, context) =>
      setNotifications(context, { roomId: parseId('Room', input.roomId, 'roomId'), level: input.level }),
  }),
)
