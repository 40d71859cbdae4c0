import { TypeID } from 'typeid-js'
import { expect, onTestFinished, vi } from 'vitest'
import { hashPassword } from '../../src/auth/passwords.ts'
import { limits } from '../../src/config/config.ts'
import { signInLimits } from '../../src/config/sign-in.ts'
import type { KabarServer } from '../../src/server.ts'
import { enter, type Grant, newUser, password, refusal, whose } from '../support/accounts.ts'
import { Client, makeRoom, post, type Server } from '../support/client.ts'
import { countWaiting } from '../support/database.ts'
import { createMemoryNotifiers } from '../support/memory-notifier.ts'
import { test } from '../support/server.ts'

const uuidOf = (id: string) => TypeID.fromString(id).toUUID()
const sessionOf = ({ viewer }: Grant) => uuidOf(viewer.session.id)
const refresh = (server: Server, { refreshToken }: Pick<Grant, 'refreshToken'>) =>
  enter(server, 'refreshSession', { refreshToken })

/** Makes every replaced refresh token of a session so much older. */
const age = ({ database }: KabarServer, grant: Grant, ms: number) =>
  database.pool.query(
    `update refresh_tokens set replaced_at = replaced_at - $2 * interval '1 ms', created_at = created_at - $2 * interval '1 ms'
     where session_id = $1`,
    [sessionOf(grant), ms],
  )

/** The sessions of a user that have ended, in the order of the events that say so. */
async function endedSessions({ database }: KabarServer, { viewer }: Grant): Promise<string[]> {
  const { rows } = await database.pool.query(
    `select subject from events where topic_id = $1 and kind = 'SESSION_ENDED' order by seq`,
    [uuidOf(viewer.user.id)],
  )
  return rows.map((row) => TypeID.fromUUID('session', row.subject).toString())
}

async function revoke(server: Server, { accessToken }: Grant, sessionId: string) {
  const query = 'mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { session { id endedAt } } }'
  const answer = await post<{ revokeSession: { session: { id: string; endedAt: string | null } } }>(server, {
    query,
    variables: { id: sessionId },
    token: accessToken,
  })
  return answer.errors?.[0]?.extensions.code ?? answer.data?.revokeSession.session
}

test('a refresh gives new tokens for the same session, which then lasts longer', async ({ one, two }) => {
  const first = await newUser(one)
  await one.database.pool.query(
    `update sessions set expires_at = now() + interval '1 hour', last_used_at = now() - interval '1 hour' where id = $1`,
    [sessionOf(first)],
  )
  await one.database.pool.query(`update users set last_seen_at = now() - interval '1 day' where id = $1`, [
    uuidOf(first.viewer.user.id),
  ])
  const second = await refresh(two, first)
  expect(second.refreshToken).not.toBe(first.refreshToken)
  expect(second.viewer.session).toMatchObject({ id: first.viewer.session.id, isCurrent: true })
  expect(Date.parse(second.refreshTokenExpiresAt)).toBeGreaterThanOrEqual(Date.parse(first.refreshTokenExpiresAt))
  for (const { accessToken } of [first, second]) expect(await whose(one, accessToken)).toBe(first.viewer.user.id)
  const { rows } = await one.database.pool.query(
    `select last_used_at > now() - interval '1 minute' as used, last_seen_at > now() - interval '1 minute' as seen
     from sessions join users on users.id = user_id where sessions.id = $1`,
    [sessionOf(first)],
  )
  expect(rows).toEqual([{ used: true, seen: true }])
  await refresh(one, second)
})

test('a refresh needs no access token and does not mind one that has run out', async ({ one, start }) => {
  const brief = await start({ accessTokenSeconds: -1 })
  const first = await newUser(brief)
  expect(await whose(one, first.accessToken)).toBe('UNAUTHENTICATED')
  const { refreshToken } = first
  const second = await enter(one, 'refreshSession', { refreshToken }, first.accessToken)
  expect(await whose(one, second.accessToken)).toBe(first.viewer.user.id)
})

