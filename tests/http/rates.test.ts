import { expect, vi } from 'vitest'
import { deleteOldRates } from '../../src/access/rates.ts'
import { freshName, newUser, password } from '../support/accounts.ts'
import { type Client, guest, makeRoom } from '../support/client.ts'
import { codeOf, freshAddress, postFrom, signIn, test, tight } from '../support/rates.ts'

test('wrong passwords from an address are counted over all servers, and lock nobody out elsewhere', async ({
  one,
  counting,
  other,
}) => {
  const username = freshName()
  await newUser(one, { username })
  const attacker = freshAddress()
  expect(codeOf(await signIn(attacker, counting, username))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await signIn(attacker, other, username.toUpperCase()))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await signIn(attacker, other, ` ${username}`))).toBe('BAD_CREDENTIALS')
  for (const server of [counting, other]) {
    const { errors } = await signIn(attacker, server, username, password)
    expect(errors?.[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) })
    expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0)
    expect(errors?.[0]?.extensions.retryAfterMs).toBeLessThanOrEqual(60_000)
  }
  expect(codeOf(await signIn(freshAddress(), counting, username, password))).toBe('none')
})

test('who is not there is counted like who is', async ({ counting }) => {
  const address = freshAddress()
  const username = freshName()
  for (let tries = 0; tries < 3; tries++)
    expect(codeOf(await signIn(address, counting, username))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await signIn(address, counting, username))).toBe('RATE_LIMITED')
})

test('whoever signs in begins anew, and successes are not counted', async ({ one, counting }) => {
  const username = freshName()
  await newUser(one, { username })
  const address = freshAddress()
  for (let round = 0; round < 4; round++) {
    for (let tries = 0; tries < (round === 0 ? 2 : 1); tries++) {
      expect(codeOf(await signIn(address, counting, username))).toBe('BAD_CREDENTIALS')
    }
    expect(codeOf(await signIn(address, counting, username, password))).toBe('none')
  }
})

test('one address cannot try many usernames', async ({ counting }) => {
  const address = freshAddress()
  for (let tries = 0; tries < 6; tries++) {
    expect(codeOf(await signIn(address, counting, freshName()))).toBe('BAD_CREDENTIALS')
  }
  expect(codeOf(await signIn(address, counting, freshName()))).toBe('RATE_LIMITED')
})

test('failed sign-ins in one operation count one by one', async ({ counting }) => {
  const address = freshAddress()
  const username = freshName()
  const field = (index: number) =>
    `a${index}: signIn(input: { username: "${username}", password: "wrong" }) { accessToken }`
  const query = `mutation { ${[0, 1, 2, 3, 4].map(field).join(' ')} }`
  const { errors } = await postFrom(address, counting, { query })
  const codes = errors?.map(({ extensions }) => extensions?.code)
  expect(codes).toEqual([...Array(3).fill('BAD_CREDENTIALS'), ...Array(2).fill('RATE_LIMITED')])
})

test('of many who come in at once from one address, who was refused comes in a moment later', async ({
  one,
  counting,
  other,
}) => {
  const address = freshAddress()
  const names = Array.from({ length: 14 }, freshName)
  for (const username of names) await newUser(one, { username })
  const all = await Promise.all(
    names.map((name, index) => signIn(address, index % 2 ? other : counting, name, password)),
  )
  // there are more at once than may fail, unless the machine is slow
  expect(all.map(codeOf).filter((code) => code !== 'none' && code !== 'RATE_LIMITED')).toEqual([])
  for (const server of [counting, other]) {
    for (const username of names) expect(codeOf(await signIn(address, server, username, password))).toBe('none')
  }
})

test('whoever goes on at one account does not use up the attempts of the address', async ({ one, counting }) => {
  const address = freshAddress()
  const [stubborn, username] = [freshName(), freshName()]
  await newUser(one, { username })
  for (let tries = 0; tries < 10; tries++) await signIn(address, counting, stubborn)
  expect(codeOf(await signIn(address, counting, stubborn))).toBe('RATE_LIMITED')
  expect(codeOf(await signIn(address, counting, username, password))).toBe('none')
})

