import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { endPostmaster } from './postmaster.ts'
import { freePort, startProxy } from './proxy.ts'

/** How a server of a test's own is started. */
export interface StartOptions {
  /** Starts Kabar, for example `['npm', 'start', '--silent']` with `cwd` in a checkout of it. */
  readonly command: readonly [program: string, ...args: string[]]
  readonly cwd?: string
  /** Settings: see docs/configuration.md. */
  readonly env?: Readonly<Record<string, string>>
  /** How long a start may take: 60 seconds when not given. */
  readonly withinMs?: number
}

/** A server with an embedded PostgreSQL of its own, and faults to try. */
export interface TestServer {
  /** For `createKabar`. It leads to a proxy, which stays while servers come and go. */
  readonly url: string
  /** Cuts all connections, as a network would. Clients may connect again at once. */
  cut(): void
  /** Keeps everybody out, until `allow`. */
  refuse(): void
  allow(): void
  /** Kills the server and its database without a word, and starts them again. */
  kill(): Promise<void>
  /** Stops the server in its tracks, connections open, until `resume`. */
  pause(): void
  resume(): void
  /** Keeps the database as it is, for `rollBack`. The server is away meanwhile. */
  mark(): Promise<void>
  /** Puts the database back to the last `mark`, as an operator does after a loss. */
  rollBack(): Promise<void>
  /** Ends the server and forgets its data. */
  close(): Promise<void>
}

const pollMs = 50
const run = promisify(execFile)

/**
 * Starts a server for tests, on Linux or macOS. It has its data in a folder of its own, and no rate limits.
 *
 * It ends with this process, if it is not closed before.
 */
export async function startKabar(options: StartOptions): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-test-'))
  const [data, kept] = [join(folder, 'data'), join(folder, 'kept')]
  const port = await freePort()
  const proxy = await startProxy(port)
  const guard = startGuard(folder)
  const start = () => startProcess(options, { port, data, watch: guard.watch })

  async function forget(): Promise<void> {
    await proxy.end()
    await rm(folder, { recursive: true, force: true })
    await guard.end()
  }

  let server = await start().catch(async (error) => {
    await forget()
    throw error
  })

  async function away(signal: NodeJS.Signals, task?: () => Promise<void>): Promise<void> {
    proxy.close()
    await server.end(signal)
    await task?.()
    server = await start()
    proxy.open()
  }

  return {
    url: `http://127.0.0.1:${proxy.port}/graphql`,
    ...{ cut: proxy.cut, refuse: proxy.close, allow: proxy.open },
    kill: () => away('SIGKILL'),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    mark: () => away('SIGTERM', () => copy(data, kept)),
    rollBack: () => away('SIGKILL', () => copy(kept, data)),
    async close() {
      server.signal('SIGCONT')
      await server.end('SIGTERM')
      await forget()
    },
  }
}

/** Replaces a folder by a copy. Owners are kept, which `fs.cp` does not: PostgreSQL opens only what its user owns. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await run('cp', ['-pR', from, to])
}

/** Starts the process that ends a server whose test has ended without closing it. */
function startGuard(folder: string): { watch(group: number): void; end(): Promise<void> } {
  const program = new URL(import.meta.url.endsWith('.ts') ? './guard.ts' : './guard.js', import.meta.url)
  // apart, so that signals to the test do not reach it
  const guard = spawn(process.execPath, [fileURLToPath(program), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => guard.once('close', () => resolve()).once('error', () => resolve()))
  guard.stdin.on('error', () => {})
  return {
    watch: (group) => void guard.stdin.write(`${group}\n`),
    end() {
      guard.stdin.end()
      return ended
    },
  }
}

interface Running {
  signal(signal: NodeJS.Signals): void
  end(signal: NodeJS.Signals): Promise<void>
}

async function startProcess(
  { command: [program, ...args], cwd, env, withinMs = 60_000 }: StartOptions,
  { port, data, watch }: { port: number; data: string; watch(group: number): void },
): Promise<Running> {
  const settings = {
    RATE_LIMITS: 'false',
    WEB: 'false',
    ...env,
    PORT: String(port),
    KABAR_DATA: data,
    DATABASE_URL: '',
  }
  const child = spawn(program, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...settings },
    // a group of its own, so that a signal reaches the database too
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  watch(child.pid ?? 0)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000)
  })
  const running: Running = {
    signal: (signal) => signalGroup(child, signal),
    async end(signal) {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
      signalGroup(child, signal)
      await ended
      watch(0)
      // a killed server leaves it behind
      await endPostmaster(data)
    },
  }
  const deadline = Date.now() + withinMs
  while (!(await isReady(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await running.end('SIGKILL')
      throw new Error(`Kabar did not start with ${[program, ...args].join(' ')}.\n${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return running
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // it has ended already
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
  } catch {
    return false
  }
}
