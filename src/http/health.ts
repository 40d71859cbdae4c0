import type { ServerResponse } from 'node:http'
import type { Database } from '../database/client.ts'
import type { Feed } from '../feed/feed.ts'
import { type Route, sendJson } from './route.ts'

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
 * Ready means: not draining, PostgreSQL answers, and rings arrive or are polled for.
 */
export function createHealthRoute({ database, feed, isDraining }: HealthOptions): Route {
  async function ready(response: ServerResponse): Promise<void> {
    const databaseAnswers = await database.own.query('/* ready */ select 1').then(
      () => true,
      () => false,
    )
    const { doorbell } = feed.state()
    const isReady = databaseAnswers && doorbell !== 'away' && !isDraining()
    sendJson(response, isReady ? 200 : 503, {
      status: isReady ? 'ready' : 'not ready',
      database: databaseAnswers ? 'answers' : 'away',
      doorbell,
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
