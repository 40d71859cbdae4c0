import type { KabarError } from '../errors.ts'
import type { Live } from './live.ts'

/** How the connection is. The whole page may show one line of it. */
export interface ConnectionState {
  /**
   * `live`: everything that is open is up to date. `catching-up`: connected, and what happened meanwhile is arriving.
   * `offline`: no connection; sends wait. `signed-out`: nobody is signed in. `idle`: nothing is open.
   */
  readonly status: 'live' | 'catching-up' | 'offline' | 'signed-out' | 'idle'
  /** While catching up, how many messages of open rooms are known of and not there yet; null when that is not known. */
  readonly behind: number | null
  /** Why it is offline; null otherwise. */
  readonly error: KabarError | null
  /** When the next attempt is made, in milliseconds of `Date.now()`; null when none waits. */
  readonly retryAt: number | null
  /** How events come: over a socket, event streams, or another tab. */
  readonly transport: 'socket' | 'event-stream' | 'tab' | null
}

/** The connection. */
export interface Connection extends Live<ConnectionState> {
  /** Tries at once instead of waiting. */
  retry(): void
}
