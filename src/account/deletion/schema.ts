import { sessionExpired } from '../../auth/session-cache.ts'
import { builder } from '../../graphql/builder.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { deleteAccount } from './service.ts'

const DeleteAccountInput = builder.inputType('DeleteAccountInput', {
  description: 'What proves that it is the viewer who wants to be deleted.',
  fields: (t) => ({
    password: t.string({ description: 'The password of the account. Missing only where it has none.' }),
  }),
})

const DeleteAccountPayload = builder.objectRef<{ userId: string }>('DeleteAccountPayload').implement({
  description: 'The result of deleteAccount.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'What is left: the author of the messages that they have sent, without a name.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
  }),
})

builder.mutationField('deleteAccount', (t) =>
  t.field({
    type: DeleteAccountPayload,
    description:
      'Deletes the account of the viewer for ever. All sessions end, the username is free again, friends and requests are gone, and every room is left, which may take some seconds more; an owner hands over as in leaveRoom, and DIRECT rooms are archived. Messages, with their files and reactions, stay part of their rooms as those of a deleted user; delete them before, if they are to go. Other files and the avatar are deleted. Errors: UNAUTHENTICATED, BAD_CREDENTIALS, RATE_LIMITED.',
    args: { input: t.arg({ type: DeleteAccountInput, required: true, description: 'The password.' }) },
    resolve: async (_, { input }, context) => {
      const userId = await deleteAccount(context, input)
      // what follows in the same operation is asked by nobody
      context.changeViewer({ viewer: null, viewerError: sessionExpired() })
      return { userId }
    },
  }),
)
