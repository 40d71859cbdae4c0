/** Time and timers, passed in so that tests can control them. */
export interface Clock {
  /** Now, in milliseconds. */
  now(): number
  /** Calls back once after `ms`. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void
}
