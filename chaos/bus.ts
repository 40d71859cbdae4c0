// A message bus, where it is installed: Debian's packages `nats-server` and `redis-server`.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from './server-process.ts'

/** The buses by which servers can hear of each other. */
export const busKinds = ['nats', 'redis'] as const

/** One of these buses. */
export type BusKind = (typeof busKinds)[number]

/** A process of a bus, which comes back at the same address. */
export interface BusProcess {
  /** The value of DOORBELL_URL that leads to it. */
  readonly url: string
  /** Starts it, where it does not run, and waits until it answers. */
  start(): Promise<void>
  /** Sends it a signal, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void
  /** Ends it at once, and waits until it is gone. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** The users of a bus, and its address. */
export interface BusSettings {
  /** The password of the user `kabar`, or of everybody. */
  readonly password?: string
  /** The files of its certificate: then it takes TLS alone. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

const startMsMax = 10_000
const programs = { nats: 'nats-server', redis: 'redis-server' } as const

/** Why there can be no such bus here; null when there can. */
export function missingBus(kind: BusKind): string | null {
  try {
    execFileSync(programs[kind], ['--version'], { stdio: 'ignore' })
    return null
  } catch {
    return `${programs[kind]} is not installed`
  }
}

/** Makes a bus on a free port of this machine, which is not started yet. */
export async function createBus(kind: BusKind, settings: BusSettings = {}): Promise<BusProcess> {
  const folder = await mkdtemp(join(tmpdir(), `kabar-${kind}-`))
  const port = await findFreePort()
  const { password, tls } = settings
  let child: ChildProcess | null = null
  let exited: Promise<unknown> = Promise.resolve()

  async function start(): Promise<void> {
    if (!child) {
      const started = spawn(programs[kind], argumentsOf[kind](port, settings), { cwd: folder, stdio: 'ignore' })
      exited = once(started, 'exit').then(() => {
        child = null
      })
      child = started
    }
    for (const end = Date.now() + startMsMax; !(await answers(kind, port, tls !== undefined)); await wait(10)) {
      if (!child || Date.now() > end) throw new Error(`${programs[kind]} did not start`)
    }
  }

  async function kill(): Promise<void> {
    child?.kill('SIGKILL')
    await exited
  }

  const schemes = tls ? { nats: 'tls', redis: 'rediss' } : { nats: 'nats', redis: 'redis' }
  const user = password === undefined ? '' : `${kind === 'nats' ? 'kabar' : ''}:${encodeURIComponent(password)}@`
  return {
    url: `${schemes[kind]}://${user}127.0.0.1:${port}`,
    start,
    kill,
    signal: (signal) => void child?.kill(signal),
    async close() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const argumentsOf: Readonly<Record<BusKind, (port: number, settings: BusSettings) => string[]>> = {
  nats: (port, { password, tls }) => [
    ...['-a', '127.0.0.1', '-p', String(port)],
    ...(password === undefined ? [] : ['--user', 'kabar', '--pass', password]),
    ...(tls ? ['--tls', '--tlscert', tls.cert, '--tlskey', tls.key] : []),
  ],
  redis: (port, { password, tls }) => [
    ...['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    ...(password === undefined ? [] : ['--requirepass', password]),
    ...(tls ? ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'] : ['--port', String(port)]),
    ...(tls ? ['--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.cert] : []),
  ],
}

/** Tells whether it greets (NATS) or answers (Redis); with TLS, whether it takes a connection. */
async function answers(kind: BusKind, port: number, isTls: boolean): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    if (isTls && kind === 'redis') return true
    if (kind === 'redis') socket.write('PING\r\n')
    await once(socket, 'data', { signal: AbortSignal.timeout(1_000) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
