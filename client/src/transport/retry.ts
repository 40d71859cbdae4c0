import { bounds } from '../config.ts'

/** Waits that grow, at random: thousands of clients do not come back together. */
export interface Backoff {
  /** Waits before the next attempt; ends early by `hurry`. */
  wait(leastMs?: number | null): Promise<void>
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
    async wait(leastMs) {
      const most = Math.min(bounds.retryMaxMs, bounds.retryFirstMs * 2 ** tries)
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
