import pg from 'pg'
import { withTimeLimit } from '../../concurrency/time-limit.ts'
import { feedLimits } from '../../config/feed.ts'
import type { Transport } from './transport.ts'

/** The channel that servers LISTEN to and NOTIFY. */
const channelName = 'kabar'

/**
 * Creates the transport by PostgreSQL's LISTEN and NOTIFY.
 *
 * Its connections are never from a pool and never in a transaction: a NOTIFY inside a transaction that writes would
 * serialise every commit of the cluster; in a transaction of its own it costs next to nothing.
 */
export function createPostgresTransport({ url, answerMs }: { url: string; answerMs: number }): Transport {
  function newClient(name: string, onLost: (error: Error | null) => void, options: pg.ClientConfig = {}): pg.Client {
    const client = new pg.Client({ connectionString: url, application_name: `kabar ${name}`, ...options })
    client.on('error', onLost)
    client.on('end', () => onLost(null))
    return client
  }

  return {
    name: 'PostgreSQL',
    silence: 'LISTEN is accepted and nothing arrives, as behind a pooler in transaction mode',
    /** Asks on a new connection: where it answers, only notifications do not arrive. */
    async canPoll(wasListening) {
      // a connection that has worked will work again, or the database is away
      if (wasListening) return false
      const client = newClient('probe', () => {})
      try {
        await withTimeLimit(client.connect(), { ms: answerMs, who: 'PostgreSQL' })
        return true
      } catch {
        return false
      } finally {
        void client.end().catch(() => {})
      }
    },
    listen({ onText, onLost }) {
      const client = newClient('listen', onLost, { keepAlive: true })
      client.on('notification', ({ payload = '' }) => onText(payload))
      const open = async () => {
        await client.connect()
        await client.query(`listen ${channelName}`)
      }
      return { opened: open(), close: () => client.end().catch(() => {}) }
    },
    connect({ onLost }) {
      const { ringMs } = feedLimits
      const client = newClient('notify', onLost, { connectionTimeoutMillis: ringMs, query_timeout: ringMs })
      return {
        opened: client.connect(),
        async send(texts) {
          // ring: one notification per text
          await client.query('select pg_notify($1, text) from unnest($2::text[]) as text', [channelName, texts])
        },
        close: () => client.end().catch(() => {}),
      }
    },
  }
}
