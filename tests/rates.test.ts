import { expect, vi } from 'vitest'
import { deleteOldRates } from '../src/access/rates.ts'
import { createTurns } from '../src/access/turns.ts'
import { hashPassword } from '../src/auth/passwords.ts'
import { signInLimits } from '../src/config/sign-in.ts'
import { attempt, enter, freshName, newUser, password } from './setup/accounts.ts'
import { type Answer, type Client, guest, makeRoom, post, type Server } from './setup/client.ts'
import { test as base, type TestSettings } from './setup/server.ts'

const tight: TestSettings = {
  edge: { trustedProxies: ['127.0.0.1', '::1'] },
  rates: {
    signInToAccount: { points: 3, seconds: 60 },
    signInFromAddress: { points: 6, seconds: 60 },
    signUpFromAddress: { points: 2, seconds: 60 },
    refreshFromAddress: { points: 2, seconds: 60 },
    passwordOfUser: { points: 2, seconds: 60 },
    passwordOfRoom: { points: 2, seconds: 60 },
    passwordOfRoomFromAddress: { points: 3, seconds: 60 },
  },
}

/** Servers that count. Others on the same database, `one` and `two`, do not. */
const test = base
  .extend('counting', { scope: 'file' }, async ({ start }) => start(tight))
  .extend('other', { scope: 'file' }, async ({ start }) => start(tight))

let addresses = 0
/** An address that nothing has come from yet. */
const freshAddress = () => `10.0.${Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`

/** Sends an operation from an address, as a proxy forwards it. */
async function postFrom(
  address: string,
  server: Server,
  { query, variables, token }: { query: string; variables?: object; token?: string },
): Promise<Answer<Record<string, unknown>>> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': address,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer<Record<string, unknown>>
}

const signInMutation = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }'
const codeOf = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code ?? 'none'

const signIn = (address: string, server: Server, username: string, given = 'a wrong password') =>
  postFrom(address, server, { query: signInMutation, variables: { input: { username, password: given } } })

async function makePasswordRoom(owner: Client): Promise<string> {
  const query = `mutation { createRoom(input: { name: "Vault", access: PASSWORD, password: "${password}" }) { room { id } } }`
  return (await owner.call<{ createRoom: { room: { id: string } } }>(query)).createRoom.room.id
}

function joinRoom(
  address: string,
  server: Server,
  { roomId, token, given }: { roomId: string; token: string; given: string },
) {
  const query = 'mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { room { id } } }'
  return postFrom(address, server, { query, variables: { input: { roomId, password: given } }, token })
}

/** Keeps the queue full in which passwords wait to be hashed. */
function keepHashing(): { stop(): Promise<void> } {
  let isBusy = true
  const hashOn = async () => {
    while (isBusy) await hashPassword('some password')
  }
  const all = Promise.allSettled(Array.from({ length: signInLimits.hashesWaitingMax + 10 }, hashOn))
  return {
    async stop() {
      isBusy = false
      await all
    },
  }
}

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

test('a failed sign-in in one operation with others counts too', async ({ counting }) => {
  const address = freshAddress()
  const username = freshName()
  const field = (index: number) =>
    `a${index}: signIn(input: { username: "${username}", password: "wrong" }) { accessToken }`
  // the first failure ends the operation, because its fields may not be null
  const query = `mutation { ${[0, 1, 2, 3, 4].map(field).join(' ')} }`
  for (let tries = 0; tries < 3; tries++)
    expect(codeOf(await postFrom(address, counting, { query }))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await postFrom(address, counting, { query }))).toBe('RATE_LIMITED')
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

test('whoever has stolen a token cannot guess the password', async ({ one, counting }) => {
  const { accessToken } = await newUser(one)
  const change = (currentPassword: string) =>
    attempt(counting, 'changePassword', { currentPassword, newPassword: password }, accessToken)
  expect(codeOf(await change('wrong one'))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await change('wrong two'))).toBe('BAD_CREDENTIALS')
  expect(codeOf(await change(password))).toBe('RATE_LIMITED')
})

test('the password of a room cannot be guessed, not with many guests either', async ({ one, counting }) => {
  const roomId = await makePasswordRoom(await guest(one))
  const join = async (address: string, token: string, given: string) =>
    codeOf(await joinRoom(address, counting, { roomId, token, given }))
  const address = freshAddress()
  const [eve, mallory, bob] = [await guest(one), await guest(one), await guest(one)]
  expect(await join(address, eve.token, 'wrong one')).toBe('WRONG_ROOM_PASSWORD')
  expect(await join(address, eve.token, 'wrong two')).toBe('WRONG_ROOM_PASSWORD')
  expect(await join(address, eve.token, password)).toBe('RATE_LIMITED')
  expect(await join(address, mallory.token, 'wrong three')).toBe('WRONG_ROOM_PASSWORD')
  expect(await join(address, mallory.token, 'wrong four')).toBe('RATE_LIMITED')
  expect(await join(freshAddress(), bob.token, password)).toBe('none')
})

