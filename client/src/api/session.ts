import type { RegisterInput, SignInAsGuestInput, SignInInput, UpgradeGuestInput } from '../generated/operations.ts'
import type { SessionUser } from './entities.ts'
import type { Live } from './live.ts'

/** Tells whether somebody is signed in. */
export type SessionState =
  | {
      /** Stored data is being read. */
      readonly status: 'loading'
      readonly user: null
      /** True if tokens are being exchanged now. */
      readonly isRefreshing: boolean
    }
  | {
      /** Signed out: no session. */
      readonly status: 'signed-out'
      readonly user: null
      readonly isRefreshing: boolean
      /** Why: null at first, and where the user wished it. */
      readonly reason: 'expired' | 'elsewhere' | null
    }
  | {
      /** Somebody is signed in. */
      readonly status: 'signed-in'
      readonly user: SessionUser
      readonly isRefreshing: boolean
    }

/** The session: who is signed in, and how that changes. All of these throw a KabarError. */
export interface Session extends Live<SessionState> {
  /** Signs a registered user in. */
  signIn(input: SignInInput): Promise<SessionUser>
  /** Makes an account with only a display name. */
  signInAsGuest(input: SignInAsGuestInput): Promise<SessionUser>
  /** Makes an account. */
  register(input: RegisterInput): Promise<SessionUser>
  /** Makes the guest a registered user, who keeps everything. */
  upgradeGuest(input: UpgradeGuestInput): Promise<SessionUser>
  /** Ends the session here and in all tabs. It works without a network too; the server is told when it can be. */
  signOut(): Promise<void>
  /** Takes tokens that were got elsewhere, for example a token of `kabar token`. */
  adopt(tokens: GivenTokens): void
  /** Gives an access token that is good for some time; null when nobody is signed in. */
  accessToken(options?: { fresh?: boolean }): Promise<string | null>
}

/** Tokens from elsewhere. */
export interface GivenTokens {
  readonly accessToken: string
  /** Without it the session ends when the server refuses the access token. */
  readonly refreshToken?: string
  readonly user: SessionUser
}

/** Keeps a session over reloads, as text. All tabs of one browser share it. */
export interface SessionStorage {
  /** Loads the value that was saved last; null when there is none. */
  load(): string | null | Promise<string | null>
  /** Saves a text; null forgets it. */
  save(text: string | null): void | Promise<void>
  /** Calls back when another tab has saved something. */
  watch?(changed: () => void): () => void
}
