// How a server gets its database: the embedded PostgreSQL and the migrations, with real processes that are killed.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, watch, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test as base, describe, expect, inject, onTestFinished } from 'vitest'
import { missingPooler, startPooler } from '../../chaos/pooler.ts'
import { compareMigrations, migrate } from '../../src/database/migrations/migrate.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { openClient } from '../support/database.ts'
import { testMs } from '../support/patience.ts'

const migrationsFolder = join(import.meta.dirname, '../../prisma/migrations')
const embeddedModule = join(import.meta.dirname, '../../src/embedded-postgres/embedded-postgres.ts')

const test = base
  .extend('dataDir', async ({}, { onCleanup }) => {
    const path = await mkdtemp(join(inject('scratchDir'), 'start-'))
    onCleanup(() => rm(path, { recursive: true, force: true }))
    return path
  })
  .extend('start', async ({ dataDir }, { onCleanup }) => {
    const started: EmbeddedPostgres[] = []
    onCleanup(async () => {
      for (const postgres of started) await postgres.close()
    })
    return async () => {
      const postgres = await startEmbeddedPostgres({ dataDir, durable: false })
      started.push(postgres)
      return postgres
    }
  })
  .extend('emptyDatabaseUrl', async ({}, { onCleanup }) => {
    const url = new URL(inject('postgres').url)
    const name = `kabar_empty_${randomUUID().replaceAll('-', '')}`
    await query(url.href, `create database ${name} template template0 strategy file_copy`)
    onCleanup(async () => void (await query(inject('postgres').url, `drop database ${name} with (force)`)))
    url.pathname = `/${name}`
    return url.href
  })
  .extend('migrations', async ({ dataDir }) => {
    await cp(migrationsFolder, join(dataDir, 'migrations'), { recursive: true })
    return {
      directory: join(dataDir, 'migrations'),
      async write(name: string, sql: string) {
        await mkdir(join(dataDir, 'migrations', name), { recursive: true })
        await writeFile(join(dataDir, 'migrations', name, 'migration.sql'), sql)
      },
    }
  })

