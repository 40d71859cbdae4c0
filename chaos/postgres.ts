// The PostgreSQL of a run: our own, which may be killed and frozen, or one that is given, which may not.

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts'
import { mountSmallDisk } from './small-disk.ts'

/** How PostgreSQL goes down: an orderly end, a crash of all its processes, or of the first of them alone. */
export type Death = 'fast' | 'immediate' | 'kill'

/** The processes of a PostgreSQL of our own. */
export interface PostgresProcess {
  /** The folder of its data. */
  readonly folder: string
  /** Stops it in this way. */
  kill(how: Death): Promise<void>
  /** Starts it again. Its port is another one. */
  start(): Promise<void>
  /** Stops all its processes with SIGSTOP; `thaw` lets them go on. */
  freeze(): void
  /** Keeps a copy of its data, while it is stopped. */
  keepCopy(): Promise<void>
  /** Puts the copy into the place of its data, while it is stopped. */
  putBackCopy(): Promise<void>
  /** Another PostgreSQL, a copy of this one, takes its place: its URL is that of the run from now on. */
  replace(url: string): void
  thaw(): void
}

/** The PostgreSQL of a run. */
export interface Postgres {
  /** Where it is now, past all proxies. */
  url(): string
  /** Null when it is not ours. */
  readonly process: PostgresProcess | null
  /** Runs one statement on a connection of its own. */
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

/** Uses a database that is given and migrated. */
export function usePostgres(url: string): Postgres {
  return { url: () => url, process: null, query: (text, values) => queryOnce(url, text, values), close: async () => {} }
}

/** Starts a durable PostgreSQL in a temporary folder, or on a small disk. */
export async function startPostgres(onSmallDisk = false): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-chaos-'))
  await chmod(folder, 0o711) // as root, PostgreSQL runs as another user, who must be able to pass
  const unmount = onSmallDisk ? mountSmallDisk(folder) : () => {}
  const open = () => startEmbeddedPostgres({ dataDir: folder, durable: true })
  let server: EmbeddedPostgres | null = await open()
  let { url } = server
  // the smallest queue of NOTIFY that there can be, so that a run can fill it: 64 pages of 8 kB
  await queryOnce(url, 'alter system set max_notify_queue_pages = 64')
  // so that its log leaves room for data
  if (onSmallDisk) await queryOnce(url, "alter system set max_wal_size = '64MB'")
  await server.close()
  server = await open()
  url = server.url
  const pid = () => Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
  const signalAll = (signal: NodeJS.Signals) => {
    const postmaster = pid()
    // the first process first, so that it starts no others meanwhile
    for (const id of [postmaster, ...childrenOf(postmaster)]) process.kill(id, signal)
  }
  const signals = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const
  return {
    url: () => url,
    query: (text, values) => queryOnce(url, text, values),
    process: {
      folder,
      async kill(how) {
        process.kill(pid(), signals[how])
        // waits until it is gone, and gives the folder back
        await server?.close()
        server = null
      },
      async start() {
        server ??= await open()
        url = server.url
      },
      freeze: () => signalAll('SIGSTOP'),
      keepCopy: () => copyFolder(join(folder, 'postgres'), join(folder, 'copy')),
      async putBackCopy() {
        await rm(join(folder, 'postgres'), { recursive: true })
        await copyFolder(join(folder, 'copy'), join(folder, 'postgres'))
      },
      thaw: () => signalAll('SIGCONT'),
      replace(other) {
        url = other
      },
    },
    async close() {
      await server?.close()
      unmount()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Copies a folder with its owners and modes, which PostgreSQL insists on. */
async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to])
}

/** The child processes of a process, where the system tells (Linux). */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number)
}

function parentOf(pid: string): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1])
  } catch {
    return null // it has ended meanwhile
  }
}

async function queryOnce<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'chaos', connectionTimeoutMillis: 10_000 })
  client.on('error', () => {}) // a connection that breaks also fails the query
  try {
    await client.connect()
    return (await client.query<Row>(text, [...values])).rows
  } finally {
    await client.end().catch(() => {})
  }
}
