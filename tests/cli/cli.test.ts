import { spawn } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, describe, expect, inject, onTestFinished, vi } from 'vitest'
import { listActions } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { demoPassword } from '../../src/cli/demo-world.ts'
import { signInLimits } from '../../src/config/auth.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { lockFolder } from '../../src/embedded-postgres/folder-lock.ts'
import { enter, freshName, newUser, password, refusal, whose } from '../support/accounts.ts'
import { post } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { test, uuidOf } from '../support/members.ts'
import { openInitialised } from '../support/raw-socket.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('every command', () => {
  test.for(listActions(commands).map(({ call }) => call.split(/ (?=[A-Z[])/)[0] ?? ''))(
    '%s tells how it is used, and refuses what it does not know',
    async (name, { databaseUrl }) => {
      const words = name.split(' ')
      const help = await kabar(databaseUrl, [...words, '--help'])
      expect(help).toEqual({ code: 0, err: '', out: expect.stringContaining(`Usage: npm run kabar -- ${name}`) })
      // it hands on what it is given
      if (help.out.includes('ARGS…')) return
      const unknown = await kabar(databaseUrl, [...words, '--loud'])
      expect(unknown).toEqual({ code: 1, out: '', err: expect.stringContaining("Unknown option '--loud'") })
      expect(unknown.err).toContain(`Usage: npm run kabar -- ${name}`)
      const tooMany = await kabar(databaseUrl, [...words, 'a', 'b', 'c'])
      expect(tooMany).toEqual({ code: 1, out: '', err: expect.stringContaining('It takes ') })
    },
  )

  test.for([
    [[], 0, 'users import'.slice(0, 5)],
    [['--help'], 0, 'Usage: npm run kabar -- COMMAND'],
    [['paint'], 1, 'Unknown command "paint".'],
    [['toString'], 1, 'Unknown command "toString".'],
    [['users'], 1, 'An action is missing.'],
    [['users', 'toString'], 1, 'Unknown action "toString".'],
    [['users', '--help'], 0, 'show USERNAME'],
    [['categories', 'add', 'tea'], 1, 'It takes SLUG and NAME: put values with spaces in quotes.'],
    [['categories', 'add', 'tea', 'Tea', 'and', 'cups'], 1, 'in quotes'],
    [['categories', 'list', '--parent', 'x'], 1, '--parent'],
    [['regions', 'list', 'all'], 1, 'It takes no arguments: unexpected "all".'],
    [['regions', 'list', '--parent'], 1, 'argument missing'],
    [['migrate', 'now'], 1, 'It takes no arguments'],
  ] as const)('%j ends with %d', async ([args, code, said], { databaseUrl }) => {
    const ran = await kabar(databaseUrl, args)
    expect(code === 0 ? ran.out : ran.err).toContain(said)
    expect(ran.code).toBe(code)
  })

  test('is reached by `npm run kabar`, with faults on stderr and the exit code 1', async ({ databaseUrl }) => {
    const main = new URL('../../src/cli/main.ts', import.meta.url).pathname
    const env = { DATABASE_URL: databaseUrl, KABAR_DATA: join(inject('scratchDir'), 'cli'), LOG_LEVEL: 'silent' }
    const child = spawn(process.execPath, [main, 'users', 'reset-password', 'nobody'], { env })
    child.stdin.end('a password of a child\n')
    const [out, err, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once('exit', resolve)),
    ])
    expect({ out, err, code }).toEqual({ out: '', err: 'There is no registered user "nobody".\n', code: 1 })
  })

  test('says what is wrong with the settings', async ({ databaseUrl }) => {
    const ran = await kabar(databaseUrl, ['migrate'], { env: { PORT: 'many' } })
    expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringContaining('PORT=many') })
  })

  test('says which database it cannot reach, without its password', async ({ databaseUrl }) => {
    const env = { DATABASE_URL: 'postgresql://someone:secret@127.0.0.1:1/kabar' }
    const { code, err } = await kabar(databaseUrl, ['keys', 'list'], { env })
    expect(code).toBe(1)
    expect(err).toContain('cannot open its database')
    expect(err).not.toContain('secret')
  })
})

test('migrate brings an empty database up to date, and then has nothing to do', async ({ one, databaseUrl }) => {
  const { pool } = one.database
  const empty = `empty_${freshName()}`
  await pool.query(`create database ${empty}`)
  const url = new URL(databaseUrl)
  url.pathname = `/${empty}`
  expect(await kabar(url.href, ['migrate'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Applied 0001_init\.$/m),
  })
  expect(await kabar(url.href, ['migrate'])).toMatchObject({ code: 0, out: 'The database is up to date.' })
  await pool.query(`drop database ${empty} with (force)`)
})

