import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrate } from '../src/database/migrations/migrate.ts'
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts'
import { postgresCpuMicros } from './postgres-cpu.ts'
import { median } from './statistics.ts'

/** The PostgreSQL of one run. */
export interface BenchDatabase {
  /** A database that was made for this run. */
  readonly url: string
  readonly version: string
  /** The folder of its data; null when it is not ours. */
  readonly directory: string | null
  /** Makes every commit wait, as a disk does that is slow to flush; 0 takes that back. Resolves with what a commit takes. */
  delayCommits(micros: number): Promise<number>
  /** Milliseconds that one small durable commit takes, the median of many. */
  commitMs(): Promise<number>
  /** CPU that PostgreSQL has used since it began; NaN where that cannot be known. */
  cpuMicros(): number
  close(): Promise<void>
}

const commitsMeasured = 100

/** Starts a durable PostgreSQL in a temporary folder, or makes a database in the one of `given`. */
export async function openBenchDatabase(given: string | undefined): Promise<BenchDatabase> {
  const server = given ? { url: given, directory: null, close: async () => {} } : await startTemporary()
  const name = `kabar_bench_${randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client(server.url)
  await admin.connect()
  await admin.query(`create database ${name}`)
  const own = new URL(server.url)
  own.pathname = `/${name}`
  await migrate({ url: own.href })
  const client = new pg.Client(own.href)
  await client.connect()
  await client.query('create table commits (id integer primary key, count integer not null)')
  await client.query('insert into commits values (1, 0)')
  const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`)
  const backend = (client as unknown as { processID: number }).processID
  const commitMs = () => measureCommit(client)
  return {
    url: own.href,
    version: rows[0]?.version ?? 'unknown',
    directory: server.directory,
    commitMs,
    cpuMicros: () => (server.directory === null ? Number.NaN : postgresCpuMicros(backend)),
    async delayCommits(micros) {
      await admin.query(`alter system set commit_delay = ${micros}`)
      await admin.query(`alter system set commit_siblings = ${micros > 0 ? 0 : 5}`)
      await admin.query('select pg_reload_conf()')
      // a connection takes new settings at its next statement after the signal has come
      while ((await settingOf(client, 'commit_delay')) !== String(micros)) await commitMs()
      return commitMs()
    },
    async close() {
      try {
        await client.end()
        await admin.query(`drop database if exists ${name} with (force)`)
        await admin.end()
      } finally {
        await server.close()
      }
    },
  }
}

async function settingOf(client: pg.Client, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ setting: string }>('select setting from pg_settings where name = $1', [name])
  return rows[0]?.setting
}

async function measureCommit(client: pg.Client): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < commitsMeasured; i++) {
    const startedAt = performance.now()
    await client.query('update commits set count = count + 1 where id = 1')
    times.push(performance.now() - startedAt)
  }
  return median(times)
}

async function startTemporary() {
  const directory = await mkdtemp(join(tmpdir(), 'kabar-bench-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    await chmod(directory, 0o711) // as root, PostgreSQL runs as another user, who must be able to pass
    const server = await startEmbeddedPostgres({ dataDir: directory, durable: true })
    const close = async () => {
      await server.close()
      await remove()
    }
    return { url: server.url, directory, close }
  } catch (error) {
    await remove()
    throw error
  }
}
