// Which pages may call, and under which names a server is reached: a part of config.ts.

import { z } from 'zod'
import { list } from './variable-types.ts'

const example = 'such as https://chat.example'

/** Brings an origin into the form in which browsers send it. */
function parseOrigin(text: string): { origin: string } | { fault: string } {
  if (text === '*' || text.toLowerCase() === 'null') return { fault: 'allows every page: name origins' }
  if (text.includes('*')) return { fault: `has a *: name each origin, ${example}` }
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text) || !URL.canParse(text)) return { fault: `is no origin ${example}` }
  const { protocol, host, origin, pathname, search, hash, username, password } = new URL(text)
  if (pathname.length > 1 || search || hash || username || password) {
    return { fault: `has more than scheme, host and port, ${example}` }
  }
  if (!host) return { fault: `has no host, ${example}` }
  // apps in a shell have schemes of their own, such as capacitor://localhost
  return { origin: origin === 'null' ? `${protocol}//${host.toLowerCase()}` : origin }
}

/** Origins of pages, separated by commas, in the form in which browsers send them. */
export const origins = list.transform((items, context) =>
  items.flatMap((item) => {
    const parsed = parseOrigin(item)
    if ('origin' in parsed) return [parsed.origin]
    context.addIssue({ code: 'custom', message: `"${item}" ${parsed.fault}` })
    return []
  }),
)

const hostPattern = /^(?:\*\.)?[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/

/** Names of hosts: `chat.example`, `*.chat.example` for all below it, or `*`. */
export const hostNames = list.transform((items, context) =>
  items.map((item) => {
    const name = item.toLowerCase().replace(/\.$/, '')
    if (item !== '*' && !hostPattern.test(name)) {
      context.addIssue({
        code: 'custom',
        message: `"${item}" is no name such as chat.example, without scheme and port`,
      })
    }
    return name
  }),
)

/** A URL in one form. `HTTPS://Chat.Example:443/` is `https://chat.example/`. */
export const publicUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .transform((text) => new URL(text).href)
