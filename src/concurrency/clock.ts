/** Time and timers, passed in so that tests can control them. */
export interface Clock {
  /** Now, in milliseconds. */
  now(): number
  /** Calls back once after `ms`. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void
}

/** The time and timers of this process, which do not keep it alive. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
