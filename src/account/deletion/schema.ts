import { sessionExpired } from '../../auth/session-cache.ts'
import { builder } from '../../graphql/builder.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { deleteAccount } from './service.ts'

const DeleteAccountInput = builder.inputType('DeleteAccountInput', {
  description: 'The confirmation of a deletion by the password.',
  fields: (t) => ({
    password: t.string({ description: 'The password of the account. Omit it only when the account has none.' }),
    eraseMessages: t.boolean({
      description: 'True if the messages of the account are deleted too, as deleteMessage does. False when omitted.',
    }),
  }),
})

const DeleteAccountPayload = builder.objectRef<{ userId: string }>('DeleteAccountPayload').implement({
  description: 'The result of deleteAccount.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The deleted user, who stays as the author of their messages, without a name.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
  }),
})

builder.mutationField('deleteAccount', (t) =>
  t.field({
    type: DeleteAccountPayload,
    description:
      'Deletes the account of the viewer permanently. All sessions end, the username is freed, friendships and friend requests are deleted, and the user leaves every room, which may take some seconds more; ownership is handed over as in leaveRoom, and DIRECT rooms are archived. Messages, with their files and reactions, stay in their rooms as those of a deleted user, unless `eraseMessages` is true, which may take some seconds more. Other files and the avatar are deleted.',
    codes: ['UNAUTHENTICATED', 'BAD_USER_INPUT', 'BAD_CREDENTIALS', 'RATE_LIMITED'],
    args: { input: t.arg({ type: DeleteAccountInput, required: true, description: 'The password.' }) },
    resolve: async (_, { input }, context) => {
      const userId = await deleteAccount(context, input)
      // the rest of the operation runs without a viewer
      context.changeViewer({ viewer: null, viewerError: sessionExpired() })
      return { userId }
    },
  }),
)
