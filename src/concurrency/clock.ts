/** Time and timers, handed in so that tests can run them. */
export interface Clock {
  /** Now, in milliseconds. */
  now(): number
  /** Calls back once after `ms`; the returned function takes it back. */
  after(ms: number, callback: () => void): () => void
}
