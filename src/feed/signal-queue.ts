import type { AppError } from '../errors.ts'
import type { Signal } from './signal.ts'
import type { Sink } from './subscriber.ts'

/** About what one signal holds in memory, and in the end on the wire. */
const signalBytes = 512

/**
 * Makes the sink of an async iterator: signals wait until they are asked for, and their number pushes back.
 *
 * The iterator's `return()` answers at once, also while a `next()` waits.
 */
export function createSignalQueue(onEnd: () => void): {
  sink: Sink<Signal>
  iterator: AsyncIterableIterator<Signal | AppError>
} {
  let queue: (Signal | AppError)[] = []
  let over = false
  let waiting: ((result: IteratorResult<Signal | AppError>) => void) | null = null
  let drained: (() => void) | null = null

  function settle(): void {
    if (waiting) {
      const next = queue.shift()
      if (next !== undefined) waiting({ done: false, value: next })
      else if (over) waiting({ done: true, value: undefined })
      else return
      waiting = null
    }
    if (queue.length === 0) drained?.()
  }

  function finish(): void {
    if (over) return
    over = true
    onEnd()
  }

  const sink: Sink<Signal> = {
    deliver(signals) {
      if (!over) queue.push(...signals)
      settle()
    },
    bufferedBytes: () => queue.length * signalBytes,
    drained: () =>
      new Promise((resolve) => {
        drained = resolve
        settle()
      }),
    finish(error) {
      if (!over && error) queue.push(error)
      finish()
      settle()
    },
    abandon() {
      queue = []
      finish()
      settle()
    },
  }

  return {
    sink,
    iterator: {
      next: () =>
        new Promise((resolve) => {
          waiting = resolve
          settle()
        }),
      async return() {
        sink.abandon()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    },
  }
}
