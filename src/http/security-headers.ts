import type { IncomingMessage, ServerResponse } from 'node:http'
import { pathOf } from './requests.ts'

/** API responses are not documents: block loading and framing. */
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

/** GraphiQL has inline scripts, styles, fonts and workers, and connects only to this server. */
const graphiqlPolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  "style-src 'unsafe-inline'",
  'font-src data:',
  "img-src 'self' data:",
  'worker-src blob: data:',
  "connect-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Sets the security headers of a response (CSP, nosniff …). Routes may override them. */
export function setSecurityHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  { graphiql }: { graphiql: boolean },
): void {
  const { method, headers } = request
  const isGraphiql = pathOf(request) === '/graphql' && headers.accept?.includes('text/html')
  const isPage = graphiql && method === 'GET' && isGraphiql
  response.setHeader('content-security-policy', isPage ? graphiqlPolicy : apiPolicy)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-frame-options', 'DENY')
  response.setHeader('referrer-policy', 'no-referrer')
}
