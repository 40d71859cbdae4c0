import { spawn } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as bcrypt from '@node-rs/bcrypt'
import { decodeProtectedHeader } from 'jose'
import { afterEach, describe, expect, inject, onTestFinished, vi } from 'vitest'
import { listActions } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { demoPassword } from '../src/cli/demo-world.ts'
import { signInLimits } from '../src/config/sign-in.ts'
import { startEmbeddedPostgres } from '../src/database/embedded.ts'
import { lockFolder } from '../src/database/embedded-lock.ts'
import { enter, freshName, newUser, password, refusal, whose } from './setup/accounts.ts'
import { post } from './setup/client.ts'
import { kabar } from './setup/command-line.ts'
import { test, uuidOf } from './setup/members.ts'
import { openInitialised } from './setup/raw-socket.ts'

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
    [['paint'], 1, 'There is no command "paint".'],
    [['toString'], 1, 'There is no command "toString".'],
    [['users'], 1, 'Say what to do.'],
    [['users', 'toString'], 1, 'There is no "toString" here.'],
    [['users', '--help'], 0, 'show USERNAME'],
    [['categories', 'add', 'tea'], 1, 'It takes SLUG and NAME: put what has spaces in quotes.'],
    [['categories', 'add', 'tea', 'Tea', 'and', 'cups'], 1, 'in quotes'],
    [['categories', 'list', '--parent', 'x'], 1, '--parent'],
    [['regions', 'list', 'all'], 1, 'It takes no arguments, and this is one: "all".'],
    [['regions', 'list', '--parent'], 1, 'argument missing'],
    [['migrate', 'now'], 1, 'It takes no arguments'],
  ] as const)('%j ends with %d', async ([args, code, said], { databaseUrl }) => {
    const ran = await kabar(databaseUrl, args)
    expect(code === 0 ? ran.out : ran.err).toContain(said)
    expect(ran.code).toBe(code)
  })

  test('is reached by `npm run kabar`, with faults on stderr and the exit code 1', async ({ databaseUrl }) => {
    const main = new URL('../src/cli/main.ts', import.meta.url).pathname
    const env = { DATABASE_URL: databaseUrl, KABAR_DATA: join(inject('scratchDir'), 'cli'), LOG_LEVEL: 'silent' }
    const child = spawn(process.execPath, [main, 'users', 'reset-password', 'nobody'], { env })
    child.stdin.end('a password of a child\n')
    const [out, err, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once('exit', resolve)),
    ])
    expect({ out, err, code }).toEqual({ out: '', err: 'There is no registered user "nobody".\n', code: 1 })
  }, 30_000)

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
    out: expect.stringMatching(/^Applied 2026.*\.$/m),
  })
  expect(await kabar(url.href, ['migrate'])).toMatchObject({ code: 0, out: 'It is up to date.' })
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
  expect(await kabar(databaseUrl, ['migrate'], { env })).toMatchObject({ code: 0, out: 'It is up to date.' })
  const lock = await lockFolder(await realpath(dataDir))
  expect(await kabar(databaseUrl, ['migrate'], { env })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/already in use: another Kabar process .* Stop the other one/),
  })
  await lock?.release()
}, 60_000)

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
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + 91 * 60_000)
    expect(await whose(one, out)).toBe('UNAUTHENTICATED')
  })

  test.for(['0', '1441', '1.5', 'x', ''])('is not made for %j minutes', async (minutes, { databaseUrl }) => {
    const ran = await kabar(databaseUrl, ['token', 'ada', '--minutes', minutes])
    expect(ran).toEqual({ code: 1, out: '', err: 'minutes: must be a whole number from 1 to 1440' })
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
}) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const before = await newUser(one)
  expect((await kabar(databaseUrl, ['keys', 'rotate'])).out).toMatch(/less than 5 minutes ago. Nothing was done/)
  const pass = () => vi.setSystemTime(Date.now() + signInLimits.keyPublishedMs + 1_000)
  pass()
  const rotated = await kabar(databaseUrl, ['keys', 'rotate'])
  expect(rotated).toMatchObject({ code: 0, out: expect.stringMatching(/^Published \S+\. It signs from .* on/) })
  expect((await kabar(databaseUrl, ['keys', 'list'])).out).toMatch(/ does not sign yet\n.* signs$/)
  pass()
  const after = await newUser(two)
  const kidOf = ({ accessToken }: { accessToken: string }) => decodeProtectedHeader(accessToken).kid
  expect(kidOf(after)).not.toBe(kidOf(before))
  expect((await kabar(databaseUrl, ['keys', 'list'])).out).toMatch(
    new RegExp(`^${kidOf(after)}.* signs\n${kidOf(before)}.* verifies the tokens`),
  )
  for (const server of [one, two]) {
    expect(await whose(server, before.accessToken)).toBe(before.viewer.user.id)
    expect(await whose(server, after.accessToken)).toBe(after.viewer.user.id)
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

describe('users import', () => {
  /** Imports accounts from a file of its own. */
  async function importFile(databaseUrl: string, content: string, ending = 'ndjson') {
    const file = join(inject('scratchDir'), `${freshName()}.${ending}`)
    await writeFile(file, content)
    return { file, ...(await kabar(databaseUrl, ['users', 'import', file])) }
  }
  const lines = (...accounts: unknown[]) => accounts.map((account) => JSON.stringify(account)).join('\n')
  const argon = '$argon2id$v=19$m=8,t=1,p=1$rAqnGzP89yj9iyS+fIK1Wg$BFyz4tIvaUjKPJ7wN9gPX2suAOI3UtRuv+VB+QfPtF8'

  test.for(['$2a$', '$2b$', '$2y$'])(
    'lets a user with a hash of %s in, and makes it argon2id',
    async (prefix, { one, databaseUrl, db }) => {
      const username = freshName()
      const passwordHash = (await bcrypt.hash(password, 4)).replace(/^\$2.\$/, prefix)
      const ran = await importFile(databaseUrl, lines({ username, displayName: 'Ada', passwordHash }))
      expect(ran).toMatchObject({ code: 0, out: 'Imported 1, there already 0, refused 0.', err: '' })
      expect(await refusal(one, 'signIn', { username, password: 'another one' })).toBe('BAD_CREDENTIALS')
      const { viewer } = await enter(one, 'signIn', { username, password })
      expect(viewer).toMatchObject({ user: { username, displayName: 'Ada', isGuest: false }, hasPassword: true })
      const userId = uuidOf(viewer.user.id)
      const credential = await db.credential.findUniqueOrThrow({ where: { userId } })
      expect(credential.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456/)
      // and a second run leaves that as it is
      expect(await kabar(databaseUrl, ['users', 'import', ran.file])).toMatchObject({
        out: 'Imported 0, there already 1, refused 0.',
      })
      await enter(one, 'signIn', { username, password })
    },
  )

  test('takes an array, argon2id, and accounts without a password', async ({ one, databaseUrl }) => {
    const [ada, bob] = [freshName(), freshName()]
    const content = JSON.stringify([
      { username: ` ${ada.toUpperCase()} `, email: `${ada}@EXAMPLE.org`, phone: '+6281234567890', passwordHash: argon },
      { username: bob, displayName: 'Bob' },
    ])
    expect(await importFile(databaseUrl, content, 'json')).toMatchObject({ code: 0, err: '' })
    const { viewer } = await enter(one, 'signIn', { username: ada, password: 'x' })
    expect(viewer).toMatchObject({ email: `${ada}@example.org`, phone: '+6281234567890' })
    expect(viewer.user.displayName).toBe(ada.toUpperCase())
    expect(await refusal(one, 'signIn', { username: bob, password: '' })).toBe('BAD_CREDENTIALS')
    expect((await kabar(databaseUrl, ['users', 'show', bob])).out).toContain('password  none')
  })

  test('refuses each line that breaks a rule, with its number and without its text, and takes the others', async ({
    one,
    databaseUrl,
    db,
  }) => {
    const [ada, bob, taken] = [freshName(), freshName(), freshName()]
    await newUser(one, { username: taken, email: `${taken}@example.org` })
    const content = lines(
      { username: ada, email: `${ada}@example.org` },
      { username: 'a' },
      { username: freshName(), displayName: ' ' },
      { username: freshName(), email: 'nowhere' },
      { username: freshName(), phone: '0812' },
      { username: freshName(), passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99' },
      { username: freshName(), password: 'secret in the clear' },
      { username: taken, displayName: 'An impostor' },
      { username: freshName(), email: `${taken}@example.org` },
      { username: freshName(), email: `${ada}@example.org` },
      ['not an account'],
      { username: freshName(), displayName: 'x'.repeat(signInLimits.importLineBytesMax) },
    )
    const { code, out, err } = await importFile(
      databaseUrl,
      `\uFEFF${content}\n\n{"username": "sec\n${lines({ username: bob })}\r\n`,
    )
    expect(out).toBe('Imported 2, there already 0, refused 12.')
    expect(code).toBe(1)
    const numberOf = (line: string) => Number(/^line (\d+)/.exec(line)?.[1])
    expect(err.split('\n').toSorted((a, b) => numberOf(a) - numberOf(b))).toEqual(
      [
        /^line 2: username: has 2 to 32/,
        /^line 3: displayName: may not be blank/,
        /^line 4: email: is not an e-mail/,
        /^line 5: phone: is not a phone/,
        /^line 6: passwordHash: is neither bcrypt/,
        /^line 7: input: Unrecognized key: "password"/,
        /^line 8: Another account is/,
        /^line 9: Another account has this e-mail/,
        /^line 10: Another account has this e-mail/,
        /^line 11: input: .*expected object/,
        /^line 12: is not JSON, or too long/,
        /^line 14: is not JSON, or too long/,
      ].map((pattern) => expect.stringMatching(pattern)),
    )
    expect(err).not.toContain('secret')
    expect(await db.user.count({ where: { username: { in: [ada, bob] } } })).toBe(2)
    const owners = await db.topic.count({ where: { user: null, room: null, events: { none: {} } } })
    expect(owners).toBe(0)
  })

  test('takes more than one batch, and two of one name once', async ({ databaseUrl, db }) => {
    const stem = freshName().slice(0, 10)
    const accounts = Array.from({ length: signInLimits.importBatchMax + 5 }, (_, index) => ({
      username: `${stem}-${index}`,
      displayName: 'One of many',
    }))
    const [first] = accounts
    const content = lines(...accounts, first, { ...first, displayName: 'Another' })
    const { out, err } = await importFile(databaseUrl, content)
    expect(out).toBe(`Imported ${accounts.length}, there already 1, refused 1.`)
    expect(err).toBe(`line ${accounts.length + 2}: Another account is "${stem}-0".`)
    expect(await db.user.count({ where: { username: { startsWith: stem } } })).toBe(accounts.length)
  })

  const limit = (of: string, value: number) => of.replace('N', String(value))
  test.for([
    ['$2b$N$', signInLimits.bcryptCostMax, 'a'.repeat(53)],
    ['$argon2id$v=19$m=N,t=1,p=1$', signInLimits.argonMemoryKibMax, argon.split('p=1$')[1]],
    ['$argon2id$v=19$m=4096,t=N,p=1$', signInLimits.argonPassesMax, argon.split('p=1$')[1]],
    ['$argon2id$v=19$m=4096,t=1,p=N$', signInLimits.argonThreadsMax, argon.split('p=1$')[1]],
  ] as const)('takes a hash %s of %d and not of one more', async ([head, most, tail], { databaseUrl }) => {
    const at = (value: number) => lines({ username: freshName(), passwordHash: limit(head, value) + tail })
    expect(await importFile(databaseUrl, at(most))).toMatchObject({ code: 0 })
    expect(await importFile(databaseUrl, at(most + 1))).toMatchObject({
      code: 1,
      err: expect.stringContaining('is of a cost that would keep the server busy'),
    })
  })

  test.for([
    '$2b$03$'.padEnd(60, 'a'),
    '$2x$10$'.padEnd(60, 'a'),
    '$2b$10$'.padEnd(59, 'a'),
    argon.replace('argon2id', 'argon2i'),
    argon.replace('v=19', 'v=16'),
    argon.replace('p=1', 'p=2'),
    `${argon.slice(0, -1)}9`,
    argon.slice(0, -24),
    ` ${argon}`,
  ])('refuses the hash %s, which could not be compared', async (passwordHash, { databaseUrl }) => {
    const { code, err } = await importFile(databaseUrl, lines({ username: freshName(), passwordHash }))
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('line 1: passwordHash: is neither bcrypt') })
  })

  test.for([
    ['csv', 'username', 'must end with .json'],
    ['json', '{"username":"ada"}', 'is not a JSON array'],
    ['json', '[', 'is not a JSON array'],
  ] as const)('refuses a .%s file of %j', async ([ending, content, reason], { databaseUrl }) => {
    const { code, err } = await importFile(databaseUrl, content, ending)
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(reason) })
  })

  test('says that there is no such file', async ({ databaseUrl }) => {
    const { code, err } = await kabar(databaseUrl, ['users', 'import', 'nowhere.json'])
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^There is no file .*nowhere\.json\.$/) })
  })
})

