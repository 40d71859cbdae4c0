// The postmaster process: starts it, stops it, and finds one that a killed server has left behind.

import { type ChildProcess, execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { embeddedLimits } from '../config/database.ts'
import { StartError } from '../database/start-error.ts'
import type { Account, Binaries } from './binaries.ts'

const { startMs, startTriesMax, fastStopMs, immediateStopMs, sessionsEndMs } = embeddedLimits
const { pollMs, orphanAnswerMs, recentLinesMax } = embeddedLimits

/** A running postmaster of ours. */
export type Postmaster = {
  port: number
  /** Resolves when the process is gone, with the reason and the last lines that it wrote. */
  exited: Promise<string>
  /** Shuts it down, by force when it does not end in time. */
  stop(): Promise<void>
}

/** One database folder, and the programs and account that run it. */
export type Cluster = { folder: string; binaries: Binaries; account: Account; password: string }

interface StartOptions {
  durable: boolean
  log: (line: string) => void
  /** The port of an earlier start; without it a free one. */
  port?: number
  /** Aborts the start. */
  signal?: AbortSignal
}

/** Starts PostgreSQL on a port of 127.0.0.1 and waits until it is ready. */
export async function startPostmaster(cluster: Cluster, options: StartOptions): Promise<Postmaster> {
  const { signal = new AbortController().signal } = options
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await findFreePort())
    const settings = { ...baseSettings(port), ...(options.durable ? {} : unsafeSettings) }
    const postmaster = launch(cluster, settings, options.log)
    const timer = wait(startMs, `it was not ready after ${startMs / 1000} s`, { ref: false, signal })
    const late = timer.catch(() => 'it is to stop')
    const failure = await Promise.race([postmaster.ready, postmaster.exited, late])
    if (failure === '') return { port, exited: postmaster.exited, stop: postmaster.stop }
    await postmaster.stop()
    // Somebody else took the port meanwhile, or processes of a killed postmaster have not noticed yet.
    const isPassing = /could not (bind|create any TCP)|pre-existing shared memory/.test(failure)
    if (isPassing && attempt < startTriesMax && !signal.aborted) await wait(200 * attempt)
    else throw startFailure(cluster.folder, failure)
  }
}

/**
 * Ends a PostgreSQL that a killed server has left running on this folder.
 *
 * Also removes a postmaster.pid whose process is gone, or is another program now. Throws a StartError when other
 * clients are connected to it.
 */
export async function endOrphan(cluster: Cluster, log: (line: string) => void): Promise<void> {
  const { file, pid, port } = await readPostmaster(cluster.folder)
  if (!Number.isInteger(pid) || pid < 2) return
  if (isAlive(pid) && (await isPostmaster(pid, cluster.folder, port, cluster.password))) {
    log(`a PostgreSQL that an earlier start has left behind is running (process ${pid}): stopping it`)
    await refuseWhileUsed(cluster, port)
    await stopProcess({ isRunning: () => isAlive(pid), kill: (signal) => process.kill(pid, signal) }, cluster)
    return
  }
  // PostgreSQL would refuse to start when another program has got that process id. Where nothing has it, PostgreSQL looks
  // in the file for the memory that the last sessions of a killed postmaster may still use.
  if (isThere(pid)) await rm(file, { force: true })
}

/** Reads what a postmaster wrote down when it started. NaN or 0 where it did not. */
export async function readPostmaster(folder: string): Promise<{ file: string; pid: number; port: number }> {
  const file = join(folder, 'postmaster.pid')
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  return { file, pid: Number(lines[0]), port: Number(lines[3]) }
}

/** The error for a data folder that another process is using. */
export function inUse(folder: string, reason: string): StartError {
  return new StartError(
    `The data folder ${folder} is already in use: ${reason}. Two servers cannot embed one database. Stop the other one, ` +
      'or set KABAR_DATA to another folder, or set DATABASE_URL so that both use one PostgreSQL.',
  )
}

type Signalled = { isRunning(): boolean; kill(signal: NodeJS.Signals): void }

const baseSettings = (port: number): Record<string, string> => ({
  port: String(port),
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  password_encryption: 'scram-sha-256',
  log_checkpoints: 'off',
  log_line_prefix: '',
  lc_messages: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
})

/** For throw-away data, which many servers of a test run share. */
const unsafeSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' }

