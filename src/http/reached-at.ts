import type { IncomingHttpHeaders } from 'node:http'

/**
 * Finds the origin under which a client reaches the server; null without a Host.
 *
 * For example `https://chat.example.org`. Browsers name it in `Origin`, and proxies its scheme in `X-Forwarded-Proto`. A client that lies gets wrong URLs itself,
 * and nobody else does.
 */
export function reachedAt(headers: IncomingHttpHeaders): string | null {
  const { host, origin } = headers
  if (!host) return null
  if (origin === `https://${host}`) return origin
  const [forwarded] = String(headers['x-forwarded-proto'] ?? '').split(',')
  return `${forwarded?.trim() === 'https' && origin !== `http://${host}` ? 'https' : 'http'}://${host}`
}
