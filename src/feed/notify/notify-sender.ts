import { createBackoff } from '../../concurrency/backoff.ts'
import { withTimeLimit } from '../../concurrency/time-limit.ts'
import { type FeedConfig, feedLimits } from '../../config/feed.ts'
import type { Ring } from '../events.ts'
import type { NewHint } from '../hints/hint-queue.ts'
import { packHints, packRings } from './payload.ts'
import type { SendingConnection, Transport } from './transport.ts'

/** The connection of the sender, and its behaviour on failure. */
export interface NotifySenderOptions {
  transport: Pick<Transport, 'name' | 'connect'>
  config: Pick<FeedConfig, 'reconnectMinMs' | 'reconnectMaxMs' | 'hintsQueuedMax' | 'ringsQueuedMax'>
  /** The time of PostgreSQL, in ms since 1970. */
  now(): number
  /** The id of this server in its hints. */
  sender: string
  onError(error: Error): void
}

/** Sends rings and hints to all servers by a transport. */
export interface NotifySender {
  /** Rings without waiting. Waiting rings of one topic become one. */
  ring(rings: readonly Ring[]): void
  /** Sends hints without waiting, after the waiting rings. */
  hint(hints: readonly NewHint[]): void
  /** Sends a raw text, for the echo. */
  say(payload: string): void
  close(): Promise<void>
}

/**
 * Creates the sending side of a notifier.
 *
 * It uses its own connection, with at most one batch in flight, so that nothing piles up in the buffers of a driver.
 * Unsent rings wait for the next connection: at most one per topic, and `ringsQueuedMax` in all; one more drops the
 * oldest, which a sweep makes up for. Hints are sent at most once: all waiting rings go with one notification of hints,
 * and hints are lost when sending fails.
 */
export function createNotifySender({ transport, config, now, sender, onError }: NotifySenderOptions): NotifySender {
  const waiting = new Map<string, Ring>()
  const backoff = createBackoff(config)
  const within = { ms: feedLimits.ringMs, who: transport.name }
  /** When the oldest waiting ring was committed. */
  let committedAt: number | null = null
  let texts: string[] = []
  let hints: NewHint[] = []
  let connection: SendingConnection | null = null
  let sending: Promise<void> | null = null
  let retry: NodeJS.Timeout | undefined
  let closing = false

  async function connect(): Promise<SendingConnection> {
    const next = transport.connect({
      onLost(error) {
        if (connection === next) connection = null
        void next.close()
        if (error) onError(error)
      },
    })
    try {
      await withTimeLimit(next.opened, within)
    } catch (error) {
      void next.close()
      throw error
    }
    connection = next
    return next
  }

  function send(): void {
    if (waits() && !sending && !retry && !closing) sending = sendAll()
  }

  function waits(): boolean {
    return waiting.size > 0 || texts.length > 0 || hints.length > 0
  }

  /** Takes one notification of hints from the front of the queue. */
  function takeHints(): string[] {
    if (hints.length === 0) return []
    const { payload, packed } = packHints(sender, hints)
    hints = hints.slice(packed)
    return [payload]
  }

  async function sendAll(): Promise<void> {
    try {
      while (waits()) {
        const open = connection ?? (await connect())
        const rings = [...waiting.values()]
        const payloads = [...texts, ...packRings(rings, committedAt), ...takeHints()]
        const oldest = committedAt
        committedAt = null
        waiting.clear()
        texts = []
        try {
          await withTimeLimit(open.send(payloads), within)
          backoff.reset()
        } catch (error) {
          committedAt = oldest
          keep(rings)
          throw error
        }
      }
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)))
      void connection?.close()
      connection = null
      if (!closing) retryLater()
    } finally {
      sending = null
    }
  }

  function retryLater(): void {
    retry = setTimeout(
      () => {
        retry = undefined
        send()
      },
      backoff.nextMs() * (0.5 + Math.random() / 2),
    )
  }

  function keep(rings: readonly Ring[]): void {
    for (const ring of rings) {
      if (ring.head >= (waiting.get(ring.topicId)?.head ?? 0)) waiting.set(ring.topicId, ring)
      const [oldest] = waiting.keys()
      if (waiting.size > config.ringsQueuedMax && oldest !== undefined) waiting.delete(oldest)
    }
  }

  return {
    ring(rings) {
      // called right after COMMIT
      if (rings.length > 0) committedAt ??= now()
      keep(rings)
      send()
    },
    hint(given) {
      hints = hints.concat(given).slice(-config.hintsQueuedMax)
      send()
    },
    say(payload) {
      texts = [payload]
      send()
    },
    async close() {
      // a notification in flight is still sent; nothing is retried
      closing = true
      clearTimeout(retry)
      await sending
      // a frozen one never ends
      if (connection) await withTimeLimit(connection.close(), within).catch(() => {})
    },
  }
}
