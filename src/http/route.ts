// Building blocks of the HTTP routes other than GraphQL.

import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers a request and returns true, or returns false to try the next route. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean

/** Writes a JSON response that is never cached. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

/**
 * Calls back when a response is closed: at once when it is already.
 *
 * A client may be gone before its request is executed, and `close` is emitted only once.
 */
export function onClosed(response: ServerResponse, listener: () => void): void {
  if (response.destroyed) listener()
  else response.once('close', listener)
}
