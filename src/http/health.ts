import type { ServerResponse } from 'node:http'
import type { Database } from '../database/client.ts'
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
 * Ready means: not draining, PostgreSQL answers, and rings arrive or are polled for.
 */
export function createHealthRoute({ database, feed, isDraining }: HealthOptions): Route {
  async function ready(response: ServerResponse): Promise<void> {
    const databaseAnswers = await database.own.query('/* ready */ select 1').then(
      () => true,
      () => false,
    )
    const { notifier } = feed.state()
    const isReady = databaseAnswers && notifier !== 'away' && !isDraining()
    sendJson(response, isReady ? 200 : 503, {
      status: isReady ? 'ready' : 'not ready',
      database: databaseAnswers ? 'answers' : 'away',
      doorbell: notifier,
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
