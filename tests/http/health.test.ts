import { request } from 'node:http'
import { describe, expect } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { healthLimits } from '../../src/config/doctor.ts'
import type { Finding } from '../../src/health/findings.ts'
import { judgeDoorbell, judgeLoopLag, judgeReplicaUse, judgeSends } from '../../src/health/readiness.ts'
import { test } from '../support/server.ts'

interface Ready {
  status: string
  findings?: Finding[]
}

/** Asks over plain HTTP, where any header may be given. */
function ask(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: Ready }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.toArray().then((chunks) => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as Ready })
      }, reject)
    })
      .on('error', reject)
      .end()
  })
}

test('/healthz says that the process runs, and /readyz each thing that it depends on', async ({ one }) => {
  expect(await ask(`${one.url}/healthz`)).toEqual({ status: 200, body: { status: 'ok' } })
  const { status, body } = await ask(`${one.url}/readyz`)
  expect({ status, said: body.status }).toEqual({ status: 200, said: 'ready' })
  expect(body.findings?.map(({ name }) => name)).toEqual([
    ...['database', 'migrations', 'doorbell', 'sends', 'event loop', 'disk', 'clock', 'draining'],
  ])
  expect(body.findings?.filter(({ isGood }) => !isGood)).toEqual([])
})

test.for(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'])(
  'what a proxy on this machine hands on with %s gets no findings',
  async (header, { one }) => {
    expect(await ask(`${one.url}/readyz`, { [header]: '203.0.113.7' })).toEqual({
      status: 200,
      body: { status: 'ready' },
    })
  },
)

test('a database without a migration of this release makes a server unready, with the reason', async ({ one }) => {
  const { pool } = one.database
  const rename = (from: string, to: string) =>
    pool.query('update _prisma_migrations set migration_name = $2 where migration_name = $1', [from, to])
  await rename('0001_init', '0000_other')
  const { status, body } = await ask(`${one.url}/readyz`)
  await rename('0000_other', '0001_init')
  expect({ status, said: body.status }).toEqual({ status: 503, said: 'not ready' })
  const faults = body.findings?.filter(({ isGood }) => !isGood)
  expect(faults).toMatchObject([{ name: 'migrations', detail: expect.stringContaining('0000_other') }])
  expect((await ask(`${one.url}/readyz`)).status).toBe(200)
})

test('many questions at once cost the database one answer', async ({ one }) => {
  const before = one.database.figures().own.open
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(`${one.url}/readyz`)))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(one.database.figures().own.open).toBeLessThanOrEqual(Math.max(before, 2))
})

describe('a finding', () => {
  const lag = healthLimits.loopLagMsMax
  const bus = readConfig({ DOORBELL_URL: 'nats://bus.example' }).doorbell
  const judged: [name: string, finding: Finding, isGood: boolean][] = [
    ['of notifications that arrive', judgeDoorbell('listening'), true],
    ['of polling', judgeDoorbell('polling'), true],
    ['of no connection for notifications', judgeDoorbell('away'), false],
    ['of a bus that is heard', judgeDoorbell('listening', bus), true],
    ['of a bus that is not heard', judgeDoorbell('polling', bus), false],
    ['of a replica that was not asked yet', judgeReplicaUse({ isUsed: null, reason: 'not asked yet' }), true],
    ['of a replica that is used', judgeReplicaUse({ isUsed: true, reason: 'it answers' }), true],
    ['of a replica that is not used', judgeReplicaUse({ isUsed: false, reason: 'it is behind' }), false],
    ['of sends that wait', judgeSends(80, 100), true],
    ['of too many sends that wait', judgeSends(81, 100), false],
    ['of a late event loop', judgeLoopLag(lag), true],
    ['of an event loop that is too late', judgeLoopLag(lag + 1), false],
  ]
  test.for(judged)('%s says what to do when it is not good', ([, finding, isGood]) => {
    expect({ isGood: finding.isGood, hasAdvice: finding.advice !== '' }).toEqual({ isGood, hasAdvice: !isGood })
  })
})
