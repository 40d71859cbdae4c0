// The clock of PostgreSQL, used for tokens, deadlines and URLs: it is the only one that all servers share.

import { setTimeout as wait } from 'node:timers/promises'
import { clockLimits } from '../config/database.ts'

/** The time of PostgreSQL: see `createDatabaseClock`. */
export interface DatabaseClock {
  /** Now by PostgreSQL, in milliseconds since 1970. Before the first measurement it is the time of this machine. */
  now(): number
  /** How far this machine's clock is ahead of PostgreSQL's, in milliseconds; negative when it is behind. */
  aheadMs(): number
  /** Reads the time of PostgreSQL. Rejects when it is unreachable; the last measurement stays in use. */
  measure(): Promise<void>
}

/**
 * Creates the clock of one connection pool.
 *
 * Between measurements it follows the machine's monotonic clock, so that a wrong or jumping wall clock has no effect.
 *
 * @param readTime reads the time of PostgreSQL, in milliseconds since 1970.
 */
export function createDatabaseClock(readTime: () => Promise<number>): DatabaseClock {
  let base: { readonly databaseMs: number; readonly monotonicMs: number } | null = null
  const now = () => (base ? base.databaseMs + performance.now() - base.monotonicMs : Date.now())
  return {
    now,
    aheadMs: () => Math.round(Date.now() - now()),
    async measure() {
      const askedAt = performance.now()
      const databaseMs = await readTime()
      const tripMs = performance.now() - askedAt
      // a slow answer is less exact than the last measurement
      if (base && tripMs > clockLimits.tripMsMax) return
      base = { databaseMs, monotonicMs: askedAt + tripMs / 2 }
    },
  }
}

/** Options of `watchClock`. */
export interface ClockWatchOptions {
  readonly clock: DatabaseClock
  /** Called when the offset becomes too large, and when it is small again. */
  onChange(change: { readonly isOff: boolean; readonly aheadMs: number }): void
}

/** Measures the clock periodically, and reports when this machine's clock is wrong. */
export function watchClock({ clock, onChange }: ClockWatchOptions): { close(): Promise<void> } {
  const closing = new AbortController()
  let wasOff = false
  const look = () => {
    const isOff = isClockOff(clock)
    if (isOff !== wasOff) onChange({ isOff, aheadMs: clock.aheadMs() })
    wasOff = isOff
  }
  async function run(): Promise<void> {
    look()
    while (!closing.signal.aborted) {
      const waitMs = clockLimits.measureMs * (0.75 + Math.random() / 4)
      await wait(waitMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
      if (closing.signal.aborted) return
      // while PostgreSQL is unreachable the last measurement stays in use
      await clock.measure().catch(() => {})
      look()
    }
  }
  const running = run()
  return {
    close() {
      closing.abort()
      return running
    },
  }
}

/** Tells whether this machine's clock is so far off that an operator should set it right. */
function isClockOff(clock: Pick<DatabaseClock, 'aheadMs'>): boolean {
  return Math.abs(clock.aheadMs()) > clockLimits.aheadMsMax
}
