import { createHash, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as bcrypt from '@node-rs/bcrypt'
import { describe, expect, inject } from 'vitest'
import { signInLimits } from '../../src/config/auth.ts'
import { formatId } from '../../src/input/ids.ts'
import { enter, freshName, newUser, password, refusal } from '../support/accounts.ts'
import { guest } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { make, test, uuidOf } from '../support/members.ts'

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
      const ran = await importFile(
        databaseUrl,
        lines({ username, displayName: 'Ada', passwordHash, algorithm: 'bcrypt' }),
      )
      expect(ran).toMatchObject({ code: 0, out: 'Imported 1, already present 0, refused 0.', err: '' })
      expect(await refusal(one, 'signIn', { username, password: 'another one' })).toBe('BAD_CREDENTIALS')
      const { viewer } = await enter(one, 'signIn', { username, password })
      expect(viewer).toMatchObject({ user: { username, displayName: 'Ada', isGuest: false }, hasPassword: true })
      const userId = uuidOf(viewer.user.id)
      const credential = await db.credential.findUniqueOrThrow({ where: { userId } })
      expect(credential.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456/)
      // and a second run leaves that as it is
      expect(await kabar(databaseUrl, ['users', 'import', ran.file])).toMatchObject({
        out: 'Imported 0, already present 1, refused 0.',
      })
      await enter(one, 'signIn', { username, password })
    },
  )

  test('takes an array, argon2id, and accounts without a password', async ({ one, databaseUrl }) => {
    const [ada, bob] = [freshName(), freshName()]
    const content = JSON.stringify([
      {
        ...{ username: ` ${ada.toUpperCase()} `, email: `${ada}@EXAMPLE.org`, phone: '+6281234567890' },
        ...{ passwordHash: argon, algorithm: 'argon2id' },
      },
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
      { username: freshName(), emailVerified: true },
      { username: 'ad-min' },
      ['not an account'],
      { username: freshName(), displayName: 'x'.repeat(signInLimits.importLineBytesMax) },
    )
    const { code, out, err } = await importFile(
      databaseUrl,
      `\uFEFF${content}\n\n{"username": "sec\n${lines({ username: bob })}\r\n`,
    )
    expect(out).toBe('Imported 2, already present 0, refused 12.')
    expect(code).toBe(1)
    const numberOf = (line: string) => Number(/^line (\d+)/.exec(line)?.[1])
    expect(err.split('\n').toSorted((a, b) => numberOf(a) - numberOf(b))).toEqual(
      [
        /^line 2: username: has 3 to 50/,
        /^line 3: displayName: may not be blank/,
        /^line 4: email: is not an e-mail/,
        /^line 5: phone: is not a phone/,
        /^line 6: passwordHash: is neither bcrypt/,
        /^line 7: input: Unrecognized key: "password"/,
        /^line 8: Another account is/,
        /^line 9: emailVerified: can be true only with/,
        /^line 10: The username "ad-min" is taken/,
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
    expect(out).toBe(`Imported ${accounts.length}, already present 1, refused 1.`)
    expect(err).toBe(`line ${accounts.length + 2}: Another account is "${stem}-0".`)
    expect(await db.user.count({ where: { username: { startsWith: stem } } })).toBe(accounts.length)
  })

  test('lets a user in whose hash is of the SHA-256 of the password, and makes it argon2id', async ({
    one,
    databaseUrl,
    db,
  }) => {
    const [ada, bob] = [freshName(), freshName()]
    const passwordHash = await bcrypt.hash(createHash('sha256').update(password).digest('hex'), 4)
    const content = lines(
      { username: ada, passwordHash, algorithm: 'bcrypt-of-sha256-hex' },
      { username: bob, passwordHash, algorithm: 'bcrypt' },
    )
    expect(await importFile(databaseUrl, content)).toMatchObject({ code: 0, err: '' })
    expect(await refusal(one, 'signIn', { username: ada, password: `${password}x` })).toBe('BAD_CREDENTIALS')
    const { viewer } = await enter(one, 'signIn', { username: ada, password })
    const { passwordHash: stored } = await db.credential.findUniqueOrThrow({
      where: { userId: uuidOf(viewer.user.id) },
    })
    expect(stored).toMatch(/^\$argon2id\$/)
    await enter(one, 'signIn', { username: ada, password })
    // the same hash, said to be of the password itself
    expect(await refusal(one, 'signIn', { username: bob, password })).toBe('BAD_CREDENTIALS')
  })

  test('refuses a hash of which nothing, or something else, says how it was made', async ({ databaseUrl }) => {
    const bcryptHash = await bcrypt.hash(password, 4)
    const account = (more: object) => ({ username: freshName(), ...more })
    const content = lines(
      account({ passwordHash: bcryptHash }),
      account({ passwordHash: bcryptHash, algorithm: 'argon2id' }),
      account({ passwordHash: argon, algorithm: 'bcrypt-of-sha256-hex' }),
      account({ passwordHash: bcryptHash, algorithm: 'md5' }),
    )
    const { out, err } = await importFile(databaseUrl, content)
    expect(out).toBe('Imported 0, already present 0, refused 4.')
    expect(err.split('\n')).toEqual([
      'line 1: algorithm: must say how passwordHash was made: bcrypt, argon2id, bcrypt-of-sha256-hex',
      'line 2: algorithm: is not that of passwordHash',
      'line 3: algorithm: is not that of passwordHash',
      'line 4: algorithm: must be one of bcrypt, argon2id, bcrypt-of-sha256-hex',
    ])
  })

  test('keeps ids and times of creation that are valid and free, and refuses others', async ({
    one,
    databaseUrl,
    db,
  }) => {
    const ids = Array.from({ length: 3 }, () => randomUUID())
    const [ada, bob, eve] = [freshName(), freshName(), freshName()]
    const createdAt = '2019-05-04T03:02:01.234+07:00'
    const content = lines(
      { username: ada, id: ids[0], createdAt },
      { username: bob, id: formatId('User', ids[1] ?? '') },
      { username: eve, createdAt },
    )
    const ran = await importFile(databaseUrl, content)
    expect(ran).toMatchObject({ out: 'Imported 3, already present 0, refused 0.', err: '' })
    const users = await db.user.findMany({ where: { username: { in: [ada, bob, eve] } } })
    const byName = new Map(users.map((user) => [user.username, user]))
    expect(byName.get(ada)).toMatchObject({ id: ids[0], createdAt: new Date(createdAt) })
    expect(byName.get(bob)?.id).toBe(ids[1])
    expect(byName.get(eve)?.createdAt).toEqual(new Date(createdAt))
    expect(await kabar(databaseUrl, ['users', 'import', ran.file])).toMatchObject({
      out: 'Imported 0, already present 3, refused 0.',
    })
    const room = await make(await guest(one), {})
    const future = new Date(Date.now() + 60_000).toISOString()
    const refused = await importFile(
      databaseUrl,
      lines(
        { username: freshName(), id: ids[0] },
        { username: freshName(), id: room.id },
        { username: freshName(), id: uuidOf(room.id) },
        { username: freshName(), id: '17' },
        { username: freshName(), createdAt: '2026-02-30T00:00:00Z' },
        { username: freshName(), createdAt: future },
        { username: ada, id: ids[2] },
        { username: ada, createdAt: '2020-01-01T00:00:00Z' },
        { username: freshName(), id: ids[2] },
        { username: freshName(), id: ids[2] },
      ),
    )
    expect(refused.out).toBe('Imported 1, already present 0, refused 9.')
    expect(refused.err.split('\n').toSorted((a, b) => Number(a.split(/\D+/)[1]) - Number(b.split(/\D+/)[1]))).toEqual([
      'line 1: Another account or room has this id.',
      'line 2: id: is neither an id such as user_… nor a UUID',
      'line 3: Another account or room has this id.',
      'line 4: id: is neither an id such as user_… nor a UUID',
      'line 5: createdAt: is not a time such as 2026-01-31T12:00:00Z',
      'line 6: createdAt: must be between 1970 and now',
      `line 7: Another account is "${ada}".`,
      `line 8: Another account is "${ada}".`,
      'line 10: Another account or room has this id.',
    ])
  })

  const limit = (of: string, value: number) => of.replace('N', String(value))
  test.for([
    ['$2b$N$', signInLimits.bcryptCostMax, 'a'.repeat(53)],
    [`$argon2id$v=19$m=N,t=3,p=1$`, signInLimits.argonWorkMax / 3, argon.split('p=1$')[1]],
    ['$argon2id$v=19$m=N,t=1,p=1$', signInLimits.argonMemoryKibMax, argon.split('p=1$')[1]],
    ['$argon2id$v=19$m=4096,t=N,p=1$', signInLimits.argonPassesMax, argon.split('p=1$')[1]],
    ['$argon2id$v=19$m=4096,t=1,p=N$', signInLimits.argonThreadsMax, argon.split('p=1$')[1]],
  ] as const)('takes a hash %s of %d and not of one more', async ([head, most, tail], { databaseUrl }) => {
    const at = (value: number) =>
      lines({
        username: freshName(),
        passwordHash: limit(head, value) + tail,
        algorithm: head.startsWith('$2') ? 'bcrypt' : 'argon2id',
      })
    expect(await importFile(databaseUrl, at(most))).toMatchObject({ code: 0 })
    expect(await importFile(databaseUrl, at(most + 1))).toMatchObject({
      code: 1,
      err: expect.stringContaining('has a cost that would keep the server busy'),
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
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^File not found: .*nowhere\.json\.$/) })
  })
})
