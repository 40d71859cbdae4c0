import type { IncomingMessage, ServerOptions } from 'node:http'
import { connectionLimits, type EdgeConfig } from '../config/http.ts'

/** Returns the server options that drop requests with slow headers. */
export function requestTimeouts({ headersMs, slownessCheckMs, keepAliveMs }: EdgeConfig): ServerOptions {
  return {
    headersTimeout: headersMs,
    requestTimeout: connectionLimits.requestMsMax,
    connectionsCheckingInterval: slownessCheckMs,
    keepAliveTimeout: keepAliveMs,
  }
}

/** Drops a request whose body does not arrive in time. */
export function dropSlowBody(request: IncomingMessage, { requestMs }: EdgeConfig): void {
  if (request.complete || request.headers['content-length'] === '0') return
  // a request without a body is complete a moment later, and its answer may take any time
  const timer = setTimeout(() => request.complete || request.destroy(), requestMs)
  const stop = () => clearTimeout(timer)
  request.once('end', stop)
  request.once('close', stop)
}
