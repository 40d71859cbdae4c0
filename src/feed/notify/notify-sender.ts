import pg from 'pg'
import { feedLimits } from '../../config/feed.ts'
import type { Ring } from '../events.ts'
import type { NewHint } from '../hints/hint-queue.ts'
import { packHints, packRings } from './payload.ts'

/** The channel that servers LISTEN to and NOTIFY. */
export const channelName = 'kabar'

/** The connection of the sender, and its behaviour on failure. */
export interface NotifySenderOptions {
  url: string
  reconnectMs: number
  /** Hints that may wait; one more drops the oldest. */
  hintsQueuedMax: number
  /** The time of PostgreSQL, in ms since 1970. */
  now(): number
  /** The id of this server in its hints. */
  sender: string
  onError(error: Error): void
}

/** Sends rings and hints to all servers with NOTIFY. */
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
 * Creates the NOTIFY side of the PostgreSQL notifier.
 *
 * It uses its own connection in autocommit, with at most one NOTIFY in flight.
 * NOTIFY inside a transaction that writes would serialise every commit of the cluster; here it costs next to nothing.
 * Unsent rings wait for the next connection, at most one per topic. Hints are sent at most once: all waiting rings
 * go with one notification of hints, and hints are lost when sending fails.
 */
export function createNotifySender({
  url,
  reconnectMs,
  hintsQueuedMax,
  now,
  sender,
  onError,
}: NotifySenderOptions): NotifySender {
  const waiting = new Map<string, Ring>()
  /** When the oldest waiting ring was committed. */
  let committedAt: number | null = null
  let texts: string[] = []
  let hints: NewHint[] = []
  let client: pg.Client | null = null
  let sending: Promise<void> | null = null
  let retry: NodeJS.Timeout | undefined
  let closing = false

  async function connect(): Promise<pg.Client> {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'kabar notify',
      connectionTimeoutMillis: feedLimits.ringMs,
      query_timeout: feedLimits.ringMs,
    })
    next.on('error', (error) => {
      if (client === next) client = null
      onError(error)
    })
    await next.connect()
    client = next
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
        const connection = client ?? (await connect())
        const rings = [...waiting.values()]
        const payloads = [...texts, ...packRings(rings, committedAt), ...takeHints()]
        const oldest = committedAt
        committedAt = null
        waiting.clear()
        texts = []
        try {
          // ring: one notification per payload
          await connection.query('select pg_notify($1, payload) from unnest($2::text[]) as payload', [
            channelName,
            payloads,
          ])
        } catch (error) {
          committedAt = oldest
          keep(rings)
          throw error
        }
      }
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)))
      const broken = client
      client = null
      broken?.end().catch(() => {})
      if (closing) return
      retry = setTimeout(
        () => {
          retry = undefined
          send()
        },
        reconnectMs * (0.5 + Math.random()),
      )
    } finally {
      sending = null
    }
  }

  function keep(rings: readonly Ring[]): void {
    for (const ring of rings) {
      if (ring.head >= (waiting.get(ring.topicId)?.head ?? 0)) waiting.set(ring.topicId, ring)
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
      hints = hints.concat(given).slice(-hintsQueuedMax)
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
      await client?.end().catch(() => {})
    },
  }
}