test('the embedded PostgreSQL is found while a server runs it, and started when none does', async ({ databaseUrl }) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kabar-cli-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const env = { DATABASE_URL: '', KABAR_DATA: dataDir }
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false })
  expect(await kabar(databaseUrl, ['migrate'], { env })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Applied/),
  })
  await postgres.close()
  expect(await kabar(databaseUrl, ['migrate'], { env })).toMatchObject({ code: 0, out: 'The database is up to date.' })
  const lock = await lockFolder(await realpath(dataDir))
  expect(await kabar(databaseUrl, ['migrate'], { env })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/already in use: another Kabar process .* Stop the other one/),
  })
  await lock?.release()
})

describe('token', () => {
  test('prints a token of a user that is good on every server, for as long as it says', async ({
    one,
    two,
    databaseUrl,
    db,
  }) => {
    const username = freshName()
    const { viewer } = await newUser(one, { username })
    const { code, out } = await kabar(databaseUrl, ['token', username, '--minutes', '90'])
    expect(code).toBe(0)
    expect(await whose(one, out)).toBe(viewer.user.id)
    expect(await whose(two, out)).toBe(viewer.user.id)
    const session = await db.session.findFirstOrThrow({ where: { userAgent: 'kabar token' } })
    expect(session.expiresAt.getTime() - session.createdAt.getTime()).toBe(90 * 60_000)
    const { exp = 0, iat = 0 } = decodeJwt(out)
    expect(exp - iat).toBe(90 * 60)
  })

  test.for(['0', '1441', '1.5', 'x', ''])('is not made for %j minutes', async (minutes, { databaseUrl }) => {
    const ran = await kabar(databaseUrl, ['token', 'ada', '--minutes', minutes])
    expect(ran).toEqual({ code: 1, out: '', err: 'minutes: must be an integer from 1 to 1440' })
  })

  test('is not made for nobody', async ({ databaseUrl }) => {
    const ran = await kabar(databaseUrl, ['token', 'nobody'])
    expect(ran).toEqual({ code: 1, out: '', err: 'There is no registered user "nobody".' })
  })
})

test('keys rotate while servers run, and tokens of both keys are good on all of them', async ({
  one,
  two,
  databaseUrl,
  db,
}) => {
  const username = freshName()
  const before = await newUser(one, { username })
  expect((await kabar(databaseUrl, ['keys', 'rotate'])).out).toMatch(/less than 5 minutes ago. Nothing was changed/)
  const age = () => db.$executeRaw`
    update signing_keys set created_at = created_at - interval '301 s', active_at = active_at - interval '301 s'`
  expect(signInLimits.keyPublishedMs).toBe(300_000)
  await age()
  const rotated = await kabar(databaseUrl, ['keys', 'rotate'])
  expect(rotated).toMatchObject({ code: 0, out: expect.stringMatching(/^Published \S+\. It signs from .* on/) })
  expect((await kabar(databaseUrl, ['keys', 'list'])).out).toMatch(/ not signing yet\n.* signs$/)
  await age()
  const { out: after } = await kabar(databaseUrl, ['token', username])
  const kidOf = (token: string) => decodeProtectedHeader(token).kid
  expect(kidOf(after)).not.toBe(kidOf(before.accessToken))
  expect((await kabar(databaseUrl, ['keys', 'list'])).out).toMatch(
    new RegExp(`^${kidOf(after)}.* signs\n${kidOf(before.accessToken)}.* verifies the tokens`),
  )
  for (const server of [one, two]) {
    for (const token of [before.accessToken, after]) {
      // a server that has read its keys within this second looks for an unknown one in the next
      await expect.poll(() => whose(server, token)).toBe(before.viewer.user.id)
    }
  }
})

