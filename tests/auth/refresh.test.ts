import { expect, onTestFinished, vi } from 'vitest'
import { signInLimits } from '../../src/config/auth.ts'
import { enter, newUser, password, refusal, whose } from '../support/accounts.ts'
import { uuidOf } from '../support/members.ts'
import { test } from '../support/server.ts'
import { age, endedSessions, refresh, sessionOf } from '../support/sessions.ts'

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
  // the hour became the whole time again; two servers may estimate the clock of PostgreSQL up to a second apart
  const prolongedBy = Date.parse(second.refreshTokenExpiresAt) - Date.parse(first.refreshTokenExpiresAt)
  expect(prolongedBy).toBeGreaterThan(-1000)
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
  await age(one, stolen, 2 * signInLimits.refreshRetryMs)
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
