import type { KeyState } from '../../auth/keyring.ts'
import { builder } from '../../graphql/builder.ts'
import { OperatorRef } from '../schema.ts'
import { type KeyInfo, listKeysForOperator, rotateSigningKeys } from './service.ts'

const states: Record<KeyState, { description: string }> = {
  WAITING: { description: 'Published, and not signing yet.' },
  SIGNING: { description: 'Signs.' },
  VERIFYING: { description: 'Verifies the tokens that it has signed.' },
  RETIRED: { description: 'No longer needed; the next rotation deletes it.' },
}

const KeyStateRef = builder.enumType('SigningKeyState', { description: 'The state of a key.', values: states })

const SigningKeyRef = builder.objectRef<KeyInfo>('SigningKey').implement({
  description: 'A key that signs access tokens: nothing secret of it.',
  fields: (t) => ({
    id: t.id({ description: 'Its thumbprint, the `kid` of tokens.', resolve: ({ kid }) => kid }),
    activeAt: t.expose('activeAt', { type: 'DateTime', description: 'When it begins to sign.' }),
    state: t.expose('state', { type: KeyStateRef, description: 'Its state.' }),
  }),
})

builder.objectField(OperatorRef, 'signingKeys', (t) =>
  t.field({
    type: [SigningKeyRef],
    description: 'The keys of access tokens, newest first.',
    resolve: (_, __, context) => listKeysForOperator(context),
  }),
)

const RotateSigningKeysPayload = builder.objectRef<{ keys: KeyInfo[] }>('RotateSigningKeysPayload').implement({
  description: 'The result of rotateSigningKeys.',
  fields: (t) => ({ keys: t.expose('keys', { type: [SigningKeyRef], description: 'All keys, newest first.' }) }),
})

builder.mutationField('rotateSigningKeys', (t) =>
  t.field({
    type: RotateSigningKeysPayload,
    description:
      'Publishes new keys for access tokens and file URLs, which sign some minutes later; what older keys signed stays valid. Requires an operator.',
    codes: ['FORBIDDEN'],
    resolve: async (_, __, context) => ({ keys: await rotateSigningKeys(context) }),
  }),
)
