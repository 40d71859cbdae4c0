import type { Live } from './api/live.ts'
import { createListeners } from './live.ts'

/** A Live over others that come and go: those of the account that is signed in now. */
export interface Facade<T> extends Live<T> {
  /** Follows another one; none where nobody is signed in. */
  point(to: Live<T> | null): void
  readonly hasListeners: boolean
}

/** Makes a facade that shows `empty` until it points to something. */
export function createFacade<T>(empty: T): Facade<T> {
  const listeners = createListeners()
  let target: Live<T> | null = null
  let stop: (() => void) | null = null

  function attach(): void {
    if (target && !stop && listeners.size > 0) stop = target.subscribe(listeners.tell)
  }

  return {
    getSnapshot: () => (target ? target.getSnapshot() : empty),
    subscribe(listener) {
      const remove = listeners.add(listener)
      attach()
      return () => {
        remove()
        if (listeners.size > 0) return
        stop?.()
        stop = null
      }
    },
    point(to) {
      stop?.()
      stop = null
      target = to
      attach()
      listeners.tell()
    },
    get hasListeners() {
      return listeners.size > 0
    },
  }
}
