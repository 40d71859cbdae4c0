import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { MemberRoleRef, memberPayload } from '../schema.ts'
import { setMemberRole } from './service.ts'

const SetMemberRoleInput = builder.inputType('SetMemberRoleInput', {
  description: 'Changes the role of a member.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The member.' }),
    role: t.field({ type: MemberRoleRef, required: true, description: 'ADMIN or MEMBER.' }),
  }),
})

builder.mutationFields((t) => ({
  setMemberRole: t.field({
    type: memberPayload('SetMemberRolePayload', 'The result of setMemberRole.'),
    description: 'Makes a member an admin, or an admin a member. Requires OWNER.',
    codes: [
      'NOT_FOUND, also when the user is not a member',
      'FORBIDDEN',
      'BAD_USER_INPUT for the role OWNER (use transferOwnership) and for yourself',
    ],
    args: { input: t.arg({ type: SetMemberRoleInput, required: true, description: 'The member and the role.' }) },
    resolve: (_, { input }, context) => setMemberRole(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
  }),
}))
