// Decides what is tried again, and when: after a temporary fault the same, and after one of the session with a fresh token.

import { bounds } from '../config.ts'
import type { KabarError, KabarErrorCode } from '../errors.ts'

const temporary: ReadonlySet<KabarErrorCode> = new Set([
  'NETWORK',
  'NOT_KABAR',
  'RATE_LIMITED',
  'SLOW_MODE',
  'SERVICE_UNAVAILABLE',
  'TOO_MANY_SUBSCRIPTIONS',
  'INTERNAL',
])

/** Tells whether it is tried again: the same may succeed later by itself. */
export function isTemporary({ code }: KabarError): boolean {
  return temporary.has(code)
}

/** Tells whether the session is what is wrong. */
export function isOfSession({ code }: KabarError): boolean {
  return code === 'UNAUTHENTICATED' || code === 'SESSION_EXPIRED'
}

/** The least wait before the same is tried again. */
export function leastWaitMs({ code, retryAfterMs }: KabarError): number {
  return code === 'NOT_KABAR' ? bounds.retryStrangerMs / 2 : (retryAfterMs ?? 0)
}

/** Waits that grow, at random: thousands of clients do not come back together. */
export interface Backoff {
  /**
   * Waits before the next attempt; ends early by `hurry`.
   *
   * It waits `leastMs` and a random part besides, which is up to `spreadMs` where it would be up to less.
   */
  wait(leastMs?: number | null, spreadMs?: number): Promise<void>
  /** Ends the wait that is under way. */
  hurry(): void
  /** Begins again with short waits. */
  reset(): void
  /** When the wait that is under way ends, by Date.now(); null when there is none. */
  readonly until: number | null
  readonly tries: number
}

/** Makes a back-off. `changed` is told when `until` changes. */
export function createBackoff(changed: () => void = () => {}): Backoff {
  let tries = 0
  let until: number | null = null
  const waking = new Set<() => void>()
  return {
    async wait(leastMs, spreadMs = 0) {
      const most = Math.max(spreadMs, Math.min(bounds.retryMaxMs, bounds.retryFirstMs * 2 ** tries))
      tries += 1
      const ms = (leastMs ?? 0) + Math.random() * most
      until = Date.now() + ms
      changed()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, ms)
        function done() {
          clearTimeout(timer)
          waking.delete(done)
          resolve()
        }
        waking.add(done)
      })
      until = null
      changed()
    },
    hurry() {
      for (const wake of [...waking]) wake()
    },
    reset() {
      tries = 0
    },
    get until() {
      return until
    },
    get tries() {
      return tries
    },
  }
}
