import * as bcrypt from '@node-rs/bcrypt'
import { TypeID } from 'typeid-js'
import { expect } from 'vitest'
import { hashPassword } from '../../src/auth/passwords/hashing.ts'
import { signInLimits } from '../../src/config/auth.ts'
import { limits } from '../../src/config/config.ts'
import { attempt, enter, freshName, newUser, password, refusal, whose } from '../support/accounts.ts'
import { Client, guest, makeRoom, post, send } from '../support/client.ts'
import { test } from '../support/server.ts'

const uuidOf = (id: string) => TypeID.fromString(id).toUUID()

test('registering signs in, with the username in lower case and the display name as typed', async ({ one }) => {
  const name = freshName()
  const input = {
    username: ` ${name.toUpperCase()} `,
    password,
    email: ` ${name}@Example.ORG`,
    phone: '+6281234567890',
  }
  const grant = await enter(one, 'register', input)
  expect(grant.viewer).toMatchObject({
    user: { username: name, displayName: name.toUpperCase(), isGuest: false },
    email: `${name}@example.org`,
    phone: '+6281234567890',
    hasPassword: true,
    session: { isCurrent: true },
    sessions: [{ id: grant.viewer.session.id, isCurrent: true }],
  })
  expect(grant.viewer.user.id).toMatch(/^user_[0-9a-z]{26}$/)
  expect(grant.viewer.session.id).toMatch(/^session_[0-9a-z]{26}$/)
  expect(Date.parse(grant.accessTokenExpiresAt)).toBeGreaterThan(Date.now())
  expect(await whose(one, grant.accessToken)).toBe(grant.viewer.user.id)
})

test.for([
  ['full-width', 'ａlice'],
  ['zero-width', 'ali\u200bce'],
  ['an invisible character at the end', 'alice\ufeff'],
  ['a change of direction', '\u202eecila'],
  ['Cyrillic', 'аlice'],
  ['the Kelvin sign, which lower-cases to k', '\u212aelvin'],
  ['a dotless i', 'alıce'],
  ['a space inside', 'al ice'],
  ['a dot at the end', 'alice.'],
  ['a hyphen at the start', '-alice'],
  ['one letter', 'a'],
  ['nothing', ''],
  ['a letter too many', 'a'.repeat(limits.usernameLengthMax + 1)],
])('a username with %s is refused', async ([, username], { one }) => {
  const { errors } = await attempt(one, 'register', { username, password })
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'username' }] })
})

test('the longest username is accepted', async ({ one }) => {
  const username = freshName().padEnd(limits.usernameLengthMax, 'x')
  expect((await newUser(one, { username })).viewer.user.username).toBe(username)
})

test('all faults of an input are named at once', async ({ one }) => {
  const input = { username: 'a', password: 'short', displayName: ' ', email: 'nobody', phone: '0812', ...{} }
  const { errors } = await attempt(one, 'register', input)
  const fields = errors?.[0]?.extensions.fields as { path: string }[]
  expect(fields.map((field) => field.path)).toEqual(['username', 'password', 'displayName', 'email', 'phone'])
})

test('of many who register the same username at once one gets it', async ({ one, two }) => {
  const username = freshName()
  const input = { username, password }
  const answers = await Promise.all([one, two, one, two, one].map((server) => attempt(server, 'register', input)))
  expect(answers.filter(({ errors }) => !errors)).toHaveLength(1)
  const codes = answers.flatMap(({ errors }) => errors?.map((error) => error.extensions.code) ?? [])
  expect(codes).toEqual(Array(4).fill('USERNAME_TAKEN'))
})

test('a password has 8 to 256 characters', async ({ one }) => {
  for (const length of [limits.passwordLengthMin - 1, limits.passwordLengthMax + 1]) {
    const input = { username: freshName(), password: 'é'.repeat(length) }
    expect(await refusal(one, 'register', input)).toBe('BAD_USER_INPUT')
  }
  for (const length of [limits.passwordLengthMin, limits.passwordLengthMax]) {
    const input = { username: freshName(), password: '🐎'.repeat(length) }
    await enter(one, 'register', input)
    await enter(one, 'signIn', input)
  }
})

test('a password is taken exactly as given', async ({ one }) => {
  const username = freshName()
  await newUser(one, { username, password: ' ﬁsh and chips ' })
  expect(await refusal(one, 'signIn', { username, password: 'ﬁsh and chips' })).toBe('BAD_CREDENTIALS')
  expect(await refusal(one, 'signIn', { username, password: ' fish and chips ' })).toBe('BAD_CREDENTIALS')
  await enter(one, 'signIn', { username, password: ' ﬁsh and chips ' })
})

test('signing in works in upper case, on any server, and opens another session', async ({ one, two }) => {
  const first = await newUser(one)
  const username = first.viewer.user.username?.toUpperCase()
  const second = await enter(two, 'signIn', { username, password })
  expect(second.viewer.user.id).toBe(first.viewer.user.id)
  expect(second.viewer.sessions.map((session) => session.id).toSorted()).toEqual(
    [first.viewer.session.id, second.viewer.session.id].toSorted(),
  )
})

