/** The growing delays between tries: see `createBackoff`. */
export interface Backoff {
  /** Returns the delay before the next try, in milliseconds. */
  nextMs(): number
  /** Starts again with the shortest delay. Call it when a try has succeeded. */
  reset(): void
}

/** Creates delays that double, from `reconnectMinMs` up to `reconnectMaxMs`. */
export function createBackoff({
  reconnectMinMs: minMs,
  reconnectMaxMs: maxMs,
}: {
  readonly reconnectMinMs: number
  readonly reconnectMaxMs: number
}): Backoff {
  let delayMs = minMs
  return {
    nextMs() {
      const ms = delayMs
      delayMs = Math.min(2 * ms, maxMs)
      return ms
    },
    reset() {
      delayMs = minMs
    },
  }
}
