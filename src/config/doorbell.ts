// The doorbell: how servers tell each other that something was written. A part of config.ts.

import { z } from 'zod'

/** How rings travel between servers. */
export type DoorbellKind = 'postgres' | 'nats' | 'redis'

/** A message bus that carries rings. */
export interface BusConfig {
  readonly kind: Exclude<DoorbellKind, 'postgres'>
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** Null when the URL has none. For NATS a user without a password is a token. */
  readonly user: string | null
  readonly password: string | null
  /** The subject of NATS, or the channel of Redis, of all servers. */
  readonly subject: string
}

/** The doorbell of a server: PostgreSQL's notifications, or a bus. */
export type DoorbellConfig = { readonly kind: 'postgres' } | BusConfig

const prefixLengthMax = 64
const portOf = { nats: 4_222, redis: 6_379 } as const
const schemes: Readonly<Record<string, { kind: BusConfig['kind']; tls: boolean }>> = {
  'nats:': { kind: 'nats', tls: false },
  'tls:': { kind: 'nats', tls: true },
  'redis:': { kind: 'redis', tls: false },
  'rediss:': { kind: 'redis', tls: true },
}

/** Says why a text is no DOORBELL_URL, without repeating it; null when it is one. */
function faultOf(text: string): string | null {
  if (text === 'postgres') return null
  const url = URL.canParse(text) ? new URL(text) : null
  const scheme = schemes[url?.protocol ?? '']
  if (!url || !scheme) return 'must be `postgres`, or one nats://, tls:// (NATS), redis:// or rediss:// URL'
  if (url.hostname === '') return 'has no host'
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(url.hostname)) return 'must name one host, in ASCII'
  if (url.search !== '' || url.hash !== '') return 'must have no parameters'
  const paths = scheme.kind === 'redis' ? /^\/?\d*$/ : /^\/?$/
  if (!paths.test(url.pathname)) return 'must have no path; rings are kept apart by DOORBELL_PREFIX'
  if ([url.username, url.password].some((part) => decode(part) === null)) return 'has a % that must be written as %25'
  if (scheme.kind === 'nats' && url.username === '' && url.password !== '') return 'has a password and no user'
  return null
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

/** The environment variables of the doorbell. */
export const doorbellVariables = {
  DOORBELL_URL: {
    schema: z
      .string()
      .refine((text) => faultOf(text) === null, { error: ({ input }) => faultOf(String(input)) ?? 'is wrong' }),
    default: 'postgres',
    description:
      'How servers tell each other of writes: `postgres` (NOTIFY), or the URL of a NATS (`nats://`, with TLS `tls://`) or a Redis (`redis://`, `rediss://`), such as `nats://user:password@bus.example:4222`. Needed behind a pooler in transaction mode.',
    isSecret: true,
  },
  DOORBELL_PREFIX: {
    schema: z
      .string()
      .max(prefixLengthMax)
      .regex(/^[\w-]+(\.[\w-]+)*$/, 'must be words of letters, digits, `_` and `-`, separated by dots'),
    default: 'kabar',
    description:
      'Begins the name of the subject or channel, `kabar.rings`. Deployments that share a bus take different ones.',
    needs: 'DOORBELL_URL',
  },
} as const

/** Reads the settings of the doorbell, which have been checked. */
export function readDoorbellConfig(values: { DOORBELL_URL: string; DOORBELL_PREFIX: string }): DoorbellConfig {
  if (values.DOORBELL_URL === 'postgres') return { kind: 'postgres' }
  const url = new URL(values.DOORBELL_URL)
  const { kind, tls } = schemes[url.protocol] ?? { kind: 'nats', tls: false }
  return {
    kind,
    tls,
    // without the brackets of an IPv6 address
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? portOf[kind] : Number(url.port),
    user: decode(url.username) || null,
    password: decode(url.password) || null,
    subject: `${values.DOORBELL_PREFIX}.rings`,
  }
}

/** Names the doorbell for people and logs, such as `NATS at bus.example:4222`. It holds no secret. */
export function nameDoorbell(config: DoorbellConfig): string {
  if (config.kind === 'postgres') return 'PostgreSQL'
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return `${config.kind === 'nats' ? 'NATS' : 'Redis'} at ${host}:${config.port}`
}
