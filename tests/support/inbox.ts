import { patienceMs } from './patience.ts'

/** Keeps what arrives until a test takes it. */
export interface Inbox<T> {
  put(thing: T): void
  /** Makes every `take` from now on fail, once all that arrived before has been taken. */
  fail(error: unknown): void
  /** The next thing that arrived. Fails when nothing comes for a while. */
  take(): Promise<T>
}

/** Makes an empty inbox. */
export function createInbox<T>(): Inbox<T> {
  const things: T[] = []
  let fault: unknown = null
  const waking = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of waking) wake()
  }

  return {
    put(thing) {
      things.push(thing)
      wakeAll()
    },
    fail(error) {
      fault ??= error
      wakeAll()
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
          const wake = () => {
            waking.delete(wake)
            clearTimeout(timer)
            resolve()
          }
          const timer = setTimeout(wake, left)
          waking.add(wake)
        })
      }
    },
  }
}
