import type { SessionUser } from '../api/entities.ts'
import type { Session, SessionState, SessionStorage } from '../api/session.ts'
import { bounds } from '../config.ts'
import { KabarError } from '../errors.ts'
import type { GrantFieldsFragment } from '../generated/operations.ts'
import { createSource } from '../live.ts'
import {
  currentUserQuery,
  refreshMutation,
  registerMutation,
  signInAsGuestMutation,
  signInMutation,
  signOutMutation,
  upgradeGuestMutation,
} from '../operations/account.ts'
import type { RunAlone } from '../tabs/locks.ts'
import type { Http } from '../transport/http.ts'
import { isOfSession } from '../transport/retry.ts'
import {
  formatExpired,
  formatTokens,
  leftMs,
  lifetimeOf,
  parseExpired,
  parseTokens,
  type Tokens,
  tokensOf,
} from './tokens.ts'

/** A session as the rest of the client uses it. */
export interface OwnedSession extends Session {
  /** Resolves when what is kept has been read. */
  readonly loaded: Promise<void>
  /** The user whose session has run out, while the reason of the state is `expired`. */
  readonly expiredUserId: string | null
  /**
   * Gives an access token.
   *
   * @param options.of the user whose token it must be.
   * @throws KabarError UNAUTHENTICATED when another user is signed in.
   */
  accessToken(options?: { fresh?: boolean; of?: string | null }): Promise<string | null>
  close(): void
}

interface SessionParts {
  readonly http: Http
  readonly storage: SessionStorage
  readonly runAlone: RunAlone
  /** Names what all tabs share: the server. */
  readonly name: string
}

const nobody = (reason: 'expired' | 'elsewhere' | null): SessionState => {
  return { status: 'signed-out', user: null, isRefreshing: false, reason }
}