test('what a server is too busy to compare is no wrong password', async ({ one, counting }) => {
  const username = freshName()
  const { accessToken: token } = await newUser(one, { username })
  const roomId = await makePasswordRoom(await guest(one))
  const address = freshAddress()
  const tryAll = async () => {
    const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken } }'
    const input = { currentPassword: password, newPassword: password }
    return [
      codeOf(await signIn(address, counting, username, password)),
      codeOf(await postFrom(address, counting, { query: change, variables: { input }, token })),
      codeOf(await joinRoom(address, counting, { roomId, token, given: password })),
    ]
  }
  const busy = keepHashing()
  try {
    for (let tries = 0; tries < 4; tries++) expect(await tryAll()).toEqual(Array(3).fill('SERVICE_UNAVAILABLE'))
  } finally {
    await busy.stop()
  }
  expect(await tryAll()).toEqual(Array(3).fill('none'))
})

test('a user sets so many passwords, and wrong ones are counted apart', async ({ one, start }) => {
  const server = await start({ rates: { ...tight.rates, passwordSetByUser: { points: 2, seconds: 60 } } })
  const { accessToken } = await newUser(one)
  const change = async (currentPassword: string) =>
    codeOf(await attempt(server, 'changePassword', { currentPassword, newPassword: password }, accessToken))
  expect(await change('a wrong password')).toBe('BAD_CREDENTIALS')
  expect(await change(password)).toBe('none')
  const make = 'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { room { id } } }'
  const variables = { input: { name: 'Vault', access: 'PASSWORD', password } }
  expect(codeOf(await post(server, { query: make, variables, token: accessToken }))).toBe('none')
  expect(codeOf(await post(server, { query: make, variables, token: accessToken }))).toBe('RATE_LIMITED')
  expect(await change(password)).toBe('RATE_LIMITED')
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

test('200 sign-ins at once leave the server able to answer, and memory bounded', async ({ start }) => {
  // on a machine that is busy with other things nothing is to be too late
  const one = await start({ edge: { operationMs: 60_000 } })
  const username = freshName()
  await newUser(one, { username })
  const before = process.memoryUsage().rss
  let slowest = 0
  const startedAt = performance.now()
  const looks: Promise<void>[] = []
  const look = async () => {
    const began = performance.now()
    await (await fetch(`${one.url}/readyz`)).text()
    slowest = Math.max(slowest, performance.now() - began)
  }
  const watching = setInterval(() => looks.push(look()), 50)
  const answers = await Promise.all(Array.from({ length: 200 }, () => attempt(one, 'signIn', { username, password })))
  clearInterval(watching)
  const allMs = performance.now() - startedAt
  await Promise.all(looks)
  const codes = answers.map(codeOf)
  const refused = answers.filter((answer) => codeOf(answer) === 'SERVICE_UNAVAILABLE')
  // on a slow machine they come so far apart that none has to be refused
  expect(codes.filter((code) => code !== 'none' && code !== 'SERVICE_UNAVAILABLE')).toEqual([])
  expect(codes.filter((code) => code === 'none').length).toBeGreaterThan(20)
  for (const { errors } of refused) expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0)
  // 200 at once would take 3.8 GB
  expect(process.memoryUsage().rss - before).toBeLessThan(1_000_000_000)
  expect(slowest).toBeGreaterThan(0)
  // a server that hashes before all else answers at the end
  expect(slowest).toBeLessThan(Math.max(2_000, allMs / 2))
  await enter(one, 'signIn', { username, password })
})

test('turns are taken in order, so many at once, and the one too many is refused', async () => {
  const takeTurn = createTurns({ atOnce: 2, waitingMax: 3 })
  const log: number[] = []
  let running = 0
  let most = 0
  const work = async (name: number) => {
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    log.push(name)
    if (name === 1) throw new Error('it failed')
  }
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((name) => takeTurn(() => work(name))))
  expect(log).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    ...Array(3).fill('fulfilled'),
    'rejected',
  ])
  expect(results[5]).toMatchObject({ reason: { code: 'SERVICE_UNAVAILABLE' } })
  await takeTurn(() => work(6))
})
