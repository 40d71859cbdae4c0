import type { ServerResponse } from 'node:http'
import type { Database } from '../database/client.ts'
import { isClockOff } from '../database/clock.ts'
import { describeFault } from '../database/faults.ts'
import type { Feed } from '../feed/feed.ts'
import { type Route, sendJson } from './route.ts'

/** Checks whether PostgreSQL answers, and accepts writes. */
async function lookAt({ own }: Pick<Database, 'own'>): Promise<'answers' | 'read-only' | 'away'> {
  try {
    const client = await own.connect()
    let keeps = false
    try {
      const { rows } = await client.query<{ isReadOnly: boolean }>(
        `/* ready */ select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
      )
      keeps = rows[0]?.isReadOnly === false
    } finally {
      // a read-only connection keeps its setting: the next check opens a new one
      client.release(!keeps)
    }
    return keeps ? 'answers' : 'read-only'
  } catch (error) {
    return describeFault(error).readOnly ? 'read-only' : 'away'
  }
}

/** Whether a path is a health check: these reveal no secret, and serve any host. */
export function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/readyz'
}

/** The inputs of the health checks. */
export interface HealthOptions {
  database: Database
  feed: Feed
  isDraining(): boolean
}

/**
 * Serves `/healthz` (liveness) and `/readyz` (readiness: it can serve).
 *
 * Ready means: not draining, PostgreSQL answers and accepts writes, and rings arrive or are polled for. A machine with a
 * wrong clock is still ready, because tokens and deadlines use PostgreSQL's clock; the response reports the offset.
 */
export function createHealthRoute({ database, feed, isDraining }: HealthOptions): Route {
  async function ready(response: ServerResponse): Promise<void> {
    const { clock } = database
    const [databaseState] = await Promise.all([lookAt(database), clock.measure().catch(() => {})])
    const { notifier } = feed.state()
    const isReady = databaseState === 'answers' && notifier !== 'away' && !isDraining()
    sendJson(response, isReady ? 200 : 503, {
      status: isReady ? 'ready' : 'not ready',
      database: databaseState,
      doorbell: notifier,
      clock: isClockOff(clock) ? 'wrong' : 'right',
      clockAheadMs: clock.aheadMs(),
      draining: isDraining(),
    })
  }

  return (request, response) => {
    if (request.url === '/healthz') {
      sendJson(response, 200, { status: 'ok' })
      return true
    }
    if (request.url === '/readyz') {
      void ready(response)
      return true
    }
    return false
  }
}
