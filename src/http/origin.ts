import type { Config } from '../config/config.ts'

const localhost = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/** A browser asks again after this whether a page may call. */
export const preflightSeconds = 86_400

/**
 * Whether a browser page may call: from the server's own origin or an allowed one.
 *
 * No origin means no browser, so there is no page to guard against.
 */
export function isAllowedOrigin(
  config: Pick<Config, 'allowedOrigins' | 'production'>,
  { origin, host }: { origin: string | null; host: string | null },
): boolean {
  if (origin === null) return true
  if (host && (origin === `http://${host}` || origin === `https://${host}`)) return true
  if (config.allowedOrigins.includes(origin)) return true
  return !config.production && localhost.test(origin)
}
