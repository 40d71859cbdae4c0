// Allowed browser origins and host names. A part of config.ts.

import { z } from 'zod'
import { list } from './variable-types.ts'

const example = 'such as https://chat.example'

/** Normalizes an origin to the form that browsers send. */
function parseOrigin(text: string): { origin: string } | { fault: string } {
  if (text === '*' || text.toLowerCase() === 'null') return { fault: 'allows every page: name origins' }
  if (text.includes('*')) return { fault: `has a *: name each origin, ${example}` }
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text) || !URL.canParse(text)) return { fault: `is not an origin, ${example}` }
  const { protocol, host, origin, pathname, search, hash, username, password } = new URL(text)
  if (pathname.length > 1 || search || hash || username || password) {
    return { fault: `has more than scheme, host and port, ${example}` }
  }
  if (!host) return { fault: `has no host, ${example}` }
  // apps in a web view have other schemes, such as capacitor://localhost
  return { origin: origin === 'null' ? `${protocol}//${host.toLowerCase()}` : origin }
}

/** Browser origins, separated by commas, in the form that browsers send. */
export const origins = list.transform((items, context) =>
  items.flatMap((item) => {
    const parsed = parseOrigin(item)
    if ('origin' in parsed) return [parsed.origin]
    context.addIssue({ code: 'custom', message: `"${item}" ${parsed.fault}` })
    return []
  }),
)

const hostPattern = /^(?:\*\.)?[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/

/** Host names: `chat.example`, `*.chat.example` for all subdomains, or `*`. */
export const hostNames = list.transform((items, context) =>
  items.map((item) => {
    const name = item.toLowerCase().replace(/\.$/, '')
    if (item !== '*' && !hostPattern.test(name)) {
      context.addIssue({
        code: 'custom',
        message: `"${item}" is not a host name such as chat.example, without scheme and port`,
      })
    }
    return name
  }),
)

/** A normalized URL. `HTTPS://Chat.Example:443/` becomes `https://chat.example/`. */
export const publicUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .transform((text) => new URL(text).href)
