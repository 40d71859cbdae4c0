// Backups: a database goes into a file and back, with real servers before and after.

import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type pg from 'pg'
import { describe, expect, inject } from 'vitest'
import { backupLimits } from '../../src/config/database.ts'
import { quote, readTables } from '../../src/database/backup/tables.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { startServer } from '../../src/server.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { test as base, connect, openClient } from '../support/database.ts'
import { findBreaks } from '../support/feeds.ts'
import { testConfig } from '../support/server.ts'

const test = base
  .extend('folder', { scope: 'file' }, async () => mkdtemp(join(inject('scratchDir'), 'backup-')))
  .extend('emptyUrl', async ({}, { onCleanup }) => {
    const url = new URL(inject('postgres').url)
    const name = `kabar_empty_${randomUUID().replaceAll('-', '')}`
    const admin = await openClient(url.href)
    await admin.query(`create database ${name} template template0 strategy file_copy`)
    onCleanup(async () => {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    })
    url.pathname = `/${name}`
    return url.href
  })
  /** A backup of two people, a room and a message. */
  .extend('file', { scope: 'file' }, async ({ databaseUrl, folder }) => {
    const { writeBackup } = await import('../../src/database/backup/backup.ts')
    const server = await startServer(testConfig(databaseUrl))
    try {
      const [ada, bob] = [await guest(server), await guest(server)]
      await send(ada, await makeRoom(ada, [bob]), 'hello')
    } finally {
      await server.close()
    }
    const file = join(folder, 'small.kabar')
    await writeBackup({ url: databaseUrl, file })
    return file
  })

/** Everything in a database. */
async function contents(url: string): Promise<Record<string, string[]>> {
  const client = await openClient(url)
  try {
    const all: Record<string, string[]> = {}
    for (const { name, columns } of await readTables(client)) {
      const { rows } = await client.query<{ row: string }>(
        `select row(${columns.map(quote).join()})::text as row from ${quote(name)} order by 1`,
      )
      all[name] = rows.map(({ row }) => row)
    }
    return all
  } finally {
    await client.end()
  }
}

/** The foreign keys and triggers, which a restore takes away for a while. */
async function rulesOf(url: string): Promise<unknown[]> {
  const client = await openClient(url)
  const { rows } = await client.query(`
    select conname::text as name, pg_get_constraintdef(oid) || convalidated::text as rule from pg_constraint where contype = 'f'
    union all
    select tgname, pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal
    order by 1, 2`)
  await client.end()
  return rows
}

async function tablesOf(client: pg.Client): Promise<string[]> {
  return (await readTables(client)).map(({ name }) => name)
}

