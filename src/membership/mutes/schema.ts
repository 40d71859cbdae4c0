import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { MembershipRef, memberPayload } from '../schema.ts'
import { mutedUntilFor, muteMember } from './service.ts'

builder.objectField(MembershipRef, 'mutedUntil', (t) =>
  t.field({
    type: 'DateTime',
    nullable: true,
    description:
      'The end of the mute: until then the member may not send, edit or react. Null when not muted, and for viewers who are neither the member nor an admin.',
    resolve: (member, _, context) => mutedUntilFor(context, member),
  }),
)

const MuteMemberInput = builder.inputType('MuteMemberInput', {
  description: 'Mutes a member of a room, or lifts the mute.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The member.' }),
    until: t.field({
      type: 'DateTime',
      description: `The end of the mute, at most ${limits.muteDaysMax} days from now. Null lifts the mute.`,
    }),
  }),
})

builder.mutationField('muteMember', (t) =>
  t.field({
    type: memberPayload('MuteMemberPayload', 'The result of muteMember.'),
    description:
      'Mutes a member, who may then not send, edit or react until a given time, or lifts the mute. Requires a higher role than that of the member. A mute ends when its member becomes the owner.',
    codes: ['NOT_FOUND, also when the user is not a member', 'FORBIDDEN', 'BAD_USER_INPUT'],
    args: { input: t.arg({ type: MuteMemberInput, required: true, description: 'The member and the time.' }) },
    resolve: (_, { input }, context) => muteMember(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
  }),
)
