import type { ServiceContext } from '../../../access/context.ts'
import { auditLimits } from '../../../config/audit.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseIds } from '../../../input/ids.ts'
import { OperatorUserRef } from '../schema.ts'
import {
  deleteUserAccount,
  endUserSessions,
  type OfUser,
  resetUserPassword,
  restoreUser,
  suspendUser,
} from './service.ts'

const changes = {
  restoreUser: { change: restoreUser, does: 'Restores a suspended account. Its sessions stay ended' },
  endUserSessions: { change: endUserSessions, does: 'Ends all sessions of an account' },
  deleteUserAccount: {
    change: deleteUserAccount,
    does: 'Deletes an account permanently, as deleteAccount does. Its messages stay',
  },
} as const

const may = 'Requires an operator; accounts of operators are changed on the command line.'

const titleOf = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

const inputOf = (name: string) =>
  builder.inputType(`${titleOf(name)}Input`, {
    description: `The account of ${name}.`,
    fields: (t) => ({ userId: t.id({ required: true, description: 'The account.' }) }),
  })

const payloadOf = (name: string) =>
  builder.objectRef<{ user: User }>(`${titleOf(name)}Payload`).implement({
    description: `The result of ${name}.`,
    fields: (t) => ({ user: t.expose('user', { type: OperatorUserRef, description: 'The account as it is now.' }) }),
  })

for (const [name, { change, does }] of Object.entries(changes)) addChange(name, { change, does })

/** Adds a mutation that changes one account. */
function addChange(
  name: string,
  { change, does }: { change: (context: ServiceContext, input: OfUser) => Promise<User>; does: string },
): void {
  builder.mutationField(name, (t) =>
    t.field({
      type: payloadOf(name),
      description: `${does}. ${may}`,
      codes: ['FORBIDDEN', 'NOT_FOUND'],
      args: { input: t.arg({ type: inputOf(name), required: true, description: 'The account.' }) },
      resolve: async (_, { input }, context) => ({
        user: await change(context, parseIds(input, { userId: 'User' })),
      }),
    }),
  )
}

const SuspendUserInput = builder.inputType('SuspendUserInput', {
  description: 'The account of suspendUser, and why.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'The account.' }),
    reason: t.string({
      description: `Kept in the security event, and so in the data export of the user: at most ${auditLimits.detailLengthMax} characters.`,
    }),
  }),
})

builder.mutationField('suspendUser', (t) =>
  t.field({
    type: payloadOf('suspendUser'),
    description: `Suspends an account: all its sessions and subscriptions end within 5 seconds, and it cannot sign in. ${may}`,
    codes: ['FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT'],
    args: { input: t.arg({ type: SuspendUserInput, required: true, description: 'The account, and why.' }) },
    resolve: async (_, { input }, context) => ({
      user: await suspendUser(context, parseIds(input, { userId: 'User' })),
    }),
  }),
)

const ResetUserPasswordPayload = builder
  .objectRef<{ user: User; password: string }>('ResetUserPasswordPayload')
  .implement({
    description: 'The result of resetUserPassword.',
    fields: (t) => ({
      user: t.expose('user', { type: OperatorUserRef, description: 'The account.' }),
      password: t.exposeString('password', { description: 'The new password. It is shown only here.' }),
    }),
  })

builder.mutationField('resetUserPassword', (t) =>
  t.field({
    type: ResetUserPasswordPayload,
    description: `Gives an account a new random password, and ends all its sessions. ${may}`,
    codes: ['FORBIDDEN', 'NOT_FOUND', 'RATE_LIMITED', 'BAD_USER_INPUT for a guest'],
    args: { input: t.arg({ type: inputOf('resetUserPassword'), required: true, description: 'The account.' }) },
    resolve: (_, { input }, context) => resetUserPassword(context, parseIds(input, { userId: 'User' })),
  }),
)
