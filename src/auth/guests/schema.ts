import { builder } from '../../graphql/builder.ts'
import { AuthPayloadRef, accountFields, become, displayNameRule } from '../schema.ts'
import { countSignIn } from '../sign-in-metrics.ts'
import { signInAsGuest, upgradeGuest } from './service.ts'

const UpgradeGuestInput = builder.inputType('UpgradeGuestInput', {
  description: 'The account data of a guest who registers.',
  fields: (t) => ({
    ...accountFields(t),
    displayName: t.string({ description: `The name to show: ${displayNameRule}. It stays as it is when omitted.` }),
  }),
})

const SignInAsGuestInput = builder.inputType('SignInAsGuestInput', {
  description: 'The display name of a guest.',
  fields: (t) => ({
    displayName: t.string({ required: true, description: `The name to show: ${displayNameRule}.` }),
  }),
})

builder.mutationFields((t) => ({
  signInAsGuest: t.field({
    type: AuthPayloadRef,
    description: 'Creates a guest account with only a display name, and signs it in.',
    codes: ['GUESTS_DISABLED', 'BAD_USER_INPUT', 'RATE_LIMITED'],
    args: { input: t.arg({ type: SignInAsGuestInput, required: true, description: 'The name to show.' }) },
    resolve: (_, { input }, context) => become(context, countSignIn(context, 'guest', signInAsGuest(context, input))),
  }),
  upgradeGuest: t.field({
    type: AuthPayloadRef,
    description: 'Registers the guest who is signed in. They keep id, rooms, history and session.',
    codes: [
      'UNAUTHENTICATED',
      'CONFLICT when already registered',
      'RATE_LIMITED',
      'BAD_USER_INPUT',
      'USERNAME_TAKEN, as in register',
      'PASSWORDLESS_DISABLED',
    ],
    args: { input: t.arg({ type: UpgradeGuestInput, required: true, description: 'Username and password.' }) },
    resolve: (_, { input }, context) => become(context, upgradeGuest(context, input)),
  }),
}))
