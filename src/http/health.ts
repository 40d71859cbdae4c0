import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readiness } from '../health/readiness.ts'
import { type Route, sendJson } from './route.ts'

/** Tells whether a path is a health check. These reveal no secret, and serve any host. */
export function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/readyz'
}

/** The inputs of the health checks. */
export interface HealthOptions {
  checkReadiness(): Promise<Readiness>
  /** Tells whether the caller is an operator. */
  isOperator(request: IncomingMessage): Promise<boolean>
}

/**
 * Serves `/healthz` (liveness) and `/readyz` (readiness: it can serve).
 *
 * Ready means: not draining, PostgreSQL answers, accepts writes and has all migrations, and rings arrive or are polled
 * for. Other findings, such as a wrong clock, are reported to this machine and to operators, and leave it ready.
 */
export function createHealthRoute({ checkReadiness, isOperator }: HealthOptions): Route {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { isReady, findings } = await checkReadiness()
    const status = isReady ? 'ready' : 'not ready'
    const isInside = isOnThisMachine(request) || (await isOperator(request).catch(() => false))
    sendJson(response, isReady ? 200 : 503, isInside ? { status, findings } : { status })
  }

  return (request, response) => {
    if (request.url === '/healthz') {
      sendJson(response, 200, { status: 'ok' })
      return true
    }
    if (request.url === '/readyz') {
      void answer(request, response)
      return true
    }
    return false
  }
}

/** Tells whether a request was made on this machine, and not handed on by a proxy that runs here. */
function isOnThisMachine({ socket, headers }: IncomingMessage): boolean {
  const isForwarded = [
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'forwarded',
    'via',
  ].some((name) => name in headers)
  return !isForwarded && /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')
}
