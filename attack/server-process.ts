import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../chaos/server-process.ts'

/** How the process of a server fares. */
export interface Vitals {
  readonly heapBytes: number
  readonly rssBytes: number
  /** Buffers, outside of the heap. */
  readonly externalBytes: number
  /** Open TCP connections: of clients, and to PostgreSQL. */
  readonly sockets: number
  /** The longest time in which nothing else could run. */
  readonly loopDelayMs: number
}

/** A server of Kabar with its limits as in production, and a bounded heap. */
export interface AttackedServer {
  readonly url: string
  /** The newest vitals after a collection of garbage. */
  idle(): Promise<Vitals>
  /** Calls back with the vitals, four times a second. */
  watch(hear: (vitals: Vitals) => void): void
  /** Why it ended by itself; null while it runs. */
  crash(): string | null
  /** Its log lines of level error and above. */
  errors(): readonly string[]
  close(): Promise<void>
}

/** Megabytes that the heap of the server may have, without buffers. */
export const heapMegabytesMax = 400
const startMsMax = 150_000
const errorLevel = 50
const errorsKeptMax = 100
const linesKeptMax = 20
const root = join(import.meta.dirname, '..')

/** Starts a server and waits until it is ready. */
export async function startAttackedServer(
  databaseUrl: string,
  dataDirectory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<AttackedServer> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const flags = [`--max-old-space-size=${heapMegabytesMax}`, '--expose-gc', '--import', './attack/in-server.ts']
  const child = spawn(process.execPath, [...flags, 'src/main.ts'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...production({ databaseUrl, dataDirectory, port }), ...settings },
  })
  const { errors, last } = keepLines(child)
  let crash: string | null = null
  let expected = false
  const exited = once(child, 'exit').then(([code, signal]) => {
    if (!expected) crash = `the server ended with ${String(signal ?? `code ${code}`)}: ${last.slice(-3).join(' ')}`
  })
  const hearers = new Set<(vitals: Vitals) => void>()
  // only `in-server.ts` sends something
  child.on('message', (vitals: Vitals) => {
    for (const hear of hearers) hear(vitals)
  })
  const nextVitals = () =>
    new Promise<Vitals>((resolve, reject) => {
      const hear = (vitals: Vitals) => {
        hearers.delete(hear)
        resolve(vitals)
      }
      hearers.add(hear)
      void exited.then(() => reject(new Error(crash ?? 'the server has ended')))
    })
  for (const end = Date.now() + startMsMax; !(await isReady(url)); await wait(50)) {
    if (crash !== null || Date.now() > end) throw new Error(`the server did not start: ${last.join('\n')}`)
  }
  return {
    url,
    async idle() {
      child.send('collect')
      await nextVitals()
      child.send('collect')
      await nextVitals()
      return nextVitals()
    },
    watch: (hear) => hearers.add(hear),
    crash: () => crash,
    errors: () => errors,
    async close() {
      expected = true
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      if (crash === null) await exited
      clearTimeout(timer)
    },
  }
}

/** Everything as in production: it is the limits that are attacked. */
function production(given: { databaseUrl: string; dataDirectory: string; port: number }): Record<string, string> {
  return {
    DATABASE_URL: given.databaseUrl,
    KABAR_DATA: given.dataDirectory,
    PORT: String(given.port),
    HOST: '127.0.0.1',
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    SYSTEM_MESSAGES: 'false',
  }
}

function keepLines({ stderr }: Pick<ChildProcess, 'stderr'>): { errors: string[]; last: string[] } {
  const errors: string[] = []
  const last: string[] = []
  if (!stderr) throw new Error('the server has no standard error')
  createInterface({ input: stderr }).on('line', (line) => {
    last.push(line)
    if (last.length > linesKeptMax) last.shift()
    if (isError(line) && errors.length < errorsKeptMax) errors.push(line)
  })
  return { errors, last }
}

/** Tells whether a line of the log says that something is wrong with the server. */
export function isError(line: string): boolean {
  const level = /"level":(\d+|"[a-z]+")/.exec(line)?.[1]
  return level !== undefined && (Number(level) >= errorLevel || /error|fatal/.test(level))
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) })).ok
  } catch {
    return false
  }
}
