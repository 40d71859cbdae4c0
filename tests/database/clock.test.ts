// The clock that counts is PostgreSQL's: a server whose own is wrong neither refuses what is good nor accepts what is over.

import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, onTestFinished, vi } from 'vitest'
import type { Finding } from '../../src/health/findings.ts'
import { enter, newUser, refusal, whose } from '../support/accounts.ts'
import { guest, makeRoom } from '../support/client.ts'
import { make, test } from '../support/members.ts'

const hourMs = 3_600_000

/** Puts the clock of this process wrong, for the servers in it too. PostgreSQL is another process. */
function skew(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

const setRight = () => void vi.useRealTimers()

const readyz = async (server: { url: string }) => {
  const response = await fetch(`${server.url}/readyz`)
  const { findings } = (await response.json()) as { findings: Finding[] }
  return { status: response.status, clock: findings.find(({ name }) => name === 'clock') }
}

const offsets = [
  ['an hour fast', hourMs],
  ['an hour slow', -hourMs],
] as const

test.for(offsets)(
  'a server whose clock is %s signs tokens that its neighbours take',
  async ([, ms], { one, start }) => {
    onTestFinished(setRight)
    skew(ms)
    const wrong = await start()
    const grant = await newUser(wrong)
    const refreshed = await enter(wrong, 'refreshSession', { refreshToken: grant.refreshToken })
    setRight()
    for (const { accessToken, accessTokenExpiresAt, refreshTokenExpiresAt } of [grant, refreshed]) {
      expect(await whose(one, accessToken)).toBe(grant.viewer.user.id)
      const lasts = Date.parse(accessTokenExpiresAt) - Date.now()
      expect(Math.abs(lasts / 1_000 - one.parts.config.accessTokenSeconds)).toBeLessThan(60)
      const days = (Date.parse(refreshTokenExpiresAt) - Date.now()) / 86_400_000
      expect(Math.abs(days - one.parts.config.sessionDays)).toBeLessThan(0.01)
    }
  },
)

test.for(offsets)('a server whose clock goes %s takes the tokens of its neighbours', async ([, ms], { one, two }) => {
  onTestFinished(setRight)
  const grant = await newUser(one)
  const mine = await newUser(two)
  skew(ms)
  expect(await whose(two, grant.accessToken)).toBe(grant.viewer.user.id)
  await enter(two, 'refreshSession', { refreshToken: mine.refreshToken })
})

test.for(offsets)('a server whose clock is %s refuses what is over', async ([, ms], { one, start }) => {
  onTestFinished(setRight)
  const short = await start({ accessTokenSeconds: 1 })
  const grant = await newUser(short)
  skew(ms)
  const wrong = await start()
  await expect.poll(() => whose(wrong, grant.accessToken)).toBe('UNAUTHENTICATED')
  await one.database.pool.query(
    `update sessions set created_at = now() - interval '2 days', expires_at = now() - interval '1 s'
     where id = (select session_id from refresh_tokens where hash = sha256($1))`,
    [Buffer.from(grant.refreshToken)],
  )
  expect(await refusal(wrong, 'refreshSession', { refreshToken: grant.refreshToken })).toBe('SESSION_EXPIRED')
})

test.for(offsets)('deadlines that a server whose clock is %s sets hold everywhere', async ([, ms], { one, start }) => {
  onTestFinished(setRight)
  const realNow = Date.now()
  skew(ms)
  const wrong = await start()
  const owner = await guest(wrong)
  const member = await guest(wrong)
  const roomId = await makeRoom(owner, [member])
  const until = new Date(realNow + 10 * 60_000).toISOString()
  await owner.call(
    `mutation ($roomId: ID!, $userId: ID!, $until: DateTime) {
       muteMember(input: { roomId: $roomId, userId: $userId, until: $until }) { membership { mutedUntil } }
     }`,
    { roomId, userId: member.userId, until },
  )
  const permission = '{ viewerCan { send { code retryAfterMs } } }'
  const asked = `query ($id: ID!) { room(id: $id) ${permission} }`
  type Asked = { room: { viewerCan: { send: { code: string; retryAfterMs: number } } } }
  for (const server of [wrong, one]) {
    const { send } = (await member.at(server).call<Asked>(asked, { id: roomId })).room.viewerCan
    expect(send.code).toBe('MUTED')
    expect(Math.abs(send.retryAfterMs - 10 * 60_000)).toBeLessThan(60_000)
  }
})

test.for(offsets)('an upload URL of a server whose clock is %s is good at others', async ([, ms], { one, start }) => {
  onTestFinished(setRight)
  skew(ms)
  const wrong = await start()
  const user = await guest(wrong)
  const { createUpload } = await user.call<{ createUpload: { uploadUrl: string; expiresAt: string } }>(
    'mutation { createUpload(input: { name: "a.txt", mimeType: "text/plain", bytes: 5 }) { uploadUrl expiresAt } }',
  )
  setRight()
  const { pathname, search } = new URL(createUpload.uploadUrl, one.url)
  const put = await fetch(new URL(pathname + search, one.url), {
    method: 'PUT',
    headers: { 'content-type': 'text/plain' },
    body: 'hello',
  })
  expect(put.status).toBeLessThan(300)
})

test('a wrong clock is said at /readyz and once in the log, and does not make the server unready', async ({
  start,
}) => {
  onTestFinished(setRight)
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  })
  skew(hourMs)
  const wrong = await start({}, { log: pino({ level: 'info' }, sink) })
  const { status, clock } = await readyz(wrong)
  expect({ status, clock }).toMatchObject({ status: 200, clock: { isGood: false } })
  expect(Math.abs(Number.parseInt(clock?.detail ?? '', 10) - hourMs)).toBeLessThan(10_000)
  expect(lines.filter((line) => line.includes('The clock of this machine is'))).toHaveLength(1)
  setRight()
  expect((await readyz(wrong)).clock?.isGood).toBe(true)
})

test('an invite whose time is over by PostgreSQL cannot be made by a server that is slow', async ({ start }) => {
  onTestFinished(setRight)
  const past = new Date(Date.now() - 60_000).toISOString()
  skew(-hourMs)
  const owner = await guest(await start())
  const { id } = await make(owner, { access: 'INVITE' })
  const mutation =
    'mutation ($roomId: ID!, $at: DateTime) { createInvite(input: { roomId: $roomId, expiresAt: $at }) { invite { id } } }'
  expect(await owner.fail(mutation, { roomId: id, at: past })).toBe('BAD_USER_INPUT')
})
