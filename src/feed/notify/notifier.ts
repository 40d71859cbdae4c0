import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from '../../concurrency/backoff.ts'
import { withTimeLimit } from '../../concurrency/time-limit.ts'
import { type FeedConfig, feedLimits } from '../../config/feed.ts'
import type { Ring } from '../events.ts'
import type { NewHint } from '../hints/hint-queue.ts'
import { createNotifySender } from './notify-sender.ts'
import { unpackCommittedAt, unpackHints, unpackRings } from './payload.ts'
import type { Transport } from './transport.ts'

/** The callbacks of a notifier. */
export interface NotifierHandlers {
  /**
   * A topic has moved, on any server. Rings may come twice, late, or out of order.
   *
   * @param committedAt when the oldest of them was committed, by PostgreSQL's clock in ms since 1970; null when unknown.
   */
  onRing(rings: readonly Ring[], committedAt?: number | null): void
  /** Rings may have been missed: check every topic. Called after every connect, and regularly when polling. */
  onGap(): void
  /** Hints of another server. Any of them may get lost. */
  onHint(hints: readonly NewHint[]): void
}

/**
 * How a server hears of the others.
 *
 * `listening`: rings arrive. `polling`: they do not, but the database answers and is asked regularly. `away`: not even
 * that is known, or it does not listen.
 */
export type NotifierState = 'listening' | 'polling' | 'away'

/**
 * Carries rings between servers. A lost ring costs latency, never an event.
 *
 * It carries no content, so it cannot lose, leak or reorder any.
 */
export interface Notifier {
  /** Starts to listen. Resolves when rings arrive, or when it is known that they cannot. */
  listen(handlers: NotifierHandlers): Promise<void>
  /**
   * Rings on all servers, without waiting, also before it listens.
   *
   * Rings that cannot be sent yet are kept, one a topic, up to a bound.
   */
  ring(rings: readonly Ring[]): void
  /** Sends hints to all other servers, without waiting and after the rings. While polling, hints do not arrive. */
  hint(hints: readonly NewHint[]): void
  state(): NotifierState
  close(): Promise<void>
}

/** The parts of the server that a notifier needs. */
export interface NotifierOptions {
  transport: Transport
  config: Pick<
    FeedConfig,
    'echoMs' | 'echoTimeoutMs' | 'reconnectMinMs' | 'reconnectMaxMs' | 'pollMs' | 'hintsQueuedMax' | 'ringsQueuedMax'
  >
  /** The time of PostgreSQL, in ms since 1970. */
  now(): number
  /** Called for each failure of a connection: often, while the other side is away. */
  onError(error: Error): void
  /** Called when the state has changed to one of these; with the reason, when rings do not arrive. */
  onChange(state: 'listening' | 'polling', reason: string): void
}

/**
 * Creates the notifier on a transport.
 *
 * Because a connection can be dead without a sign, it rings itself through another connection every `echoMs` and
 * reconnects when the echo is missing. Where texts do not arrive, it reports a gap every `pollMs` instead.
 */
export function createNotifier({ transport, config, now, onError, onChange }: NotifierOptions): Notifier {
  const serverId = randomUUID()
  const sender = createNotifySender({ transport, config, now, sender: serverId, onError })
  const stop = new AbortController()
  let handlers: NotifierHandlers | null = null
  let state: NotifierState = 'away'
  let running: Promise<void> = Promise.resolve()

  function hear(text: string): void {
    if (text.length > feedLimits.notificationLengthMax || text.startsWith('echo ')) return
    if (text.startsWith('hint ')) {
      const told = unpackHints(text)
      if (told && told.sender !== serverId) handlers?.onHint(told.hints)
    } else handlers?.onRing(unpackRings(text), unpackCommittedAt(text))
  }

  /** Listens on one connection until it is lost. Resolves to whether an echo ever arrived on it, and why it was lost. */
  async function listenOnce(onHeard: () => void): Promise<{ heard: boolean; reason: string }> {
    const lost = Promise.withResolvers<void>()
    let heard = false
    let heardAt = performance.now()
    let reason: string | null = null
    const fail = (error: unknown) => {
      const failure = error instanceof Error ? error : new Error(String(error))
      reason = failure.message
      onError(failure)
    }
    const connection = transport.listen({
      onText(text) {
        if (text !== `echo ${serverId}`) return hear(text)
        heardAt = performance.now()
        if (!heard) onHeard()
        heard = true
      },
      onLost(error) {
        if (error) fail(error)
        lost.resolve()
      },
    })
    const onStop = () => lost.resolve()
    stop.signal.addEventListener('abort', onStop)
    const echo = setInterval(() => {
      if (performance.now() - heardAt > config.echoTimeoutMs + config.echoMs) lost.resolve()
      else sender.say(`echo ${serverId}`)
    }, config.echoMs)
    try {
      await withTimeLimit(connection.opened, { ms: config.echoTimeoutMs, who: transport.name })
      heardAt = performance.now()
      handlers?.onGap()
      sender.say(`echo ${serverId}`)
      await lost.promise
    } catch (error) {
      fail(error)
    } finally {
      clearInterval(echo)
      stop.signal.removeEventListener('abort', onStop)
      const ended = connection.close()
      // a black-holed connection never ends: do not wait for it before the next connect
      const within = { ms: config.echoTimeoutMs, who: transport.name }
      if (stop.signal.aborted) await withTimeLimit(ended, within).catch(() => {})
    }
    return { heard, reason: reason ?? (heard ? 'it went silent' : transport.silence) }
  }

  async function listenForever(onKnown: () => void): Promise<void> {
    const backoff = createBackoff(config)
    while (!stop.signal.aborted) {
      const { heard, reason } = await listenOnce(() => {
        state = 'listening'
        backoff.reset()
        onChange(state, '')
        onKnown()
      })
      if (stop.signal.aborted) return
      if (heard) state = 'away'
      if (state === 'away' && (await transport.canPoll(heard))) {
        state = 'polling'
        onChange(state, reason)
        onKnown()
      }
      await wait(backoff.nextMs() * (0.5 + Math.random() / 2), undefined, { signal: stop.signal }).catch(() => {})
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