/** Makes the session of a client. */
export function createSession({ http, storage, runAlone, name }: SessionParts): OwnedSession {
  const state = createSource<SessionState>({ status: 'loading', user: null, isRefreshing: false })
  let tokens: Tokens | null = null
  let expiredUserId: string | null = null
  let refreshing: { readonly userId: string; readonly result: Promise<Tokens | null> } | null = null

  /** Takes tokens as those of this tab. The user stays the same object while it is the same user. */
  function take(next: Tokens | null, reason: 'expired' | 'elsewhere' | null = null): void {
    const known = state.getSnapshot().user
    tokens = next
    if (!next) state.set(nobody(reason))
    else {
      const isKnown = known && JSON.stringify(known) === JSON.stringify(next.user)
      state.set({ status: 'signed-in', user: isKnown ? known : next.user, isRefreshing: refreshing !== null })
    }
  }

  /** Takes what another tab has saved meanwhile. */
  async function reload(): Promise<void> {
    const text = await storage.load()
    const kept = parseTokens(text)
    if (kept?.accessToken === tokens?.accessToken) return
    expiredUserId = parseExpired(text)
    take(kept, kept ? null : expiredUserId === null ? 'elsewhere' : 'expired')
  }

  async function keep(next: Tokens): Promise<void> {
    take(next)
    await storage.save(formatTokens(next))
  }

  /** Ends the session because it has run out. The other tabs keep what waits to be sent, too. */
  async function expire({ user }: Tokens): Promise<void> {
    expiredUserId = user.id
    take(null, 'expired')
    await storage.save(formatExpired(user.id))
  }

  const loaded = (async () => {
    try {
      const text = await storage.load()
      // whoever signed in meanwhile is more recent
      if (tokens) return
      expiredUserId = parseExpired(text)
      take(parseTokens(text), expiredUserId === null ? null : 'expired')
    } catch {
      if (!tokens) take(null)
    }
  })()
  const unwatch = storage.watch?.(() => void reload()) ?? (() => {})

  /** Exchanges the tokens, unless another tab has just done so: then its new ones are taken. */
  function exchange(old: Tokens): Promise<Tokens | null> {
    return runAlone(`${name} refresh`, async () => {
      await reload()
      if (!tokens || tokens.accessToken !== old.accessToken) return tokens
      try {
        const next = await renewed(old)
        // who signed out or in meanwhile, here or in another tab, is more recent
        await reload()
        if (tokens?.accessToken === old.accessToken && next !== old) await keep(next)
      } catch (error) {
        const isOver =
          error instanceof KabarError && (old.refreshToken ? error.code === 'SESSION_EXPIRED' : isOfSession(error))
        if (!isOver) throw error
        // where there are no locks another tab may have been faster
        await reload()
        if (tokens?.accessToken === old.accessToken) await expire(old)
      }
      return tokens
    })
  }

  /** Gets new tokens for old ones. A token that cannot be exchanged is good until the server refuses it. */
  async function renewed(old: Tokens): Promise<Tokens> {
    if (!old.refreshToken) {
      await http.post({ query: currentUserQuery, token: old.accessToken })
      return old
    }
    const variables = { input: { refreshToken: old.refreshToken } }
    const { grant } = await http.post({ query: refreshMutation, variables, token: null })
    return tokensOf(grant as GrantFieldsFragment)
  }

  async function refresh(old: Tokens): Promise<Tokens | null> {
    if (refreshing?.userId !== old.user.id) {
      const result = exchange(old).finally(() => {
        if (refreshing === own) refreshing = null
        if (tokens) take(tokens)
      })
      const own = { userId: old.user.id, result }
      refreshing = own
    }
    if (tokens) take(tokens)
    return await refreshing.result
  }

  /** Asks with the tokens of a new session, and takes them. */
  async function enter(query: string, input: unknown, token: string | null = null): Promise<SessionUser> {
    const { grant } = await http.post({ query, variables: { input }, token })
    const granted = tokensOf(grant as GrantFieldsFragment)
    await keep(granted)
    return granted.user
  }

  async function accessToken({ fresh = false, of = null }: { fresh?: boolean; of?: string | null } = {}) {
    await loaded
    const current = await currentTokens(fresh)
    if (current && of !== null && current.user.id !== of) {
      throw new KabarError('UNAUTHENTICATED', 'Another account is signed in. Sign in again with this one.')
    }
    return current?.accessToken ?? null
  }

  async function currentTokens(fresh: boolean): Promise<Tokens | null> {
    const old = tokens
    if (!old) return null
    const left = leftMs(old)
    if (!fresh && (left > bounds.tokenMarginMs || !old.refreshToken)) return old
    // short-lived tokens are used up to half of their life
    if (!fresh && left > old.lifetimeMs / 2) return old
    try {
      return await refresh(old)
    } catch (error) {
      // the server is away: nobody is signed out by that
      if (!fresh && left > 0) return old
      throw error
    }
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    loaded,
    get expiredUserId() {
      return expiredUserId
    },
    accessToken,
    signIn: (input) => enter(signInMutation, input),
    signInAsGuest: (input) => enter(signInAsGuestMutation, input),
    register: (input) => enter(registerMutation, input),
    upgradeGuest: async (input) => enter(upgradeGuestMutation, input, await accessToken()),
    async signOut() {
      await loaded
      const old = tokens
      take(null)
      await storage.save(null)
      if (!old) return
      // what cannot be told ends by itself, when nobody refreshes it
      await http.post({ query: signOutMutation, token: old.accessToken }).catch(() => {})
    },
    adopt({ accessToken: given, refreshToken, user }) {
      const lifetimeMs = lifetimeOf(given)
      const adopted = {
        accessToken: given,
        refreshToken: refreshToken ?? null,
        receivedAt: Date.now(),
        lifetimeMs,
        user,
      }
      take(adopted)
      void storage.save(formatTokens(adopted))
    },
    close: unwatch,
  }
}