describe('the embedded PostgreSQL', () => {
  test('keeps its data between runs, behind a password and on loopback alone', async ({ start, dataDir }) => {
    const first = await start()
    await query(first.url, 'create table kept as select 1 as value')
    await first.close()
    const second = await start()

    expect(await query(second.url, 'select value from kept')).toEqual([{ value: 1 }])
    expect(await query(second.url, readSettings)).toEqual([
      { address: '127.0.0.1', sockets: '', checksums: 'on', encoding: 'UTF8', locale: 'C.UTF-8', connections: '400' },
    ])
    const stranger = new URL(second.url)
    stranger.password = 'guessed'
    await expect(query(stranger.href, 'select 1')).rejects.toThrow('password authentication failed')
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600)
  })

  test('writes durably unless a test asks otherwise', async ({ dataDir }) => {
    const postgres = await startEmbeddedPostgres({ dataDir })
    const settings = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
      current_setting('full_page_writes') as pages`
    const rows = await query(postgres.url, settings)
    await postgres.close()
    expect(rows).toEqual([{ fsync: 'on', commit: 'on', pages: 'on' }])
  })

  test('is stopped and started anew when its server was killed', async ({ start, dataDir }) => {
    const server = await spawnServer(dataDir)
    await query(server.url, 'create table kept as select 1 as value')
    await kill(server.process)

    const postgres = await start()

    expect(await query(postgres.url, 'select value from kept')).toEqual([{ value: 1 }])
    expect(postgres.url).not.toBe(server.url)
    await expect(query(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  })

  test('is made anew when the first start was killed in the middle', async ({ start, dataDir }) => {
    const changes = watch(dataDir, { signal: AbortSignal.timeout(testMs) })
    const server = spawnScript(dataDir)
    for await (const { filename } of changes) if (filename?.startsWith('postgres.new-')) break
    await kill(server)
    expect(await readdir(dataDir)).not.toContain('postgres')

    const postgres = await start()

    expect(await query(postgres.url, 'select 1 as value')).toEqual([{ value: 1 }])
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres-password'])
  })

  test('is refused to a second server on the same folder', async ({ start }) => {
    const first = await start()
    await expect(start()).rejects.toThrow(/already in use: another Kabar process.*set KABAR_DATA.*DATABASE_URL/)
    expect(await query(first.url, 'select 1 as value')).toEqual([{ value: 1 }])
  })

  test('is not taken from others who are connected to it', async ({ start, dataDir }) => {
    const server = await spawnServer(dataDir)
    const other = await openClient(`${server.url}&application_name=another%20server`)
    await kill(server.process)

    await expect(start()).rejects.toThrow(/already in use: its PostgreSQL has 1 other sessions \(another server\)/)
    expect((await other.query('select 1 as value')).rows).toEqual([{ value: 1 }])
    await other.end()
    await start()
  })

  test('starts although its old process id belongs to another program now', async ({ start, dataDir }) => {
    const first = await start()
    const port = new URL(first.url).port
    await first.close()
    // Not this process: PostgreSQL itself knows that its parent is no other postmaster.
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    const stale = [bystander.pid, join(dataDir, 'postgres'), 1, port, '', '127.0.0.1', '', 'ready']
    await writeFile(join(dataDir, 'postgres/postmaster.pid'), stale.join('\n'))

    onTestFinished(() => kill(bystander))
    expect(await query((await start()).url, 'select 1 as value')).toEqual([{ value: 1 }])
  })

  test('leaves a folder alone that holds something else', async ({ start, dataDir }) => {
    await mkdir(join(dataDir, 'postgres'))
    await writeFile(join(dataDir, 'postgres/diary.txt'), 'mine')
    await expect(start()).rejects.toThrow(/holds files but no PostgreSQL database.*set KABAR_DATA/)
    expect(await readdir(join(dataDir, 'postgres'))).toEqual(['diary.txt'])
  })

  test('says which fault of its folder keeps it from starting', async ({ start, dataDir }) => {
    await (await start()).close()
    const version = join(dataDir, 'postgres/PG_VERSION')
    await writeFile(version, '15\n')
    await expect(start()).rejects.toThrow(/made by PostgreSQL 15.*pg_dump/)
    await writeFile(version, '18\n')
    await rename(join(dataDir, 'postgres-password'), join(dataDir, 'lost'))
    await expect(start()).rejects.toThrow(/password file .* is missing/)
    await writeFile(join(dataDir, 'postgres-password'), 'of another database')
    await expect(start()).rejects.toThrow(/is not that of the database/)
    await rename(join(dataDir, 'lost'), join(dataDir, 'postgres-password'))
    await rm(join(dataDir, 'postgres/pg_wal'), { recursive: true })
    await expect(start()).rejects.toThrow(/required WAL directory "pg_wal" does not exist/)
    await rm(join(dataDir, 'postgres/global/pg_control'))
    await expect(start()).rejects.toThrow(/damaged: global\/pg_control is missing/)
  })
})

describe('migrations', () => {
  test('are applied once by four servers that start together', async ({ emptyDatabaseUrl: url }) => {
    const names = (await readdir(migrationsFolder)).filter((name) => !name.endsWith('.toml')).sort()
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate({ url })))

    expect(applied.filter((list) => list.length > 0)).toEqual([names])
    expect(await query(url, readMigrations)).toEqual(names.map((name) => ({ name, done: true })))
    expect(await migrate({ url })).toEqual([])
  })

  test('that want no transaction are applied once by servers that start together', async ({
    emptyDatabaseUrl: url,
    migrations,
  }) => {
    const directory = migrations.directory
    await migrate({ url, directory })
    await migrations.write('30000101000000_index', 'create index concurrently extra on users (bio)')
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate({ url, directory })))
    expect(applied.flat()).toEqual(['30000101000000_index'])
  })

  test.skipIf(missingPooler())(
    'are applied once by servers behind a pooler, which keeps no lock',
    async ({ emptyDatabaseUrl: url, migrations, onTestFinished: finish }) => {
      const pooler = await startPooler(url)
      finish(() => pooler.close())
      const directory = migrations.directory
      await migrations.write('30000101000000_index', 'create index concurrently extra on users (bio)')
      const applied = await Promise.all(Array.from({ length: 4 }, () => migrate({ url: pooler.url, directory })))
      expect(applied.filter((list) => list.length > 0)).toHaveLength(1)
      expect(await query(url, readLocks)).toEqual([])
      expect(await migrate({ url: pooler.url, directory })).toEqual([])
    },
  )

  test('that fail leave nothing behind and are tried again', async ({ emptyDatabaseUrl: url, migrations }) => {
    const directory = migrations.directory
    await migrations.write('30000101000000_bad', 'create table half (id int); select 1 / 0')
    await expect(migrate({ url, directory })).rejects.toThrow(/30000101000000_bad failed.*division by zero.*22012/)
    await expect(query(url, 'select from half')).rejects.toThrow('does not exist')

    await migrations.write('30000101000000_bad', 'create table half (id int)')
    expect(await migrate({ url, directory })).toEqual(['30000101000000_bad'])
  })

  test('that want no transaction run alone, and stop the next start when they fail', async ({
    emptyDatabaseUrl: url,
    migrations,
  }) => {
    const directory = migrations.directory
    await migrations.write('30000101000000_index', 'create index concurrently extra on users (bio)')
    expect(await migrate({ url, directory })).toContain('30000101000000_index')
    await migrations.write('30000101000001_again', 'create index concurrently extra on users (bio)')
    await expect(migrate({ url, directory })).rejects.toThrow(/30000101000001_again failed.*already exists/)
    await expect(migrate({ url, directory })).rejects.toThrow(/failed in this database before.*migrate resolve/)
  })

  test('that were changed after they were applied are refused', async ({ emptyDatabaseUrl: url, migrations }) => {
    const directory = migrations.directory
    await migrations.write('30000101000000_more', 'create table more (id int)')
    await migrate({ url, directory })
    await migrations.write('30000101000000_more', 'create table more (id bigint)')
    await expect(migrate({ url, directory })).rejects.toThrow(/30000101000000_more is not the one that was applied/)
  })

  test('from before the first release are refused, and nothing is changed', async ({
    emptyDatabaseUrl: url,
    migrations,
  }) => {
    const directory = migrations.directory
    await rename(join(directory, '0001_init'), join(directory, '20261121000000_init'))
    await migrate({ url, directory })
    await expect(migrate({ url })).rejects.toThrow(/before the first release.*20261121000000_init.*KABAR_DATA/)
    await expect(compareMigrations({ url })).rejects.toThrow(/before the first release/)
    expect(await query(url, readMigrations)).toEqual([{ name: '20261121000000_init', done: true }])
  })

  test('of a newer release are accepted with a warning', async ({ emptyDatabaseUrl: url, migrations }) => {
    await migrations.write('30000101000000_newer', 'create table newer (id int)')
    await migrate({ url, directory: migrations.directory })
    const warnings: string[] = []
    expect(await migrate({ url, warn: (message) => warnings.push(message) })).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('30000101000000_newer')])
  })

  test('say which database they cannot reach, without its password', async () => {
    const url = 'postgresql://someone:secret@127.0.0.1:1/kabar'
    const error = await migrate({ url }).catch((thrown: unknown) => String(thrown))
    expect(error).toMatch(/cannot open its database "kabar" on 127\.0\.0\.1:1 as "someone".*Check DATABASE_URL/)
    expect(error).not.toContain('secret')
  })
})

const readSettings = `select current_setting('listen_addresses') as address,
  current_setting('unix_socket_directories') as sockets, current_setting('data_checksums') as checksums,
  current_setting('max_connections') as connections, pg_encoding_to_char(encoding) as encoding, datlocale as locale
  from pg_database where datname = current_database()`

const readLocks = `select objid
  from pg_locks join pg_database on oid = database
  where locktype = 'advisory' and datname = current_database()`

const readMigrations = `select migration_name as name, finished_at is not null as done
  from _prisma_migrations order by started_at`

async function query(url: string, text: string): Promise<unknown[]> {
  const client = await openClient(url)
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** A process of its own that embeds PostgreSQL, to be killed. */
function spawnScript(dataDir: string): ChildProcess {
  const script = `import { startEmbeddedPostgres } from ${JSON.stringify(embeddedModule)}
    console.log((await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false })).url)`
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: [...stdio] })
}

async function spawnServer(dataDir: string): Promise<{ process: ChildProcess; url: string }> {
  const child = spawnScript(dataDir)
  if (!child.stdout) throw new Error('the child has no output')
  const [url] = await once(createInterface({ input: child.stdout }), 'line', { signal: AbortSignal.timeout(testMs) })
  return { process: child, url }
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}