test('many refreshes at once with the same token all succeed, on any of three servers', async ({ one, two, start }) => {
  const three = await start()
  const first = await newUser(one)
  const grants = await Promise.all([one, two, three, one, two, three].map((server) => refresh(server, first)))
  expect(new Set(grants.map((grant) => grant.refreshToken)).size).toBe(6)
  const next = await Promise.all(grants.map((grant) => refresh(two, grant)))
  for (const { accessToken } of next) expect(await whose(one, accessToken)).toBe(first.viewer.user.id)
  expect(await endedSessions(one, first)).toEqual([])
})

test('a refresh whose answer was lost may be tried again, however late and often, on any server', async ({
  one,
  two,
}) => {
  const first = await newUser(one)
  for (const server of [one, two, one]) {
    await refresh(server, first) // its answer is lost
    await age(one, first, 10 * signInLimits.refreshRetryMs)
  }
  const retried = await refresh(two, first)
  expect(await whose(one, retried.accessToken)).toBe(first.viewer.user.id)
  await refresh(one, retried)
  expect(await endedSessions(one, first)).toEqual([])
})

test('a refresh token whose successor was exchanged ends the session for both who have it', async ({ one, two }) => {
  const first = await newUser(one)
  const second = await refresh(two, first)
  const third = await refresh(one, second)
  expect(await refusal(one, 'refreshSession', { refreshToken: first.refreshToken })).toBe('SESSION_EXPIRED')
  expect(await endedSessions(one, first)).toEqual([first.viewer.session.id])
  expect(await refusal(two, 'refreshSession', { refreshToken: third.refreshToken })).toBe('SESSION_EXPIRED')
  for (const server of [one, two]) {
    await expect.poll(() => whose(server, third.accessToken)).toBe('SESSION_EXPIRED')
  }
})

test('a stolen refresh token ends the session when thief and user go on with what each got', async ({ one }) => {
  const stolen = await newUser(one)
  const ofThief = await refresh(one, stolen)
  await age(one, stolen, signInLimits.refreshRetryMs)
  const ofUser = await refresh(one, stolen)
  expect(await refusal(one, 'refreshSession', { refreshToken: ofThief.refreshToken })).toBe('SESSION_EXPIRED')
  expect(await refusal(one, 'refreshSession', { refreshToken: ofUser.refreshToken })).toBe('SESSION_EXPIRED')
})

test('two tabs that refresh at the same moment both go on with what each got', async ({ one, two }) => {
  const first = await newUser(one)
  let tabs = [await refresh(one, first), await refresh(two, first)]
  for (let round = 0; round < 3; round++) {
    await age(one, first, 10 * signInLimits.refreshRetryMs)
    tabs = await Promise.all(tabs.map((tab) => refresh(two, tab)))
  }
  expect(await endedSessions(one, first)).toEqual([])
})

test('a server whose clock is fast or slow judges the reuse of a refresh token like others', async ({ one }) => {
  onTestFinished(() => void vi.useRealTimers())
  const first = await newUser(one)
  await refresh(one, first)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
  const second = await refresh(one, first)
  vi.setSystemTime(Date.now() - 2 * 3_600_000)
  await refresh(one, second)
  expect(await refusal(one, 'refreshSession', { refreshToken: first.refreshToken })).toBe('SESSION_EXPIRED')
})

test('another session of the user survives the theft of one', async ({ one }) => {
  const stolen = await newUser(one)
  const other = await enter(one, 'signIn', { username: stolen.viewer.user.username, password })
  await refresh(one, await refresh(one, stolen))
  expect(await refusal(one, 'refreshSession', { refreshToken: stolen.refreshToken })).toBe('SESSION_EXPIRED')
  expect(await whose(one, other.accessToken)).toBe(other.viewer.user.id)
  await refresh(one, other)
})

test('a refresh token that nobody gave is refused', async ({ one }) => {
  expect(await refusal(one, 'refreshSession', { refreshToken: 'nonsense' })).toBe('SESSION_EXPIRED')
  expect(await refusal(one, 'refreshSession', { refreshToken: 'x'.repeat(257) })).toBe('BAD_USER_INPUT')
})

test('refresh tokens are stored as hashes only', async ({ one }) => {
  const { refreshToken } = await newUser(one)
  expect(Buffer.from(refreshToken, 'base64url')).toHaveLength(32)
  const { rows } = await one.database.pool.query(
    `select count(*)::int as rows, count(*) filter (where hash = sha256($1)) as hashed from refresh_tokens where hash in (sha256($1), $1)`,
    [Buffer.from(refreshToken)],
  )
  expect(rows).toEqual([{ rows: 1, hashed: '1' }])
})

