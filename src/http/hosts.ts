import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'

/** Whether a server may be reached under a name: see `createIsAllowedHost`. */
export type IsAllowedHost = (host: string | undefined) => boolean

/**
 * Makes the judge of `Host` headers.
 *
 * It allows localhost, the machine's own name, that of PUBLIC_URL, those of ALLOWED_HOSTS, and addresses. Any other name could be a stranger's that was made to lead here (DNS rebinding): a page from there would be of the
 * server's own origin. An address cannot be made to lead elsewhere, so that every one is allowed, of the network too.
 */
export function createIsAllowedHost({ allowedHosts, media }: Pick<Config, 'allowedHosts' | 'media'>): IsAllowedHost {
  const own = hostname().toLowerCase()
  const names = new Set(['localhost', own, `${own}.local`, ...allowedHosts])
  if (media.publicUrl) names.add(new URL(media.publicUrl).hostname)
  const endings = [...names].filter((name) => name.startsWith('*.')).map((name) => name.slice(1))
  return (host) => {
    // HTTP/1.0 has none, and no browser speaks that
    if (host === undefined || names.has('*')) return true
    const name = nameOf(host)
    return isIP(name) > 0 || names.has(name) || name.endsWith('.localhost') || endings.some((end) => name.endsWith(end))
  }
}

/** The name in a Host header: without port, the dot of the root, and the brackets of IPv6. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
