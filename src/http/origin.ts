import { networkInterfaces } from 'node:os'
import type { Config } from '../config/config.ts'
import { isOwnName } from './hosts.ts'

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1'])

/** Time for which browsers cache a preflight response. */
export const preflightSeconds = 86_400

/** Response headers that pages of allowed origins may read. */
export const exposedHeaders = ['x-request-id', 'retry-after']

/**
 * Tells whether pages of an origin may call the API: the server's own or allowed.
 *
 * A request without an origin does not come from a page. The host was checked before.
 */
export function isAllowedOrigin(
  config: Pick<Config, 'allowedOrigins' | 'production' | 'media'>,
  { origin, host }: { origin: string | null; host: string | null },
): boolean {
  if (origin === null) return true
  if (host && (origin === `http://${host}` || origin === `https://${host}`)) return true
  if (config.allowedOrigins.includes(origin)) return true
  // a proxy may not forward its own host name
  const { publicUrl } = config.media
  if (publicUrl && `${publicUrl}/`.startsWith(`${origin}/`)) return true
  return !config.production && isOwnPage(origin)
}

/** Tells whether an origin is a page of this machine: a phone may open one of a development server. */
function isOwnPage(origin: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin) return false
  const name = new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1')
  if (isOwnName(name) || loopback.has(name)) return true
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === name))
}
