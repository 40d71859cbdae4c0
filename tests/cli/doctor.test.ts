import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, vi } from 'vitest'
import { judgeVersion } from '../../src/cli/database-checks.ts'
import { checkNode } from '../../src/cli/machine-checks.ts'
import { checkReplica, judgeReplica } from '../../src/cli/replica-checks.ts'
import { clockLimits } from '../../src/config/database.ts'
import { doctorLimits } from '../../src/config/doctor.ts'
import { checkDisk, judgeMigrations, judgeQueue } from '../../src/health/checks.ts'
import type { Finding } from '../../src/health/findings.ts'
import { newUser } from '../support/accounts.ts'
import { kabar } from '../support/command-line.ts'
import { connect as connectTo } from '../support/database.ts'
import { test } from '../support/members.ts'
import { passWithoutNotifications } from '../support/silent-way.ts'

/** Safety settings that the PostgreSQL of the tests has turned off, as doctor reports. */
const unsafe = ['fsync', 'full_page_writes', 'synchronous_commit']

async function examine(databaseUrl: string, env: Record<string, string> = {}, args: readonly string[] = []) {
  const { code, out } = await kabar(databaseUrl, ['doctor', '--json', ...args], { env })
  const { isGood, findings } = JSON.parse(out) as { isGood: boolean; findings: Finding[] }
  expect(code).toBe(isGood ? 0 : 1)
  expect(isGood).toBe(findings.every((finding) => finding.isGood))
  const faults = findings.filter((finding) => !finding.isGood && !unsafe.includes(finding.name))
  return { findings, faults, of: (name: string) => findings.find((finding) => finding.name === name) }
}

afterEach(() => {
  vi.useRealTimers()
})

test('a deployment as it should be has no fault', async ({ one, databaseUrl }) => {
  await newUser(one)
  const { findings, faults } = await examine(databaseUrl)
  expect(faults).toEqual([])
  expect(findings.map(({ name }) => name)).toEqual([
    ...['Node.js', 'settings', 'disk', 'files', 'database', 'changes', 'migrations', 'fsync', 'full_page_writes'],
    ...[
      'synchronous_commit',
      'pg_trgm',
      'standbys',
      'notifications',
      'notification queue',
      'connections',
      'clock',
      'signing key',
      'events',
    ],
  ])
})

test('it prints a line for each finding, and beneath it what to do', async ({ databaseUrl }) => {
  const { code, out, err } = await kabar(databaseUrl, ['doctor'])
  expect(out).toMatch(/^✓ Node\.js: \d+\.\d+\.\d+\n✓ settings: valid\n✓ disk: \d+ MB free\n/)
  expect(out).toContain('✗ fsync: off: a crash can lose confirmed messages\n    Set fsync = on in PostgreSQL.\n')
  expect({ code, err }).toEqual({ code: 1, err: '' })
})

test('it finds a setting that loses messages, and sees when it is mended', async ({ one, databaseUrl }) => {
  const { pool } = one.database
  const name = new URL(databaseUrl).pathname.slice(1)
  for (const setting of ['on', 'off', 'remote_write', 'local']) {
    await pool.query(`alter database ${name} set synchronous_commit = ${setting}`)
    const { of } = await examine(databaseUrl)
    expect(of('synchronous_commit')).toMatchObject({
      isGood: setting !== 'off',
      detail: expect.stringContaining(setting),
    })
  }
  await pool.query(`alter database ${name} reset synchronous_commit`)
})

test('it finds every fault of the settings, and looks no further', async ({ databaseUrl }) => {
  const { findings, faults } = await examine(databaseUrl, { PORT: 'many', GUESTS: 'perhaps' })
  expect(findings.map(({ name }) => name)).toEqual(['Node.js', 'settings', 'settings'])
  expect(faults.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('PORT=many'),
    expect.stringContaining('GUESTS=perhaps'),
  ])
})

