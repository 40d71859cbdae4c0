import { expect } from 'vitest'
import { hashPassword } from '../../src/auth/passwords/hashing.ts'
import { limits } from '../../src/config/config.ts'
import { enter, newUser, password, refusal, whose } from '../support/accounts.ts'
import { Client, makeRoom, post } from '../support/client.ts'
import { countWaiting } from '../support/database.ts'
import { uuidOf } from '../support/members.ts'
import { createMemoryNotifiers } from '../support/memory-notifier.ts'
import { test } from '../support/server.ts'
import { endedSessions, revoke, sessionOf } from '../support/sessions.ts'

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
