// PgBouncer in transaction mode, where it is installed.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from './server-process.ts'

/** A running pooler. */
export interface Pooler {
  /** The database behind it. */
  readonly url: string
  close(): Promise<void>
}

const startMsMax = 10_000
/** On Debian and most others. */
const nobody = 65_534

/** Why there can be no pooler here; null when there can. */
export function missingPooler(): string | null {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return null
  } catch {
    return 'pgbouncer is not installed'
  }
}

/** Starts PgBouncer before a database. */
export async function startPooler(databaseUrl: string): Promise<Pooler> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-pooler-'))
  await chmod(folder, 0o711)
  const port = await findFreePort()
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, configure(new URL(databaseUrl), port))
  // it refuses to run as root
  const isRoot = process.getuid?.() === 0
  const child = spawn('pgbouncer', ['-q', file], { stdio: 'ignore', ...(isRoot && { uid: nobody, gid: nobody }) })
  const exited = once(child, 'exit')
  for (const end = Date.now() + startMsMax; !(await isOpen(port)); await wait(50)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error('pgbouncer did not start')
  }
  const url = new URL(databaseUrl)
  url.port = String(port)
  return {
    url: url.href,
    async close() {
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await exited
      clearTimeout(timer)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function configure({ port, username, password, pathname }: URL, ownPort: number): string {
  const database = pathname.slice(1)
  return `[databases]
${database} = host=127.0.0.1 port=${port} dbname=${database} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 40
max_client_conn = 500
ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout,extra_float_digits
`
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