test('it finds a database that cannot be reached, and does not print its password', async ({ databaseUrl }) => {
  const { faults, findings } = await examine(databaseUrl, { DATABASE_URL: 'postgresql://me:secret@127.0.0.1:1/kabar' })
  expect(faults).toMatchObject([{ name: 'database', detail: expect.stringContaining('ECONNREFUSED') }])
  expect(JSON.stringify(findings)).not.toContain('secret')
})

describe('migrations', () => {
  test('that are missing are named', () => {
    const found = judgeMigrations({ missing: ['0002_more', '0003_most'], applied: ['0001_init'] })
    expect(found).toMatchObject({ isGood: false, detail: '2 to apply, starting with 0002_more' })
  })

  test('of an empty database come with the first start', async ({ one, databaseUrl }) => {
    const { pool } = one.database
    await pool.query('create database doctor_empty template template0')
    const url = new URL(databaseUrl)
    url.pathname = '/doctor_empty'
    const { of, faults } = await examine(url.href)
    await pool.query('drop database doctor_empty with (force)')
    expect(faults).toEqual([])
    expect(of('migrations')?.detail).toContain('the first start of a server creates all tables')
  })

  test('that are of before, failed or changed are found', async ({ one, databaseUrl }) => {
    const { pool } = one.database
    const last = `migration_name = (select max(migration_name) from _prisma_migrations)`
    const examineAfter = async (change: string) => {
      await pool.query(`update _prisma_migrations set ${change} where ${last}`)
      const { faults } = await examine(databaseUrl)
      return faults
    }
    const old = await examineAfter(`migration_name = '20261121000000_init'`)
    const failed = await examineAfter(`migration_name = '0001_init', finished_at = null`)
    const changed = await examineAfter(`finished_at = now(), checksum = right(checksum, 1) || left(checksum, 63)`)
    expect(await examineAfter('checksum = right(checksum, 63) || left(checksum, 1)')).toEqual([])
    expect(old).toMatchObject([{ name: 'migrations', detail: expect.stringContaining('before the first release') }])
    expect(failed).toMatchObject([{ name: 'migrations', detail: expect.stringContaining('failed in this database') }])
    expect(changed).toMatchObject([{ name: 'migrations', detail: expect.stringContaining('is not the one') }])
  })
})

test('it finds that nobody can search', async ({ one, databaseUrl }) => {
  const { pool } = one.database
  await pool.query('create database doctor_plain template template0')
  const url = new URL(databaseUrl)
  url.pathname = '/doctor_plain'
  const client = await connectTo(url.href)
  await client.query('create table users ()')
  await client.end()
  const { of } = await examine(url.href)
  await pool.query('drop database doctor_plain with (force)')
  expect(of('pg_trgm')).toMatchObject({ isGood: false, advice: expect.stringContaining('create extension pg_trgm') })
})

test('it finds a pooler behind which notifications do not arrive', async ({ databaseUrl }) => {
  const { faults } = await examine(await passWithoutNotifications(databaseUrl))
  expect(faults).toMatchObject([
    {
      name: 'notifications',
      detail: expect.stringContaining('pooler in transaction mode'),
      advice: expect.stringContaining('DOORBELL_URL'),
    },
  ])
})

