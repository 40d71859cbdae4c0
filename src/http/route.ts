// What the small routes beside GraphQL are made of.

import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers a request that it knows; false leaves it to the next. */
export type Route = (request: IncomingMessage, response: ServerResponse) => boolean

/** Writes a JSON answer that no cache keeps. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