test('a backup taken while people talk is of one moment, and a restore of it continues cursors that it has seen', async ({
  databaseUrl,
  emptyUrl,
  folder,
}) => {
  const server = await startServer(testConfig(databaseUrl))
  const [ada, bob] = [await guest(server), await guest(server)]
  const roomId = await makeRoom(ada, [bob])
  const odd = 'a "b", (c)\\ \u2028 {null}\n\u{1F375}'
  const { cursor: first } = await send(ada, roomId, odd)
  await send(bob, roomId, 'line')
  let isDone = false
  const talk = async () => {
    for (let index = 0; !isDone; index++) await send(index % 2 ? ada : bob, roomId, `line ${index}`)
  }
  const talking = talk()
  const [during, after] = [join(folder, 'during.kabar'), join(folder, 'after.kabar')]
  const taken = await kabar(databaseUrl, ['backup', during]).finally(() => (isDone = true))
  await talking
  const lost = (await send(ada, roomId, 'after the backup')).cursor
  await server.close()
  expect(taken).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Wrote [\d,]+ rows.*\nUploaded files are not in it/),
  })
  expect((await stat(during)).mode & 0o777).toBe(0o600)

  expect(await kabar(emptyUrl, ['restore', during])).toMatchObject({ code: 0, err: '' })
  const restored = await connect(emptyUrl)
  const { rows } = await restored.query(`
    select last_number = max(number) as numbers, head = (select max(seq) from events where topic_id = topics.id) as events
    from topics
    join messages on room_id = topics.id
    group by topics.id`)
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows) expect(row).toEqual({ numbers: true, events: true })
  const resume = async (after: string) => {
    const again = await startServer(testConfig(emptyUrl))
    try {
      const stream = ada
        .at(again)
        .follow<{ roomEvents: { __typename: string } }>(
          `subscription ($roomId: ID!, $after: EventCursor) { roomEvents(roomId: $roomId, after: $after) { __typename } }`,
          { roomId, after },
        )
      return (await stream.nextData()).roomEvents.__typename
    } finally {
      await again.close()
    }
  }
  expect(await resume(lost)).toBe('ResyncRequired')
  expect(await resume(first)).toBe('MessageSent')
  expect(await findBreaks(restored)).toEqual([])

  await kabar(databaseUrl, ['backup', after])
  expect(await kabar(emptyUrl, ['restore', after, '--force'])).toMatchObject({ code: 0, err: '' })
  // the restore itself is recorded
  await restored.query(`delete from audit_events where detail like 'restore %'`)
  expect(await contents(emptyUrl)).toEqual(await contents(databaseUrl))
  expect(await rulesOf(emptyUrl)).toEqual(await rulesOf(databaseUrl))
  expect((await restored.query('select from messages where body = $1', [odd])).rowCount).toBe(1)
  expect(await resume(lost)).toBe('Synced')
})