test('what follows a sign-in in one operation is judged as that of who signed in', async ({ one }) => {
  const [member, other] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(member)
  const enterAndDo = (rest: string, { refreshToken }: Client, token?: string) => {
    const query = `mutation ($refreshToken: String!, $roomId: ID!) {
      refreshSession(input: { refreshToken: $refreshToken }) { viewer { user { id } } }
      ${rest}
    }`
    return post(one, { query, variables: { refreshToken, roomId }, token })
  }
  const say = 'sendMessage(input: { roomId: $roomId, body: "Here" }) { message { room { lastMessage { body } } } }'
  expect((await enterAndDo(say, member)).data).toMatchObject({
    sendMessage: { message: { room: { lastMessage: { body: 'Here' } } } },
  })
  // the token of a member opens the room to nobody else
  const type = 'setTyping(input: { roomId: $roomId, isTyping: true }) { room { id } }'
  const { errors } = await enterAndDo(type, other, member.token)
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
})

test('no failed sign-in tells whether the account exists, in its answer or its time', async ({ one, start }) => {
  const open = await start({ passwordlessSignIn: true })
  const known = await newUser(one)
  const deleted = await newUser(one)
  const passwordless = await enter(open, 'register', { username: freshName() })
  const imported = await newUser(one)
  const hash = await bcrypt.hash('another password', 11)
  const { pool } = one.database
  await pool.query('update credentials set password_hash = $1 where user_id = $2', [
    hash,
    uuidOf(imported.viewer.user.id),
  ])
  await pool.query('update users set deleted_at = now() where id = $1', [uuidOf(deleted.viewer.user.id)])
  const names = [
    freshName(),
    'not a username',
    ...[known, deleted, passwordless, imported].map((grant) => grant.viewer.user.username),
  ]
  const answers: unknown[] = []
  for (const username of names) {
    const startedAt = performance.now()
    const input = { username, password: username === deleted.viewer.user.username ? password : 'wrong password' }
    answers.push(
      (await attempt(open, 'signIn', input)).errors?.map(({ message, extensions: { code } }) => ({ message, code })),
    )
    expect(performance.now() - startedAt).toBeGreaterThan(signInLimits.signInFailureMs - 5)
  }
  expect(answers).toEqual(names.map(() => [{ message: expect.any(String), code: 'BAD_CREDENTIALS' }]))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
})

test('what a failed sign-in waits in the queue does not eat up the time that hides what was checked', async ({
  one,
}) => {
  const ended: number[] = []
  const hashing = Array.from({ length: 60 }, () => hashPassword(password).then(() => ended.push(performance.now())))
  expect(await refusal(one, 'signIn', { username: freshName(), password })).toBe('BAD_CREDENTIALS')
  const answeredAt = performance.now()
  await Promise.all(hashing)
  // the sign-in came last: nearly all had ended when it had its turn
  const turnAt = ended[ended.length - signInLimits.hashesAtOnceMax] ?? answeredAt
  expect(answeredAt - turnAt).toBeGreaterThan(signInLimits.signInFailureMs / 10)
})

test.for(['2a', '2b'] as const)(
  'a $%s$ hash of an import opens the account and becomes argon2id',
  async (version, { one }) => {
    const { viewer } = await newUser(one)
    const userId = uuidOf(viewer.user.id)
    const hash = (await bcrypt.hash('imported password', 4)).replace(/^\$2.\$/, `$${version}$`)
    const { pool } = one.database
    await pool.query('update credentials set password_hash = $1 where user_id = $2', [hash, userId])
    const input = { username: viewer.user.username, password: 'imported password' }
    expect(await refusal(one, 'signIn', { ...input, password: 'imported passwort' })).toBe('BAD_CREDENTIALS')
    await Promise.all([enter(one, 'signIn', input), enter(one, 'signIn', input)])
    const { rows } = await pool.query('select password_hash from credentials where user_id = $1', [userId])
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await enter(one, 'signIn', input)
  },
)

test('without a password nobody registers or signs in unless the operator allows it', async ({ one, start }) => {
  const open = await start({ passwordlessSignIn: true })
  const { viewer } = await enter(open, 'register', { username: freshName() })
  expect(viewer.hasPassword).toBe(false)
  expect(await refusal(one, 'register', { username: freshName() })).toBe('PASSWORDLESS_DISABLED')
  expect(await refusal(one, 'signIn', { username: viewer.user.username })).toBe('PASSWORDLESS_DISABLED')
})

test('passwordless sign-in opens accounts without a password and no others', async ({ one, start }) => {
  const open = await start({ passwordlessSignIn: true })
  const { viewer } = await enter(open, 'register', { username: freshName() })
  expect((await enter(open, 'signIn', { username: viewer.user.username })).viewer.user.id).toBe(viewer.user.id)
  const guarded = await newUser(one)
  for (const given of [{}, { password: null }, { password: '' }]) {
    expect(await refusal(open, 'signIn', { username: guarded.viewer.user.username, ...given })).toBe('BAD_CREDENTIALS')
  }
  expect(await refusal(open, 'signIn', { username: freshName() })).toBe('BAD_CREDENTIALS')
})

