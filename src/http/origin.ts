import { networkInterfaces } from 'node:os'
import type { Config } from '../config/config.ts'

const localhost = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/** A browser asks again after this whether a page may call. */
export const preflightSeconds = 86_400

/** Headers of answers that pages of allowed origins may read. */
export const exposedHeaders = ['x-request-id', 'retry-after']

/**
 * Whether a browser page may call: from the server's own origin or an allowed one.
 *
 * No origin means no browser, so there is no page to guard against. The host is one that the server is reached under.
 */
export function isAllowedOrigin(
  config: Pick<Config, 'allowedOrigins' | 'production' | 'media'>,
  { origin, host }: { origin: string | null; host: string | null },
): boolean {
  if (origin === null) return true
  if (host && (origin === `http://${host}` || origin === `https://${host}`)) return true
  if (config.allowedOrigins.includes(origin)) return true
  // a proxy need not pass on the host under which it is reached
  const { publicUrl } = config.media
  if (publicUrl && `${publicUrl}/`.startsWith(`${origin}/`)) return true
  return !config.production && (localhost.test(origin) || isOwnAddress(origin))
}

/** Whether a page comes from this machine by its address, so that a phone can open what a development server serves. */
function isOwnAddress(origin: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return false
  const name = new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1')
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === name))
}
