// PASSWORDLESS_SIGN_IN: who knows only the name of an account can be its user, but not take it from them.

import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { attempt, enter, freshName, password, refusal, toClient, whose } from '../support/accounts.ts'
import { makeRoom } from '../support/client.ts'
import { test } from '../support/members.ts'

/** Actions that would take an account, or its data, from its owner. */
const takings: Record<string, readonly [string, (given: Given) => Record<string, unknown>]> = {
  changePassword: [
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken } }',
    () => ({ newPassword: password }),
  ],
  deleteAccount: [
    'mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { user { id } } }',
    () => ({}),
  ],
  'updateProfile email': [
    'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { viewer { email } } }',
    () => ({ email: 'thief@example.org' }),
  ],
  'updateProfile phone': [
    'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { viewer { phone } } }',
    () => ({ phone: null }),
  ],
  revokeSession: [
    'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { session { id } } }',
    ({ sessionId }) => ({ sessionId }),
  ],
  transferOwnership: [
    'mutation ($input: TransferOwnershipInput!) { transferOwnership(input: $input) { room { id } } }',
    ({ roomId, userId }) => ({ roomId, userId }),
  ],
  deleteRoom: [
    'mutation ($input: DeleteRoomInput!) { deleteRoom(input: $input) { roomId } }',
    ({ roomId }) => ({ roomId }),
  ],
}

interface Given {
  /** The session in which the account was made. */
  readonly sessionId: string
  readonly roomId: string
  /** Somebody in that room. */
  readonly userId: string
}

test.for(Object.keys(takings))(
  '%s is refused to who knew only the name, also after a refresh',
  async (name, { start }) => {
    const open = await start({ passwordlessSignIn: true })
    const first = await enter(open, 'register', { username: freshName() })
    const owner = toClient(open, first)
    const member = toClient(open, await enter(open, 'register', { username: freshName() }))
    const roomId = await makeRoom(owner, [member])
    const [mutation, inputOf] = takings[name] ?? ['', () => ({})]
    const input = inputOf({ sessionId: first.viewer.session.id, roomId, userId: member.userId })
    const byName = await enter(open, 'signIn', { username: owner.name })
    expect(await toClient(open, byName).fail(mutation, { input })).toBe('FORBIDDEN')
    const refreshed = await enter(open, 'refreshSession', { refreshToken: byName.refreshToken })
    expect(await toClient(open, refreshed).fail(mutation, { input })).toBe('FORBIDDEN')
    expect(await whose(open, first.accessToken)).toBe(owner.userId)
    // the session in which the account was made may, after a refresh too
    const again = await enter(open, 'refreshSession', { refreshToken: first.refreshToken })
    await toClient(open, again).call(mutation, { input })
  },
)

test('many who sign in by the name push out each other, and not who made the account', async ({ start }) => {
  const open = await start({ passwordlessSignIn: true })
  const first = await enter(open, 'register', { username: freshName() })
  const { username } = first.viewer.user
  const oldest = await enter(open, 'signIn', { username })
  for (let signIns = 0; signIns < limits.sessionsPerUserMax; signIns++) await enter(open, 'signIn', { username })
  expect(await whose(open, first.accessToken)).toBe(first.viewer.user.id)
  await expect.poll(() => whose(open, oldest.accessToken)).toBe('SESSION_EXPIRED')
})

test('who knew only the name ends their own session and those of others who did', async ({ start }) => {
  const open = await start({ passwordlessSignIn: true })
  const { viewer } = await enter(open, 'register', { username: freshName() })
  const [one, two] = [
    await enter(open, 'signIn', { username: viewer.user.username }),
    await enter(open, 'signIn', { username: viewer.user.username }),
  ]
  const revoke = 'mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { session { id } } }'
  await toClient(open, one).call(revoke, { id: two.viewer.session.id })
  await toClient(open, one).call('mutation { signOut { session { id } } }')
})

test('a session of a password is no session of a name', async ({ start }) => {
  const open = await start({ passwordlessSignIn: true })
  const first = await enter(open, 'register', { username: freshName() })
  const { username } = first.viewer.user
  const byName = await enter(open, 'signIn', { username })
  await enter(open, 'changePassword', { newPassword: password }, first.accessToken)
  await expect.poll(() => whose(open, byName.accessToken)).toBe('SESSION_EXPIRED')
  const byPassword = await enter(open, 'signIn', { username, password })
  const change = { currentPassword: password, newPassword: 'another password' }
  await enter(open, 'changePassword', change, byPassword.accessToken)
  expect(await refusal(open, 'signIn', { username })).toBe('BAD_CREDENTIALS')
  expect((await attempt(open, 'signIn', { username, password: 'another password' })).errors).toBeUndefined()
})
