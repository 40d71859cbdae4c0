// E-mail addresses and phone numbers: nothing tells whether one is known, and one that is verified signs in.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { signInLimits } from '../../src/config/auth.ts'
import { attempt, enter, freshName, newUser, password, refusal, toClient } from '../support/accounts.ts'
import { guest, post, type Server } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { test, uuidOf } from '../support/members.ts'

const update = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { viewer { email emailVerifiedAt phone phoneVerifiedAt } }
}`

let numbers = 0
/** A kind of contact data, and how to make a value that nobody has. */
const kinds = [
  ['email', () => `${freshName()}@example.org`],
  ['phone', () => `+6281${String(++numbers).padStart(3, '0')}${String(Date.now()).slice(-7)}`],
] as const

/** Every door through which somebody gives contact data, and what it answers. */
const doors: Record<string, (server: Server, contact: Record<string, string>) => Promise<unknown>> = {
  register: (server, contact) => attempt(server, 'register', { username: freshName(), password, ...contact }),
  upgradeGuest: async (server, contact) =>
    attempt(server, 'upgradeGuest', { username: freshName(), password, ...contact }, (await guest(server)).token),
  updateProfile: async (server, contact) => toClient(server, await newUser(server)).attempt(update, { input: contact }),
}

test.for(Object.keys(doors).flatMap((door) => kinds.map(([kind]) => [door, kind] as const)))(
  '%s takes the %s of another account as any other, verified or not',
  async ([door, kind], { one, databaseUrl }) => {
    const fresh = kinds.find(([name]) => name === kind)?.[1] ?? (() => '')
    const shapeOf = async (value: string) => {
      const answer = JSON.stringify(await doors[door]?.(one, { [kind]: value }))
      return Object.keys(JSON.parse(answer).data ?? {}).concat(JSON.parse(answer).errors?.[0]?.message ?? [])
    }
    const known = fresh()
    const { viewer } = await newUser(one, { [kind]: known })
    const unknown = await shapeOf(fresh())
    expect(unknown).toEqual([door])
    expect(await shapeOf(known)).toEqual(unknown)
    await kabar(databaseUrl, ['users', 'verify', viewer.user.username ?? '', `--${kind}`])
    expect(await shapeOf(known)).toEqual(unknown)
  },
)

test.for(kinds)(
  'a verified %s signs in, and one that is not tells nothing',
  async ([kind, fresh], { one, databaseUrl }) => {
    const value = fresh()
    const owner = await newUser(one, { [kind]: value })
    const squatter = await newUser(one, { [kind]: value, password: 'another password' })
    const failures = [
      { username: value, password },
      { username: fresh(), password },
      { username: freshName(), password },
    ]
    const answers: unknown[] = []
    for (const input of failures) {
      const startedAt = performance.now()
      answers.push((await attempt(one, 'signIn', input)).errors?.map(({ message }) => message))
      expect(performance.now() - startedAt).toBeGreaterThan(signInLimits.signInFailureMs - 5)
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)

    const ran = await kabar(databaseUrl, ['users', 'verify', owner.viewer.user.username ?? '', `--${kind}`])
    expect(ran).toMatchObject({ code: 0, out: `Verified ${value} of ${owner.viewer.user.username}.` })
    const signedIn = await enter(one, 'signIn', { username: ` ${value.toUpperCase()}`, password })
    expect(signedIn.viewer.user.id).toBe(owner.viewer.user.id)
    if (kind === 'phone') {
      const spaced = value.replace(/^(...)(...)(....)/, '$1 ($2) $3-')
      expect((await enter(one, 'signIn', { username: spaced, password })).viewer.user.id).toBe(owner.viewer.user.id)
    }
    expect(await refusal(one, 'signIn', { username: value, password: 'another password' })).toBe('BAD_CREDENTIALS')
    // of what is verified only the operator hears that somebody else has it
    const conflict = await kabar(databaseUrl, ['users', 'verify', squatter.viewer.user.username ?? '', `--${kind}`])
    expect(conflict).toMatchObject({ code: 1, err: expect.stringContaining('Another account has verified this') })
    // and who takes the same value again keeps it verified, another value not
    const client = toClient(one, owner)
    type Updated = { updateProfile: { viewer: Record<string, string | null> } }
    const verifiedAt = async (input: Record<string, string>) =>
      (await client.call<Updated>(update, { input })).updateProfile.viewer[`${kind}VerifiedAt`]
    expect(await verifiedAt({ [kind]: value })).toEqual(expect.any(String))
    expect(await verifiedAt({ [kind]: fresh() })).toBeNull()
    expect(await refusal(one, 'signIn', { username: value, password })).toBe('BAD_CREDENTIALS')
  },
)

test('nobody signs in by contact data without a password', async ({ start, databaseUrl }) => {
  const open = await start({ passwordlessSignIn: true })
  const email = `${freshName()}@example.org`
  const { viewer } = await enter(open, 'register', { username: freshName(), email })
  await kabar(databaseUrl, ['users', 'verify', viewer.user.username ?? '', '--email'])
  expect(await refusal(open, 'signIn', { username: email })).toBe('BAD_CREDENTIALS')
})

test('the user is told that their contact data is verified, and sees it', async ({ one, databaseUrl }) => {
  const email = `${freshName()}@example.org`
  const ada = toClient(one, await newUser(one, { email }))
  const stream = ada.follow(
    'subscription { viewerEvents { ... on ProfileUpdated { email emailVerifiedAt phoneVerifiedAt } } }',
  )
  expect(await stream.nextData()).toEqual({ viewerEvents: {} })
  await kabar(databaseUrl, ['users', 'verify', ada.name, '--email'])
  const now = { email, emailVerifiedAt: expect.any(String), phoneVerifiedAt: null }
  expect(await stream.nextData()).toEqual({ viewerEvents: now })
  const { data } = await post(one, { query: '{ viewer { email emailVerifiedAt phoneVerifiedAt } }', token: ada.token })
  expect(data).toEqual({ viewer: now })
  expect((await kabar(databaseUrl, ['users', 'show', ada.name])).out).toMatch(/email +\S+ \(verified 2/)
})

test.for([
  [['users', 'verify', 'nobody-here', '--email'], 'There is no registered user'],
  [['users', 'verify', '%', '--phone'], 'phone: is missing'],
  [['users', 'verify', '%'], 'pass --email, --phone or both'],
] as const)('%j is refused: %s', async ([args, reason], { one, databaseUrl }) => {
  const { viewer } = await newUser(one)
  const given = args.map((arg) => (arg === '%' ? (viewer.user.username ?? '') : arg))
  expect(await kabar(databaseUrl, given)).toMatchObject({ code: 1, err: expect.stringContaining(reason) })
})

test('an import brings verified contact data, refuses what is verified already, and can be run again', async ({
  one,
  databaseUrl,
  db,
}) => {
  const [ada, bob, cyd] = [freshName(), freshName(), freshName()]
  const [email, phone] = [`${freshName()}@example.org`, `+62813${String(Date.now()).slice(-8)}`]
  const file = join(inject('scratchDir'), `${freshName()}.ndjson`)
  const accounts = [
    { username: ada, email, emailVerified: true, phone, phoneVerified: true },
    { username: bob, email, emailVerified: true },
    { username: cyd, email, phone, emailVerified: false },
  ]
  await writeFile(file, accounts.map((account) => JSON.stringify(account)).join('\n'))
  const first = await kabar(databaseUrl, ['users', 'import', file])
  expect(first.out).toBe('Imported 2, already present 0, refused 1.')
  expect(first.err).toBe('line 2: Another account has verified this e-mail address.')
  await kabar(databaseUrl, ['users', 'reset-password', ada], { stdin: `${password}\n` })
  for (const username of [email, phone]) {
    expect((await enter(one, 'signIn', { username, password })).viewer.user.username).toBe(ada)
  }
  expect((await kabar(databaseUrl, ['users', 'import', file])).out).toBe('Imported 0, already present 2, refused 1.')
  expect(await db.user.count({ where: { email, emailVerifiedAt: { not: null } } })).toBe(1)
})

test('a deleted account has no contact data, and lets go of what it had verified', async ({ one, databaseUrl, db }) => {
  const email = `${freshName()}@example.org`
  const [ada, bob] = [await newUser(one, { email }), await newUser(one, { email })]
  await kabar(databaseUrl, ['users', 'verify', ada.viewer.user.username ?? '', '--email'])
  const query = 'mutation ($password: String) { deleteAccount(input: { password: $password }) { user { id } } }'
  await post(one, { query, variables: { password }, token: ada.accessToken })
  const row = await db.user.findUniqueOrThrow({ where: { id: uuidOf(ada.viewer.user.id) } })
  expect(row).toMatchObject({ email: null, emailVerifiedAt: null })
  const ran = await kabar(databaseUrl, ['users', 'verify', bob.viewer.user.username ?? '', '--email'])
  expect(ran.code).toBe(0)
})