describe('a restore is refused, before anything is changed,', () => {
  const change = (text: string, from: string | RegExp, to: string) => gzipSync(text.replace(from, to))
  const cut = (share: number) => (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * share))
  const long = 'x'.repeat(backupLimits.lineLengthMax)
  const damaged = /is not a complete backup of Kabar.*Nothing was changed/
  const cases: [string, (bytes: Buffer, text: string) => Buffer, RegExp][] = [
    ['of an empty file', cut(0), damaged],
    ['of a third of a file', cut(1 / 3), damaged],
    ['of a file whose last byte is missing', (bytes) => bytes.subarray(0, -1), damaged],
    ['of a file without its last line', (_, text) => gzipSync(text.slice(0, text.lastIndexOf('\n', -2))), damaged],
    ['of a file without one of its rows', (_, text) => change(text, /"\(.*\n/, ''), damaged],
    [
      'of a file with a changed byte',
      (bytes) => Buffer.from(bytes.map((byte, at) => (at === 600 ? byte ^ 1 : byte))),
      damaged,
    ],
    ['of something else', () => Buffer.from('select 1'), damaged],
    ['of a line that is longer than any row', (_, text) => change(text, /"\(.*/, `"(${long})"`), damaged],
    ['of something else in gzip', () => gzipSync('{"a":1}\n'), damaged],
    [
      'of a newer release',
      (_, text) => change(text, '"0001_init"', '"0001_init","9999_next"'),
      /newer release.*9999_next/,
    ],
  ]
  test.for(cases)('%s', async ([, spoil, reason], { file, emptyUrl, folder }) => {
    const bytes = await readFile(file)
    const spoilt = join(folder, `${randomUUID()}.kabar`)
    await writeFile(spoilt, spoil(bytes, gunzipSync(bytes).toString()))
    const ran = await kabar(emptyUrl, ['restore', spoilt, '--force'])
    expect(ran).toEqual({ code: 1, out: '', err: expect.stringMatching(reason) })
    expect(await tablesOf(await connect(emptyUrl))).toEqual([])
  })

  test('of a file that is not there', async ({ emptyUrl, folder }) => {
    const { code, err } = await kabar(emptyUrl, ['restore', join(folder, 'none')])
    expect([code, err]).toEqual([1, expect.stringContaining('ENOENT')])
  })

  test('over data, unless it is forced; and while a server runs in any case', async ({ file, databaseUrl, folder }) => {
    const server = await startServer(testConfig(databaseUrl))
    await guest(server, 'Late')
    const running = await kabar(databaseUrl, ['restore', file, '--force'])
    await server.close()
    expect(running).toMatchObject({ code: 1, err: expect.stringContaining('Stop all of') })
    const before = await contents(databaseUrl)
    const ran = await kabar(databaseUrl, ['restore', file])
    expect(ran).toMatchObject({ code: 1, err: expect.stringMatching(/has data already.*--force/) })
    expect(await contents(databaseUrl)).toEqual(before)
    expect(await kabar(databaseUrl, ['restore', file, '--force'])).toMatchObject({ code: 0 })
    expect((await contents(databaseUrl)).users?.join()).not.toContain('Late')
    expect(await kabar(databaseUrl, ['backup', file])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/another name/),
    })
    expect(await kabar(databaseUrl, ['backup', join(folder, 'no', 'where')])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/cannot write the backup.*ENOENT/),
    })
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([])
  })

  test('into a database that is ahead of it', async ({ file, emptyUrl }) => {
    await kabar(emptyUrl, ['migrate'])
    const client = await connect(emptyUrl)
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at) values ('x', '', '9999_next', now())`,
    )
    const ran = await kabar(emptyUrl, ['restore', file])
    expect(ran).toMatchObject({ code: 1, err: expect.stringMatching(/older release.*9999_next.*new database/) })
  })
})

test('a backup moves between the embedded PostgreSQL and another', async ({ file, folder, databaseUrl, emptyUrl }) => {
  const dataDir = join(folder, 'data')
  await chmod(folder, 0o711)
  const env = { DATABASE_URL: '', KABAR_DATA: dataDir }
  await (await startEmbeddedPostgres({ dataDir, durable: false })).close()
  expect(await kabar(databaseUrl, ['restore', file], { env })).toMatchObject({ code: 0 })
  const back = join(folder, 'back.kabar')
  expect(await kabar(databaseUrl, ['backup', back], { env })).toMatchObject({ code: 0 })
  await kabar(emptyUrl, ['restore', back])
  const text = gunzipSync(await readFile(file)).toString()
  for (const row of (await contents(emptyUrl)).messages ?? ['none']) expect(text).toContain(JSON.stringify(row))
})

test('nothing is in the database that a backup would leave out', async ({ databaseUrl }) => {
  const client = await connect(databaseUrl)
  const { rows } = await client.query(`
    select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('S', 'm', 'f')
    union all
    select attrelid::regclass || '.' || attname from pg_attribute where attidentity <> ''`)
  expect(rows).toEqual([])
})

describe('psql', () => {
  test('gets its arguments as they are, and no password where others can read it', async ({ databaseUrl, folder }) => {
    const program = join(folder, 'psql')
    await writeFile(
      program,
      `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/args'; printf %s "$PGPASSWORD" > '${folder}/password'; exit 3\n`,
    )
    await chmod(program, 0o755)
    const url = new URL(databaseUrl)
    url.password = 's%20ecret'
    const ran = await kabar(url.href, ['psql', '-c', 'select 1', '--', '-x'], {
      env: { PATH: `${folder}:/bin:/usr/bin` },
    })
    expect(ran).toEqual({ code: 1, out: '', err: '' })
    url.password = ''
    expect(await readFile(join(folder, 'args'), 'utf8')).toBe(`--dbname\n${url.href}\n-c\nselect 1\n--\n-x\n`)
    expect(await readFile(join(folder, 'password'), 'utf8')).toBe('s ecret')
  })

  test('says how to get it where it is missing', async ({ databaseUrl, folder }) => {
    const ran = await kabar(databaseUrl, ['psql'], { env: { PATH: join(folder, 'nothing') } })
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('apt-get install postgresql-client') })
  })
})