test('a count ends with its time', async ({ counting }) => {
  const username = freshName()
  const address = freshAddress()
  for (let tries = 0; tries < 4; tries++) await signIn(address, counting, username)
  expect(codeOf(await signIn(address, counting, username))).toBe('RATE_LIMITED')
  await counting.database.pool.query('update rate_limits set expire = 1')
  expect(codeOf(await signIn(address, counting, username))).toBe('BAD_CREDENTIALS')
  await counting.database.pool.query('update rate_limits set expire = 1')
  await deleteOldRates(counting.database.pool)
  expect((await counting.database.pool.query('select from rate_limits')).rowCount).toBe(0)
})

test('no address or username is kept in words', async ({ counting }) => {
  const username = freshName()
  const address = freshAddress()
  await signIn(address, counting, username)
  const { rows } = await counting.database.pool.query<{ key: string }>('select key from rate_limits')
  expect(rows.length).toBeGreaterThan(0)
  expect(JSON.stringify(rows)).not.toContain(username)
  expect(JSON.stringify(rows)).not.toContain(address)
})

test('one address makes so many guests and accounts, and no more', async ({ counting }) => {
  const address = freshAddress()
  const asGuest = 'mutation { signInAsGuest(input: { displayName: "Eve" }) { accessToken } }'
  const register = `mutation { register(input: { username: "${freshName()}", password: "${password}" }) { accessToken } }`
  expect(codeOf(await postFrom(address, counting, { query: asGuest }))).toBe('none')
  expect(codeOf(await postFrom(address, counting, { query: register }))).toBe('none')
  expect(codeOf(await postFrom(address, counting, { query: asGuest }))).toBe('RATE_LIMITED')
  expect(codeOf(await postFrom(address, counting, { query: register }))).toBe('RATE_LIMITED')
  expect(codeOf(await postFrom(freshAddress(), counting, { query: asGuest }))).toBe('none')
})

test('one address refreshes so many sessions, and no more', async ({ counting }) => {
  const address = freshAddress()
  const query = 'mutation { refreshSession(input: { refreshToken: "no token" }) { accessToken } }'
  for (let tries = 0; tries < 2; tries++) {
    expect(codeOf(await postFrom(address, counting, { query }))).toBe('SESSION_EXPIRED')
  }
  expect(codeOf(await postFrom(address, counting, { query }))).toBe('RATE_LIMITED')
})

test('one user sends so many messages in ten seconds, over all rooms and servers, and no more', async ({ start }) => {
  const [one, two] = [await start({ edge: { sendsMax: 5 } }), await start({ edge: { sendsMax: 5 } })]
  const [ada, bob] = [await guest(one), await guest(one)]
  const rooms = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
  const say = (author: Client, index: number, nonce?: string) =>
    author
      .at(index % 2 ? one : two)
      .attempt('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', {
        input: { roomId: rooms[Math.floor(index / 2) % 2], body: 'hi', nonce },
      })
  expect(codeOf(await say(ada, 0, 'first'))).toBe('none')
  // some in one batch, some in others
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => say(ada, index)))
  const accepted = answers.filter((answer) => codeOf(answer) === 'none')
  // two servers that judge at the same moment do not see each other's sends
  expect(accepted.length).toBeGreaterThanOrEqual(4)
  expect(accepted.length).toBeLessThanOrEqual(8)
  const { errors } = await say(ada, 3)
  expect(errors?.[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) })
  expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0)
  expect(errors?.[0]?.extensions.retryAfterMs).toBeLessThanOrEqual(10_000)
  // a retry is no other message, and others are not held up
  expect(codeOf(await say(ada, 0, 'first'))).toBe('none')
  expect(codeOf(await say(bob, 0))).toBe('none')
  await one.database.pool.query("update messages set created_at = created_at - interval '10 seconds'")
  expect(codeOf(await say(ada, 1))).toBe('none')
})

test('while the database is away nobody gets past the count', async ({ start }) => {
  const server = await start(tight)
  const query = vi.spyOn(server.database.pool, 'query')
  query.mockImplementation(() => {
    throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  })
  const { errors } = await signIn(freshAddress(), server, freshName())
  query.mockRestore()
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterMs: expect.any(Number) })
})
