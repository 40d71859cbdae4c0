import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { createBackoff } from '../../concurrency/backoff.ts'
import type { FeedConfig } from '../../config/feed.ts'
import type { Notifier, NotifierHandlers } from './notifier.ts'
import { channelName, createNotifySender } from './notify-sender.ts'
import { unpackCommittedAt, unpackHints, unpackRings } from './payload.ts'

/** The parts of the server that the PostgreSQL notifier needs. */
export interface PostgresNotifierOptions {
  url: string
  config: Pick<
    FeedConfig,
    'echoMs' | 'echoTimeoutMs' | 'reconnectMinMs' | 'reconnectMaxMs' | 'pollMs' | 'hintsQueuedMax'
  >
  /** The time of PostgreSQL, in ms since 1970. */
  now(): number
  onError(error: Error): void
  /** Called once when rings do not arrive, for example behind a pooler in transaction mode. */
  onPolling(): void
}

/**
 * Creates the notifier on PostgreSQL's LISTEN and NOTIFY.
 *
 * It listens on its own connection, never from a pool and never in a transaction. Because a connection can be dead
 * without a sign, it rings itself through another connection every `echoMs` and reconnects when the echo is missing.
 * Where LISTEN is accepted but nothing arrives, it reports a gap every `pollMs` instead.
 */
export function createPostgresNotifier({ url, config, now, onError, onPolling }: PostgresNotifierOptions): Notifier {
  const serverId = randomUUID()
  const { reconnectMinMs: reconnectMs, hintsQueuedMax } = config
  const sender = createNotifySender({ url, reconnectMs, hintsQueuedMax, now, sender: serverId, onError })
  const stop = new AbortController()
  let handlers: NotifierHandlers | null = null
  let state: ReturnType<Notifier['state']> = 'away'
  let running: Promise<void> = Promise.resolve()

  /** Listens on one connection until it is lost. Resolves to whether an echo ever arrived on it. */
  async function listenOnce(onHeard: () => void): Promise<boolean> {
    const client = new pg.Client({ connectionString: url, application_name: 'kabar listen', keepAlive: true })
    const lost = Promise.withResolvers<void>()
    let heard = false
    let heardAt = performance.now()
    client.on('error', (error) => {
      onError(error)
      lost.resolve()
    })
    client.on('end', () => lost.resolve())
    client.on('notification', ({ payload = '' }) => {
      if (payload === `echo ${serverId}`) {
        heardAt = performance.now()
        if (!heard) onHeard()
        heard = true
      } else if (payload.startsWith('hint ')) {
        const told = unpackHints(payload)
        if (told && told.sender !== serverId) handlers?.onHint(told.hints)
      } else if (!payload.startsWith('echo ')) {
        handlers?.onRing(unpackRings(payload), unpackCommittedAt(payload))
      }
    })
    const onStop = () => lost.resolve()
    stop.signal.addEventListener('abort', onStop)
    const echo = setInterval(() => {
      if (performance.now() - heardAt > config.echoTimeoutMs + config.echoMs) lost.resolve()
      else sender.say(`echo ${serverId}`)
    }, config.echoMs)
    try {
      await withTimeout(client.connect(), config.echoTimeoutMs)
      await withTimeout(client.query(`listen ${channelName}`), config.echoTimeoutMs)
      heardAt = performance.now()
      handlers?.onGap()
      sender.say(`echo ${serverId}`)
      await lost.promise
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)))
    } finally {
      clearInterval(echo)
      stop.signal.removeEventListener('abort', onStop)
      const ended = client.end().catch(() => {})
      // a black-holed connection never ends: do not wait for it before the next connect
      if (stop.signal.aborted) await withTimeout(ended, config.echoTimeoutMs).catch(() => {})
    }
    return heard
  }

  async function listenForever(onKnown: () => void): Promise<void> {
    const backoff = createBackoff(config)
    while (!stop.signal.aborted) {
      const heard = await listenOnce(() => {
        state = 'listening'
        backoff.reset()
        onKnown()
      })
      if (stop.signal.aborted) return
      if (!heard && state === 'away' && (await canQuery())) {
        state = 'polling'
        onPolling()
        onKnown()
      } else if (heard) state = 'away'
      await wait(backoff.nextMs() * (0.5 + Math.random()), undefined, { signal: stop.signal }).catch(() => {})
    }
  }

  /** Whether the database answers: if it does, only notifications do not arrive. */
  async function canQuery(): Promise<boolean> {
    const client = new pg.Client({ connectionString: url, application_name: 'kabar probe' })
    client.on('error', () => {})
    try {
      await withTimeout(client.connect(), config.echoTimeoutMs)
      return true
    } catch {
      return false
    } finally {
      void client.end().catch(() => {})
    }
  }

  const poll = setInterval(() => {
    if (state !== 'listening') handlers?.onGap()
  }, config.pollMs)

  return {
    async listen(given) {
      handlers = given
      const known = Promise.withResolvers<void>()
      running = listenForever(known.resolve)
      await known.promise
    },
    ring: (rings) => sender.ring(rings),
    hint: (hints) => sender.hint(hints),
    state: () => state,
    async close() {
      clearInterval(poll)
      stop.abort()
      await running
      await sender.close()
      state = 'away'
    },
  }
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  const timer = new AbortController()
  const late = wait(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`PostgreSQL did not answer within ${ms} ms: timeout expired`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    late.catch(() => {})
    work.catch(() => {})
  }
}
