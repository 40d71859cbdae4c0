import type { SessionUser } from '../api/entities.ts'
import { bounds } from '../config.ts'
import type { GrantFieldsFragment } from '../generated/operations.ts'

/** The tokens of a session as they are kept. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string | null
  /** When the access token came, by the clock of this machine, whatever that says. */
  readonly receivedAt: number
  /** How long it lasts from then. */
  readonly lifetimeMs: number
  readonly user: SessionUser
}

const version = 1

/** Makes tokens of what the server has granted just now. */
export function tokensOf(grant: GrantFieldsFragment): Tokens {
  const { accessToken, refreshToken, viewer } = grant
  const { id, username, displayName, isGuest, __typename } = viewer.user
  const user = { __typename, id, username, displayName, isGuest }
  return { accessToken, refreshToken, user, receivedAt: Date.now(), lifetimeMs: lifetimeOf(accessToken) }
}

/**
 * How long an access token lasts, by its own claims `iat` and `exp`.
 *
 * Both are of the clock of the server: that of this machine may be hours off.
 */
export function lifetimeOf(accessToken: string): number {
  try {
    const [, payload = ''] = accessToken.split('.')
    const { iat, exp } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, number>
    const ms = (Number(exp) - Number(iat)) * 1_000
    return ms > 0 ? ms : bounds.tokenUnknownMs
  } catch {
    return bounds.tokenUnknownMs
  }
}

/** How long an access token is still good, counted from its receipt. Negative when it is over. */
export function leftMs({ receivedAt, lifetimeMs }: Tokens): number {
  const age = Date.now() - receivedAt
  // the clock was set back: how old it is is not known, so it is exchanged
  return age < 0 ? -1 : lifetimeMs - age
}

/** Writes tokens as text. */
export function formatTokens(tokens: Tokens): string {
  return JSON.stringify({ version, ...tokens })
}

/** Reads tokens; null when the text is of another version, or none. */
export function parseTokens(text: string | null): Tokens | null {
  if (!text) return null
  try {
    const kept = JSON.parse(text) as Tokens & { version: number }
    const isOurs = kept.version === version && typeof kept.accessToken === 'string' && typeof kept.user?.id === 'string'
    return isOurs ? kept : null
  } catch {
    return null
  }
}

/** Writes that the session of a user has run out. The unsent changes are kept. */
export function formatExpired(userId: string): string {
  return JSON.stringify({ version, expiredUserId: userId })
}

/** Reads whose session has run out; null when the text says something else. */
export function parseExpired(text: string | null): string | null {
  if (!text) return null
  try {
    const { version: of, expiredUserId } = JSON.parse(text) as { version: number; expiredUserId?: unknown }
    return of === version && typeof expiredUserId === 'string' ? expiredUserId : null
  } catch {
    return null
  }
}
