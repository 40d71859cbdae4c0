/** Keeps what arrives until a test takes it. */
export interface Inbox<T> {
  put(thing: T): void
  /** Makes every `take` from now on fail, once all that arrived before has been taken. */
  fail(error: unknown): void
  /** The next thing that arrived. Fails after so many seconds as a client may need to come back. */
  take(): Promise<T>
}

const patienceMs = 10_000

/** Makes an empty inbox. */
export function createInbox<T>(): Inbox<T> {
  const things: T[] = []
  let fault: unknown = null
  let wake = () => {}

  return {
    put(thing) {
      things.push(thing)
      wake()
    },
    fail(error) {
      fault ??= error
      wake()
    },
    async take() {
      const deadline = performance.now() + patienceMs
      for (;;) {
        const [thing] = things.splice(0, 1)
        if (thing !== undefined) return thing
        if (fault) throw new Error('nothing more comes', { cause: fault })
        const left = deadline - performance.now()
        if (left <= 0) throw new Error(`nothing came for ${patienceMs} ms`)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
  }
}