function launch(cluster: Cluster, settings: Record<string, string>, log: (line: string) => void) {
  const { binaries, account, folder } = cluster
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = account.spawn(binaries.postgres, ['-D', folder, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const recent: string[] = []
  const ready = Promise.withResolvers<string>()
  const onLine = (line: string) => {
    recent.push(line)
    if (recent.length > recentLinesMax) recent.shift()
    if (line.includes('database system is ready to accept connections')) ready.resolve('')
    log(line)
  }
  if (child.stderr) createInterface({ input: child.stderr }).on('line', onLine)
  let isRunning = true
  const exited = new Promise<string>((resolve) => {
    const end = (reason: string) => {
      isRunning = false
      resolve([reason, ...recent].join('\n'))
    }
    child.once('error', (error) => end(error.message))
    child.once('close', (code, signal) => end(`it ended with ${signal ?? `code ${code}`}`))
  })
  const stop = () => stopProcess({ isRunning: () => isRunning, kill: (signal) => killChild(child, signal) }, cluster)
  return { ready: ready.promise, exited, stop }
}

function killChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) child.kill(signal)
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one (manual, section 18.5). */
async function stopProcess(target: Signalled, { folder, binaries, account }: Cluster): Promise<void> {
  const steps: [NodeJS.Signals, number][] = [
    ['SIGINT', fastStopMs],
    ['SIGQUIT', immediateStopMs],
    ['SIGKILL', immediateStopMs],
  ]
  for (const [signal, stepMs] of steps) {
    if (!target.isRunning()) return
    // Windows has no signals: pg_ctl tells the server through a pipe.
    if (process.platform === 'win32' && signal !== 'SIGKILL') {
      account.spawn(binaries.pgCtl, ['stop', '-D', folder, '-m', signal === 'SIGINT' ? 'fast' : 'immediate', '-W'], {})
    } else target.kill(signal)
    for (const end = Date.now() + stepMs; target.isRunning() && Date.now() < end; ) await wait(pollMs)
  }
}

/** Tells whether this process is a postmaster on this folder, rather than a stranger with the same process id. */
async function isPostmaster(pid: number, folder: string, port: number, password: string): Promise<boolean> {
  const words = await commandOf(pid)
  if (words) return ` ${words.join(' ')} `.includes(` -D ${folder} `)
  return withClient(port, password, async () => true).catch(() => false)
}

/** The command line of a process, or null where the system does not tell. */
async function commandOf(pid: number): Promise<string[] | null> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null)
  if (text !== null) return text.split('\0')
  if (process.platform === 'win32') return null
  return new Promise((resolve) =>
    execFile('ps', ['-ww', '-o', 'args=', '-p', String(pid)], (error, output) =>
      resolve(error ? null : [output.trim()]),
    ),
  )
}

async function refuseWhileUsed({ folder, password }: Cluster, port: number): Promise<void> {
  for (const end = Date.now() + sessionsEndMs; ; await wait(pollMs)) {
    // One that does not answer is starting, stopping or hanging: nobody is using it.
    const names = await withClient(port, password, readOtherSessions).catch(() => [])
    if (names.length === 0) return
    if (Date.now() > end) throw inUse(folder, `its PostgreSQL has ${names.length} other sessions (${names[0]})`)
  }
}

async function readOtherSessions(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `/* readOtherSessions */ select coalesce(nullif(application_name, ''), 'unnamed') as name
     from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  )
  return rows.map((row) => row.name)
}

async function withClient<T>(port: number, password: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port, user: 'kabar', password, database: 'postgres', ssl: false },
    ...{ connectionTimeoutMillis: orphanAnswerMs, query_timeout: orphanAnswerMs },
  })
  client.on('error', () => {}) // a connection that breaks also fails the query that is waited for
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}

function startFailure(folder: string, failure: string): StartError {
  return new StartError(
    `PostgreSQL did not start on ${folder}, so Kabar has no database: ${failure.trim()}\n` +
      'Remove the cause above and start again, or set DATABASE_URL to a PostgreSQL of your own.',
  )
}

/** Tells whether a process id is taken. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Tells whether a process runs. One that has ended but was not yet collected by its parent (a zombie) does not. */
function isAlive(pid: number): boolean {
  if (!isThere(pid)) return false
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return isThere(pid)
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
