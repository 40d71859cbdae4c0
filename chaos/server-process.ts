import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { openProxy, type TcpProxy } from './proxy.ts'

/** One server of Kabar in a process of its own, with a proxy before it and one behind it. */
export interface ServerProcess {
  readonly name: string
  /** Where clients reach it, through a proxy. */
  readonly url: string
  /** Where it is itself, for more sockets than a proxy can hold. */
  readonly directUrl: string
  /** Where its metrics are. */
  readonly metricsUrl: string
  /** Between clients and the server. */
  readonly front: TcpProxy
  /** Between the server and PostgreSQL. */
  readonly back: TcpProxy
  /** Starts it, where it does not run, and waits until it is ready. */
  start(): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Waits until a signal has ended it. Returns its exit code, or null when it was killed. */
  ended(): Promise<number | null>
  /** Why it ended by itself; null while it has not. */
  crash(): string | null
  /** Its last lines. */
  log(): readonly string[]
  /** Its first lines about faults, in JSON. */
  errors(): readonly string[]
  close(): Promise<void>
}

/** A server that is not ready by then never will be. */
const startMsMax = 60_000
const logLinesMax = 200
const errorLevel = 50

/** The database of a server, and what is special about it. */
export interface ServerOptions {
  readonly databaseUrl: string
  /** Environment variables, over those of all. */
  readonly settings?: Readonly<Record<string, string>>
  /** The folder of its code, where that is another revision. */
  readonly root?: string
}

/** Makes a server with settings of its own, which is not started yet. */
export async function createServerProcess(
  name: string,
  { databaseUrl, settings = {}, root = join(import.meta.dirname, '..') }: ServerOptions,
): Promise<ServerProcess> {
  const port = await findFreePort()
  const metricsPort = await findFreePort()
  const front = await openProxy(port)
  const back = await openProxy(Number(new URL(databaseUrl).port))
  const url = new URL(databaseUrl)
  url.port = String(back.port)
  const lines: string[] = []
  const errors: string[] = []
  let child: ChildProcess | null = null
  let exited: Promise<number | null> = Promise.resolve(null)
  let crash: string | null = null
  let expected = false

  function launch(): ChildProcess {
    expected = false
    const started = spawn(process.execPath, ['--import', join(import.meta.dirname, 'in-server.ts'), 'src/main.ts'], {
      cwd: root,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: {
        ...process.env,
        DATABASE_URL: url.href,
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        HOST: '127.0.0.1',
        NODE_ENV: 'production',
        // a few clients at one address stand for many users
        SOCKETS_PER_ADDRESS: '0',
        SENDS_PER_10_SECONDS: '0',
        RATE_LIMITS: 'false',
        // whatever is in a room, somebody has sent
        SYSTEM_MESSAGES: 'false',
        LOG_LEVEL: 'warn',
        ACCESS_TOKEN_SECONDS: '86400',
        ...settings,
      },
    })
    createInterface({ input: started.stderr }).on('line', (line) => {
      lines.push(line)
      if (lines.length > logLinesMax) lines.shift()
      if (errors.length < logLinesMax && Number(/"level":(\d+)/.exec(line)?.[1]) >= errorLevel) errors.push(line)
    })
    exited = once(started, 'exit').then(([code, signal]) => {
      child = null
      if (!expected) crash ??= `${name} ended with ${signal ?? `code ${code}`}: ${lines.slice(-5).join(' ')}`
      return code as number | null
    })
    return started
  }

  async function isReady(): Promise<boolean> {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) })
      return response.ok
    } catch {
      return false
    }
  }

  return {
    ...{ name, front, back, url: `http://127.0.0.1:${front.port}`, directUrl: `http://127.0.0.1:${port}` },
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    async start() {
      child ??= launch()
      for (const end = Date.now() + startMsMax; !(await isReady()); await wait(50)) {
        if (!child || Date.now() > end) throw new Error(`${name} did not start: ${lines.join('\n')}`)
      }
    },
    signal(signal) {
      expected ||= signal === 'SIGKILL' || signal === 'SIGTERM'
      child?.kill(signal)
    },
    ended: () => exited,
    crash: () => crash,
    log: () => lines,
    errors: () => errors,
    async close() {
      expected = true
      child?.kill('SIGCONT')
      child?.kill('SIGTERM')
      const timer = setTimeout(() => child?.kill('SIGKILL'), 5_000)
      await exited
      clearTimeout(timer)
      await Promise.all([front.close(), back.close()])
    },
  }
}

/** Finds a port of this machine that nobody uses, and that no connection to elsewhere takes meanwhile. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    // systems give those from 32,768 on to whoever asks for any port
    const port = 12_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const isFree = once(server.listen(port, '127.0.0.1'), 'listening').then(
      () => true,
      () => false,
    )
    if (!(await isFree)) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error('there is no free port')
}