test('guests come in only where the operator allows them', async ({ one, start }) => {
  const { viewer } = await enter(one, 'signInAsGuest', { displayName: ' Zoë ' })
  expect(viewer).toMatchObject({ user: { username: null, displayName: 'Zoë', isGuest: true }, hasPassword: false })
  const closed = await start({ guests: false })
  expect(await refusal(closed, 'signInAsGuest', { displayName: 'Zoë' })).toBe('GUESTS_DISABLED')
  expect(await refusal(one, 'signInAsGuest', { displayName: '\u202eeoZ' })).toBe('BAD_USER_INPUT')
})

test('a guest who registers keeps id, session, rooms and messages', async ({ one }) => {
  const before = await enter(one, 'signInAsGuest', { displayName: 'Zoë' })
  const guest = new Client(one, {
    token: before.accessToken,
    refreshToken: '',
    userId: before.viewer.user.id,
    name: 'Zoë',
  })
  const roomId = await makeRoom(guest)
  await send(guest, roomId, 'hello')
  const username = freshName()
  const after = await enter(one, 'upgradeGuest', { username, password }, before.accessToken)
  expect(after.viewer).toMatchObject({
    user: { id: before.viewer.user.id, username, displayName: 'Zoë', isGuest: false },
    session: { id: before.viewer.session.id },
    hasPassword: true,
  })
  const signedIn = await enter(one, 'signIn', { username, password })
  const { data } = await post(one, {
    query: `query ($roomId: ID!) { room(id: $roomId) { messages { nodes { body author { id username } } } } }`,
    variables: { roomId },
    token: signedIn.accessToken,
  })
  expect(data).toMatchObject({ room: { messages: { nodes: [{ body: 'hello', author: { username } }] } } })
})

test('only a guest can be upgraded, to a username that is free', async ({ one }) => {
  const taken = await newUser(one)
  const guest = await enter(one, 'signInAsGuest', { displayName: 'Zoë' })
  const upgrade = (username: unknown, token?: string) => refusal(one, 'upgradeGuest', { username, password }, token)
  expect(await upgrade(taken.viewer.user.username, guest.accessToken)).toBe('USERNAME_TAKEN')
  expect(await upgrade(freshName(), taken.accessToken)).toBe('CONFLICT')
  expect(await upgrade(freshName())).toBe('UNAUTHENTICATED')
})

test('a changed password ends all other sessions and every older refresh token', async ({ one, two }) => {
  const current = await newUser(one)
  const { username } = current.viewer.user
  const other = await enter(two, 'signIn', { username, password })
  expect(await whose(two, other.accessToken)).toBe(current.viewer.user.id)
  const wrong = { currentPassword: 'wrong password', newPassword: 'another password' }
  expect(await refusal(one, 'changePassword', wrong, current.accessToken)).toBe('BAD_CREDENTIALS')
  expect(await refusal(one, 'changePassword', { newPassword: 'another password' }, current.accessToken)).toBe(
    'BAD_CREDENTIALS',
  )
  const input = { currentPassword: password, newPassword: 'another password' }
  const changed = await enter(one, 'changePassword', input, current.accessToken)
  expect(changed.viewer.sessions).toEqual([{ id: current.viewer.session.id, isCurrent: true }])
  await expect.poll(() => whose(two, other.accessToken)).toBe('SESSION_EXPIRED')
  expect(await whose(one, current.accessToken)).toBe(current.viewer.user.id)
  for (const { refreshToken } of [current, other]) {
    expect(await refusal(one, 'refreshSession', { refreshToken })).toBe('SESSION_EXPIRED')
  }
  await enter(one, 'refreshSession', { refreshToken: changed.refreshToken })
  expect(await refusal(one, 'signIn', { username, password })).toBe('BAD_CREDENTIALS')
  await enter(one, 'signIn', { username, password: 'another password' })
})

test('an account without a password can be given one, and is then closed to passwordless sign-in', async ({
  start,
}) => {
  const open = await start({ passwordlessSignIn: true })
  const { accessToken, viewer } = await enter(open, 'register', { username: freshName() })
  const { username } = viewer.user
  await enter(open, 'changePassword', { newPassword: password }, accessToken)
  expect(await refusal(open, 'signIn', { username })).toBe('BAD_CREDENTIALS')
  await enter(open, 'signIn', { username, password })
})

test('a guest has no password to change', async ({ one }) => {
  const { accessToken } = await enter(one, 'signInAsGuest', { displayName: 'Zoë' })
  expect(await refusal(one, 'changePassword', { newPassword: password }, accessToken)).toBe('CONFLICT')
  expect(await refusal(one, 'changePassword', { newPassword: password })).toBe('UNAUTHENTICATED')
})