test('refresh tokens that are older than a session may rest are deleted', async ({ one }) => {
  const first = await newUser(one)
  const second = await refresh(one, first)
  await age(one, first, one.parts.config.sessionDays * 86_400_000 + 1_000)
  await refresh(one, second)
  const { rows } = await one.database.pool.query('select count(*)::int from refresh_tokens where session_id = $1', [
    sessionOf(first),
  ])
  expect(rows).toEqual([{ count: 2 }])
})

test('a session that was not refreshed for too long has ended', async ({ one, start }) => {
  const first = await newUser(one)
  await one.database.pool.query(
    `update sessions set created_at = now() - interval '2 days', expires_at = now() - interval '1 s' where id = $1`,
    [sessionOf(first)],
  )
  const fresh = await start()
  expect(await whose(fresh, first.accessToken)).toBe('SESSION_EXPIRED')
  expect(await refusal(one, 'refreshSession', { refreshToken: first.refreshToken })).toBe('SESSION_EXPIRED')
})

test('whoever signs out is signed out at once, on every server', async ({ one, two }) => {
  const grant = await newUser(one)
  expect(await whose(two, grant.accessToken)).toBe(grant.viewer.user.id)
  const { data } = await post<{ signOut: { session: { id: string; endedAt: string } } }>(one, {
    query: 'mutation { signOut { session { id endedAt } } }',
    token: grant.accessToken,
  })
  expect(data?.signOut.session).toEqual({ id: grant.viewer.session.id, endedAt: expect.any(String) })
  expect(await whose(one, grant.accessToken)).toBe('SESSION_EXPIRED')
  await expect.poll(() => whose(two, grant.accessToken)).toBe('SESSION_EXPIRED')
  expect(await refusal(two, 'refreshSession', { refreshToken: grant.refreshToken })).toBe('SESSION_EXPIRED')
  expect(await endedSessions(one, grant)).toEqual([grant.viewer.session.id])
})

test('a session can be ended from another, once, and only by its user', async ({ one, two }) => {
  const mine = await newUser(one)
  const other = await enter(two, 'signIn', { username: mine.viewer.user.username, password })
  const stranger = await newUser(one)
  const sessionId = other.viewer.session.id
  expect(await revoke(one, stranger, sessionId)).toBe('NOT_FOUND')
  expect(await whose(two, other.accessToken)).toBe(mine.viewer.user.id)
  expect(await revoke(one, mine, sessionId)).toEqual({ id: sessionId, endedAt: expect.any(String) })
  expect(await revoke(one, mine, sessionId)).toEqual({ id: sessionId, endedAt: expect.any(String) })
  expect(await endedSessions(one, mine)).toEqual([sessionId])
  await expect.poll(() => whose(two, other.accessToken)).toBe('SESSION_EXPIRED')
  expect(await whose(one, mine.accessToken)).toBe(mine.viewer.user.id)
  expect(await revoke(one, mine, 'room_01h2xcejqtf2nbrexx3vqjhp41')).toBe('BAD_USER_INPUT')
})

test('P8: a revoked session is refused within 5 s on another server even when every notification is lost', async ({
  one,
  start,
}) => {
  const deaf = await start({ feed: { sessionSweepMs: 1_000 } }, { notifier: createMemoryNotifiers().notifier() })
  const mine = await newUser(one)
  const other = await enter(one, 'signIn', { username: mine.viewer.user.username, password })
  const client = new Client(deaf, { token: other.accessToken, refreshToken: '', userId: '', name: '' })
  const roomId = await makeRoom(client)
  const stream = client.follow('subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename } }', { roomId })
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  const revokedAt = performance.now()
  await revoke(one, mine, other.viewer.session.id)
  expect(await stream.closed()).toBe(4403)
  await expect.poll(() => whose(deaf, other.accessToken)).toBe('SESSION_EXPIRED')
  expect(performance.now() - revokedAt).toBeLessThan(5_000)
})

