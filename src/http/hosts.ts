import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'

/** Tells whether a server may be reached under a name: see `createIsAllowedHost`. */
export type IsAllowedHost = (host: string | undefined) => boolean

/**
 * Creates the check of `Host` headers.
 *
 * It allows localhost, the machine's host name, the host of PUBLIC_URL, those of ALLOWED_HOSTS, and IP addresses. Any
 * other name could be an attacker's that resolves to this server (DNS rebinding): its pages would have the server's own
 * origin. IP addresses need no name resolution, so all are allowed.
 */
export function createIsAllowedHost({ allowedHosts, media }: Pick<Config, 'allowedHosts' | 'media'>): IsAllowedHost {
  const names = new Set(allowedHosts)
  if (media.publicUrl) names.add(new URL(media.publicUrl).hostname)
  const endings = [...names].filter((name) => name.startsWith('*.')).map((name) => name.slice(1))
  return (host) => {
    // HTTP/1.0 has no Host header, and no browser uses it
    if (host === undefined || names.has('*')) return true
    const name = nameOf(host)
    return isIP(name) > 0 || names.has(name) || isOwnName(name) || endings.some((end) => name.endsWith(end))
  }
}

/** Tells whether a lower-case name is below `localhost`, or the name of this host. */
export function isOwnName(name: string): boolean {
  const own = hostname().toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || name === own || name === `${own}.local`
}

/** The name in a Host header, without port, trailing dot, and the brackets of IPv6. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
