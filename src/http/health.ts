import type { ServerResponse } from 'node:http'
import type { Database } from '../database/client.ts'
import { isClockOff } from '../database/clock.ts'
import type { Feed } from '../feed/feed.ts'
import { type Route, sendJson } from './route.ts'

/** What the health of a server is judged by. */
export interface HealthOptions {
  database: Database
  feed: Feed
  isDraining(): boolean
}

/**
 * Serves `/healthz`: the process runs, and `/readyz`: it can serve.
 *
 * Ready means: not draining, PostgreSQL answers, and rings arrive or are polled for. A machine whose clock is wrong is
 * ready all the same, because tokens and deadlines go by that of PostgreSQL; the answer says by how much.
 */
export function createHealthRoute({ database, feed, isDraining }: HealthOptions): Route {
  async function ready(response: ServerResponse): Promise<void> {
    const { clock } = database
    const databaseAnswers = await clock.measure().then(
      () => true,
      () => false,
    )
    const { doorbell } = feed.state()
    const isReady = databaseAnswers && doorbell !== 'away' && !isDraining()
    sendJson(response, isReady ? 200 : 503, {
      status: isReady ? 'ready' : 'not ready',
      database: databaseAnswers ? 'answers' : 'away',
      doorbell,
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
