// A hot standby of an embedded PostgreSQL. It can be paused, frozen, killed, and promoted.

import { type ChildProcess, execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { childrenOf } from '../../chaos/postgres.ts'
import { type Account, chooseAccount, findBinaries } from '../../src/embedded-postgres/binaries.ts'
import { patienceMs } from './patience.ts'
import { freePort } from './ports.ts'

/** A running standby. */
export interface Standby {
  /** The same database as that of the primary's URL. */
  readonly url: string
  /** Runs a statement on it. */
  query(text: string): Promise<pg.QueryResult>
  /** Waits until it has replayed everything that the primary has written by now. */
  follow(): Promise<void>
  /** Stops all its processes with SIGSTOP; `thaw` lets them go on. */
  freeze(): void
  thaw(): void
  /** Ends all its processes at once; `start` starts it again, at the same port. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** Where a standby comes from, and where it goes. */
export interface StandbyOptions {
  /** The URL of a superuser at the primary. */
  readonly primaryUrl: string
  /** The data of the primary. */
  readonly primaryFolder: string
  /** A folder that does not exist yet; in the scratch folder of a run it is stopped with everything else. */
  readonly folder: string
}

/** Names of the data folder that are of one running PostgreSQL alone. */
const ownNames = ['pg_wal', 'pg_replslot', 'postmaster.pid', 'postmaster.opts']

/** The least of a standby is what the primary has: the tests' PostgreSQL has the most. */
const settings = {
  ...{ listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '400' },
  ...{ hot_standby: 'on', fsync: 'off', wal_retrieve_retry_interval: '100ms', lc_messages: 'C' },
}

/** Copies a running PostgreSQL, and starts the copy as its hot standby. */
export async function startStandby({ primaryUrl, primaryFolder, folder }: StandbyOptions): Promise<Standby> {
  const binaries = await findBinaries()
  await mkdir(folder, { mode: 0o711 })
  const account = await chooseAccount(binaries, folder)
  const data = join(folder, 'postgres')
  const primary = await connect(primaryUrl)
  await copyOnline(primary, { from: primaryFolder, to: data, account })
  const port = await freePort()
  const url = new URL(primaryUrl)
  url.port = String(port)
  const all = { ...settings, port: String(port), primary_conninfo: connectionTo(primaryUrl) }
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const launch = () =>
    account.spawn(binaries.postgres, ['-D', data, ...args], { stdio: ['ignore', 'ignore', 'ignore'] })
  let child = launch()
  const query = async (text: string) => {
    const client = await connect(url.href)
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }
  const answers = () => query('select 1').then(Boolean, () => false)
  await until('answers', answers)
  const kill = async () => {
    const ended = once(child, 'close')
    signalAll(child, 'SIGKILL')
    await ended
  }
  return {
    url: url.href,
    query,
    async follow() {
      const { rows } = await primary.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')
      const reached = `select where pg_last_wal_replay_lsn() >= '${rows[0]?.lsn}'`
      await until('follows', async () => (await query(reached)).rowCount === 1)
    },
    freeze: () => signalAll(child, 'SIGSTOP'),
    thaw: () => signalAll(child, 'SIGCONT'),
    kill,
    async start() {
      child = launch()
      await until('answers', answers)
    },
    async close() {
      await primary.end()
      if (child.exitCode === null && child.signalCode === null) await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Copies the data of a running PostgreSQL, as its manual says in 25.3.3, and makes it that of a standby. */
async function copyOnline(
  primary: pg.Client,
  { from, to, account }: { from: string; to: string; account: Account },
): Promise<void> {
  await mkdir(to, { mode: 0o700 })
  await primary.query('select pg_backup_start($1, true)', [randomUUID()])
  const names = (await readdir(from)).filter((name) => !ownNames.includes(name))
  await promisify(execFile)('cp', ['-a', ...names.map((name) => join(from, name)), to])
  const { rows } = await primary.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
  const made = ['pg_wal', 'pg_replslot'].map((name) => join(to, name))
  for (const path of made) await mkdir(path, { mode: 0o700 })
  const written = { backup_label: rows[0]?.labelfile ?? '', 'standby.signal': '' }
  for (const [name, content] of Object.entries(written)) {
    made.push(join(to, name))
    await writeFile(join(to, name), content)
  }
  for (const path of [to, ...made]) await account.own(path)
}

function connectionTo(primaryUrl: string): string {
  const { hostname, port, username, password } = new URL(primaryUrl)
  return `host=${hostname} port=${port} user=${username} password=${password} sslmode=disable`
}

/** Signals all processes, the first one first, so that it starts no others meanwhile. */
function signalAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  process.kill(pid, signal)
  for (const id of childrenOf(pid)) {
    try {
      process.kill(id, signal)
    } catch {
      // it has ended meanwhile
    }
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => {}) // a connection that breaks also fails the query
  await client.connect()
  return client
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + patienceMs; !(await isSo()); await wait(10)) {
    if (performance.now() > end) throw new Error(`it never came that the standby ${what}`)
  }
}