test('it counts the connections of the servers that run, or that are to run', async ({ one, two, databaseUrl }) => {
  const { rows } = await one.database.pool.query<{ most: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most`,
  )
  const most = rows[0]?.most ?? 0
  const each = 31
  expect(two.url).not.toBe(one.url)
  const running = await examine(databaseUrl)
  expect(running.of('connections')?.detail).toBe(`2 server(s) of ${each} need ${2 * each} of ${most}`)
  const enough = Math.floor(most / each)
  expect((await examine(databaseUrl, {}, ['--servers', String(enough)])).faults).toEqual([])
  const { faults } = await examine(databaseUrl, {}, ['--servers', String(enough + 1)])
  expect(faults).toMatchObject([{ name: 'connections', advice: expect.stringContaining('max_connections') }])
  const refused = await kabar(databaseUrl, ['doctor', '--servers', '0'])
  expect(refused).toEqual({ code: 1, out: '', err: 'servers: must be an integer from 1 to 9999' })
})

test('it finds clocks that are apart', async ({ databaseUrl }) => {
  const at = async (ms: number) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + ms)
    const { faults } = await examine(databaseUrl)
    vi.useRealTimers()
    return faults
  }
  const far = clockLimits.aheadMsMax + 5_000
  expect(await at(far)).toMatchObject([
    { name: 'clock', detail: expect.stringMatching(/^\d+ ms ahead of the database/) },
  ])
  expect(await at(-far)).toMatchObject([
    { name: 'clock', detail: expect.stringMatching(/^\d+ ms behind the database/) },
  ])
})

test('it finds that the keys are gone with which people have signed in', async ({ one, databaseUrl }) => {
  await newUser(one)
  const { pool } = one.database
  await pool.query('create table kept as select * from signing_keys')
  await pool.query('delete from signing_keys')
  const { faults } = await examine(databaseUrl)
  await pool.query('insert into signing_keys select * from kept; drop table kept')
  expect(faults).toMatchObject([{ name: 'signing key', detail: expect.stringContaining('missing') }])
})

describe('files', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kabar-doctor-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
  })

  test('that cannot be written on the disk are found', async ({ databaseUrl }) => {
    await writeFile(join(folder, 'media'), 'in the way')
    const { faults } = await examine(databaseUrl, { KABAR_DATA: folder })
    expect(faults).toMatchObject([{ name: 'files', advice: expect.stringContaining('KABAR_DATA') }])
    await rm(join(folder, 'media'))
    expect((await examine(databaseUrl, { KABAR_DATA: folder })).faults).toEqual([])
  })

  test('that cannot be written in a bucket are found', async ({ databaseUrl }) => {
    await mkdir(join(folder, 'media'))
    const { faults } = await examine(databaseUrl, {
      ...{ KABAR_DATA: folder, MEDIA_S3_BUCKET: 'kabar', MEDIA_S3_ENDPOINT: 'http://127.0.0.1:1' },
      ...{ MEDIA_S3_ACCESS_KEY_ID: 'key', MEDIA_S3_SECRET_ACCESS_KEY: 'secret' },
    })
    expect(faults).toMatchObject([{ name: 'files', advice: expect.stringContaining('MEDIA_S3_') }])
    expect(JSON.stringify(faults)).not.toContain('secret')
  })
})

test('it knows where Node.js, PostgreSQL, the disk and the queue begin to be a fault', async () => {
  expect(checkNode('24.2.0').isGood).toBe(true)
  expect(checkNode('24.1.9').isGood).toBe(false)
  expect(judgeVersion(150_000, '15.0').isGood).toBe(true)
  expect(judgeVersion(140_011, '14.11').isGood).toBe(false)
  const { queueUsageMax } = doctorLimits
  expect(judgeQueue(queueUsageMax).isGood).toBe(true)
  expect(judgeQueue(queueUsageMax + 0.001)).toMatchObject({ isGood: false, advice: expect.stringContaining('end it') })
  const dataDirectory = join(inject('scratchDir'), 'not', 'there', 'yet')
  expect((await checkDisk({ dataDirectory }, 1)).isGood).toBe(true)
  expect(await checkDisk({ dataDirectory }, Number.MAX_SAFE_INTEGER)).toMatchObject({
    isGood: false,
    advice: expect.stringContaining('on the disk of KABAR_DATA'),
  })
})

test('of a replica it says whether it is a standby of the same PostgreSQL, and how far behind', async ({
  databaseUrl,
}) => {
  const client = await connectTo(databaseUrl)
  expect(await checkReplica(client, client)).toMatchObject({ isGood: false, detail: 'is not a standby' })
  const well = { isStandby: true, isSame: true, hasFeedback: true, behindMs: 3 }
  expect(judgeReplica(well)).toMatchObject({ isGood: true, detail: expect.stringContaining('feedback is on') })
  expect(judgeReplica({ ...well, isSame: false }).detail).toBe('is not of the same PostgreSQL')
  expect(judgeReplica({ ...well, behindMs: null })).toMatchObject({
    isGood: false,
    detail: expect.stringContaining('3 s'),
  })
})