test('a revoked session loses its sockets at once where the notification arrives', async ({ one, two }) => {
  const mine = await newUser(one)
  const other = await enter(one, 'signIn', { username: mine.viewer.user.username, password })
  const client = new Client(two, { token: other.accessToken, refreshToken: '', userId: '', name: '' })
  const roomId = await makeRoom(client)
  const stream = client.follow('subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename } }', { roomId })
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  await revoke(one, mine, other.viewer.session.id)
  expect(await stream.closed()).toBe(4403)
})

test('a user with too many sessions loses the oldest', async ({ one }) => {
  const first = await newUser(one)
  const { pool } = one.database
  const userId = uuidOf(first.viewer.user.id)
  await pool.query(`update sessions set created_at = now() - interval '1 day' where id = $1`, [sessionOf(first)])
  await pool.query(
    `insert into sessions (id, user_id, created_at, expires_at)
     select gen_random_uuid(), $1, now() - n * interval '1 s', now() + interval '1 day' from generate_series(1, $2) n`,
    [userId, limits.sessionsPerUserMax - 1],
  )
  const input = { username: first.viewer.user.username, password }
  const next = await enter(one, 'signIn', input)
  expect(next.viewer.sessions).toHaveLength(limits.sessionsPerUserMax)
  expect(await endedSessions(one, first)).toEqual([first.viewer.session.id])
  expect(await whose(one, first.accessToken)).toBe('SESSION_EXPIRED')
})

test('a deleted account is signed out and cannot come back', async ({ one, start }) => {
  const grant = await newUser(one)
  await one.database.pool.query('update users set deleted_at = now() where id = $1', [uuidOf(grant.viewer.user.id)])
  const fresh = await start()
  expect(await whose(fresh, grant.accessToken)).toBe('SESSION_EXPIRED')
  expect(await refusal(one, 'refreshSession', { refreshToken: grant.refreshToken })).toBe('SESSION_EXPIRED')
  expect(await refusal(one, 'signIn', { username: grant.viewer.user.username, password })).toBe('BAD_CREDENTIALS')
})

test('a sign-in with the old password that crosses its change is refused', async ({ one }) => {
  const { viewer } = await newUser(one)
  const userId = uuidOf(viewer.user.id)
  const changing = await one.database.pool.connect()
  try {
    await changing.query('begin')
    await changing.query('select from topics where id = $1 for no key update', [userId])
    const crossing = refusal(one, 'signIn', { username: viewer.user.username, password })
    // the password has been compared, and the sign-in waits for the topic that the change holds
    await expect.poll(() => countWaiting(one.database.pool)).toBe(1)
    const hash = await hashPassword('another password')
    await changing.query('update credentials set password_hash = $2 where user_id = $1', [userId, hash])
    await changing.query('commit')
    expect(await crossing).toBe('BAD_CREDENTIALS')
  } finally {
    changing.release()
  }
})

test('a session remembers what the client called itself, within bounds', async ({ one }) => {
  const signIn = async (userAgent: string) => {
    const response = await fetch(`${one.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': userAgent },
      body: JSON.stringify({
        query: 'mutation { signInAsGuest(input: { displayName: "Zoë" }) { viewer { session { userAgent } } } }',
      }),
    })
    const answer = (await response.json()) as {
      data: { signInAsGuest: { viewer: { session: { userAgent: string } } } }
    }
    return answer.data.signInAsGuest.viewer.session.userAgent
  }
  expect(await signIn('Kabar/1')).toBe('Kabar/1')
  expect(await signIn('x'.repeat(limits.userAgentLengthMax + 1))).toBe('x'.repeat(limits.userAgentLengthMax))
})

test('the end of a session is told to the other sessions of its user', async ({ one, two }) => {
  const mine = await newUser(one)
  const other = await enter(one, 'signIn', { username: mine.viewer.user.username, password })
  const client = new Client(two, { token: mine.accessToken, refreshToken: '', userId: '', name: '' })
  const stream = client.follow<{ viewerEvents: { __typename: string; sessionId?: string } }>(
    'subscription { viewerEvents { __typename ... on SessionEnded { sessionId } } }',
  )
  expect((await stream.nextData()).viewerEvents.__typename).toBe('Synced')
  await post(one, { query: 'mutation { signOut { session { id } } }', token: other.accessToken })
  expect((await stream.nextData()).viewerEvents).toEqual({
    __typename: 'SessionEnded',
    sessionId: other.viewer.session.id,
  })
})
