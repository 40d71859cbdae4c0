import type { ServerResponse } from 'node:http'
import type { Database } from '../database/client.ts'
import { isClockOff } from '../database/clock.ts'
import { describeFault } from '../database/faults.ts'
import type { Feed } from '../feed/feed.ts'
import { type Route, sendJson } from './route.ts'

/** Whether PostgreSQL answers, and takes changes. */
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
      // one that takes no changes keeps its setting: the next look gets a new one
      client.release(!keeps)
    }
    return keeps ? 'answers' : 'read-only'
  } catch (error) {
    return describeFault(error).readOnly ? 'read-only' : 'away'
  }
}

/** Whether a path is one of health: these tell no secret, and serve any host. */
export function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/readyz'
}

/** What the health of a server is judged by. */
export interface HealthOptions {
  database: Database
  feed: Feed
  isDraining(): boolean
}

/**
 * Serves `/healthz`: the process runs, and `/readyz`: it can serve.
 *
 * Ready means: not draining, PostgreSQL answers and takes changes, and rings arrive or are polled for. A machine whose
 * clock is wrong is ready all the same, because tokens and deadlines go by that of PostgreSQL; the answer says by how much.
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