test('users delete asks to be meant, and then deletes the account', async ({ one, databaseUrl, db }) => {
  const username = freshName()
  const { accessToken, viewer } = await newUser(one, { username })
  const asked = await kabar(databaseUrl, ['users', 'delete', username])
  expect(asked).toEqual({ code: 1, out: '', err: expect.stringContaining('say --yes to delete') })
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
  expect(await kabar(databaseUrl, ['prune'])).toEqual({ code: 0, out: 'There was nothing to remove.', err: '' })
})

test('seed fills the database, and a second run changes nothing', async ({ one, databaseUrl, db }) => {
  const first = await kabar(databaseUrl, ['seed'])
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('Sign in as ada'), err: '' })
  const messages = await db.message.count()
  expect(await kabar(databaseUrl, ['seed'])).toEqual(first)
  expect(await db.message.count()).toBe(messages)
  await enter(one, 'signIn', { username: 'ada', password: demoPassword })
}, 60_000)

test('seed does not run in production', async ({ databaseUrl }) => {
  const ran = await kabar(databaseUrl, ['seed'], { env: { NODE_ENV: 'production' } })
  expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringContaining('NODE_ENV=production') })
})

test('print-schema --check passes what is fresh', async ({ databaseUrl, one }) => {
  expect(await kabar(databaseUrl, ['print-schema', '--check'])).toEqual({ code: 0, out: '', err: '' })
  expect(await post(one, { query: '{ __typename }' })).toEqual({ data: { __typename: 'Query' } })
})