describe('users', () => {
  test('show says what there is about an account', async ({ one, databaseUrl }) => {
    const username = freshName()
    const { viewer } = await newUser(one, { username, displayName: 'Ada', email: `${username}@example.org` })
    const { code, out } = await kabar(databaseUrl, ['users', 'show', username.toUpperCase()])
    expect(code).toBe(0)
    expect(out).toContain(`id        ${viewer.user.id}\nusername  ${username}\nname      Ada\nemail     ${username}@`)
    expect(out).toContain('phone     none\npassword  yes\nsessions  1\nrooms     0\n')
    expect((await kabar(databaseUrl, ['users', 'show', 'no body'])).code).toBe(1)
  })

  test('reset-password takes it from stdin, and ends all sessions and sockets', async ({ one, two, databaseUrl }) => {
    const username = freshName()
    const { accessToken: token, refreshToken } = await newUser(one, { username })
    const socket = await openInitialised(two, token)
    const stdin = 'a better password\r\n'
    const ran = await kabar(databaseUrl, ['users', 'reset-password', username], { stdin })
    expect(ran).toEqual({ code: 0, out: `The password of ${username} was changed, and 1 session(s) ended.`, err: '' })
    expect(await socket.closed).toBe(4403)
    expect(await whose(one, token)).toBe('SESSION_EXPIRED')
    expect(await refusal(one, 'refreshSession', { refreshToken })).toBe('SESSION_EXPIRED')
    expect(await refusal(one, 'signIn', { username, password })).toBe('BAD_CREDENTIALS')
    await enter(two, 'signIn', { username, password: 'a better password' })
  })

  test('reset-password makes one and prints it', async ({ one, databaseUrl }) => {
    const username = freshName()
    await newUser(one, { username })
    const { out } = await kabar(databaseUrl, ['users', 'reset-password', username, '--generate'])
    const [, made] = /The new password is (\S{20})$/.exec(out) ?? []
    await enter(one, 'signIn', { username, password: made })
  })

  test('reset-password refuses a password that registration would refuse', async ({ one, databaseUrl }) => {
    const username = freshName()
    await newUser(one, { username })
    const ran = await kabar(databaseUrl, ['users', 'reset-password', username], { stdin: 'short\n' })
    expect(ran).toEqual({ code: 1, out: '', err: expect.stringMatching(/^newPassword: has 8 to 256/) })
    await enter(one, 'signIn', { username, password })
  })
})

test('users delete asks to be meant, and then deletes the account', async ({ one, databaseUrl, db }) => {
  const username = freshName()
  const { accessToken, viewer } = await newUser(one, { username })
  const asked = await kabar(databaseUrl, ['users', 'delete', username])
  expect(asked).toEqual({ code: 1, out: '', err: expect.stringContaining('pass --yes') })
  expect(await whose(one, accessToken)).toBe(viewer.user.id)
  const ran = await kabar(databaseUrl, ['users', 'delete', username, '--yes'])
  expect(ran).toEqual({ code: 0, out: expect.stringContaining(`Deleted ${username}.`), err: '' })
  await expect.poll(() => whose(one, accessToken)).toBe('SESSION_EXPIRED')
  expect(await db.user.findUnique({ where: { id: uuidOf(viewer.user.id) } })).toMatchObject({ username: null })
  expect(await refusal(one, 'signIn', { username, password })).toBe('BAD_CREDENTIALS')
})

test('prune removes what is kept no longer, and tells how much', async ({ one, databaseUrl, db }) => {
  const { viewer } = await newUser(one)
  const { pool } = one.database
  await pool.query(
    `update sessions set created_at = now() - interval '3 years', last_used_at = now() - interval '2 years',
       expires_at = now() - interval '2 years'
     where id = $1`,
    [uuidOf(viewer.session.id)],
  )
  expect(await kabar(databaseUrl, ['prune'])).toEqual({
    code: 0,
    out: expect.stringContaining('Removed sessions: 1'),
    err: '',
  })
  expect(await db.session.count({ where: { id: uuidOf(viewer.session.id) } })).toBe(0)
  expect(await kabar(databaseUrl, ['prune'])).toEqual({ code: 0, out: 'Nothing to remove.', err: '' })
})

test('seed fills the database, and a second run changes nothing', async ({ one, databaseUrl, db }) => {
  const first = await kabar(databaseUrl, ['seed'])
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('Sign in as ada'), err: '' })
  const messages = await db.message.count()
  expect(await kabar(databaseUrl, ['seed'])).toEqual(first)
  expect(await db.message.count()).toBe(messages)
  await enter(one, 'signIn', { username: 'ada', password: demoPassword })
})

test('seed does not run in production', async ({ databaseUrl }) => {
  const ran = await kabar(databaseUrl, ['seed'], { env: { NODE_ENV: 'production' } })
  expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringContaining('NODE_ENV=production') })
})

test('print-schema --check passes what is fresh', async ({ databaseUrl, one }) => {
  expect(await kabar(databaseUrl, ['print-schema', '--check'])).toEqual({ code: 0, out: '', err: '' })
  expect(await post(one, { query: '{ __typename }' })).toEqual({ data: { __typename: 'Query' } })
})
