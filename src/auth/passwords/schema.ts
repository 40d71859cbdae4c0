import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { AuthPayloadRef, become, passwordRule, ViewerRef } from '../schema.ts'
import { changePassword, passwordsByUserIds } from './service.ts'

builder.objectField(ViewerRef, 'hasPassword', (t) =>
  t.boolean({
    description: 'True if the account has a password. Guests have none.',
    resolve: (viewer, _, context) => load(context, passwordsByUserIds, viewer.userId),
  }),
)

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'A new password.',
  fields: (t) => ({
    currentPassword: t.string({ description: 'The current password. Omit it only when the account has none.' }),
    newPassword: t.string({ required: true, description: `${passwordRule}.` }),
  }),
})

builder.mutationFields((t) => ({
  changePassword: t.field({
    type: AuthPayloadRef,
    description: 'Changes the password and ends all other sessions.',
    codes: [
      'UNAUTHENTICATED',
      'BAD_USER_INPUT',
      'BAD_CREDENTIALS',
      'RATE_LIMITED',
      'CONFLICT for guests',
      'FORBIDDEN in a session that was opened by the username alone',
    ],
    args: { input: t.arg({ type: ChangePasswordInput, required: true, description: 'The old and the new password.' }) },
    resolve: (_, { input }, context) => become(context, changePassword(context, input)),
  }),
}))
