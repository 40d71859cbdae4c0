import { type AppError, unavailable } from '../errors.ts'
import type { Signal } from './signal.ts'
import type { Sink } from './subscriber.ts'

/** About what one signal holds in memory, and in the end on the wire. */
const signalBytes = 512

/**
 * Makes the sink of an async iterator.
 *
 * Signals wait until they are asked for, and their number pushes back.
 * The iterator's `return()` answers at once, also while a `next()` waits. An error is the next thing that is read, whatever
 * waits before it: a session that has ended sees no more, and what must be read anew need not be read now.
 */
export function createSignalQueue(onEnd: () => void): {
  sink: Sink<Signal>
  iterator: AsyncIterableIterator<Signal | AppError>
} {
  let queue: (Signal | AppError)[] = []
  let over = false
  let waiting: ((result: IteratorResult<Signal | AppError>) => void) | null = null
  let drained: (() => void)[] = []

  function settle(): void {
    if (waiting) {
      const next = queue.shift()
      if (next !== undefined) waiting({ done: false, value: next })
      else if (over) waiting({ done: true, value: undefined })
      if (next !== undefined || over) waiting = null
    }
    if (queue.length > 0) return
    for (const resolve of drained) resolve()
    drained = []
  }

  function stop(left: (Signal | AppError)[]): void {
    if (over) return
    over = true
    queue = left
    onEnd()
    settle()
  }

  const sink: Sink<Signal> = {
    deliver(signals) {
      if (!over) queue.push(...signals)
      settle()
    },
    sizeOf: () => signalBytes,
    bufferedBytes: () => queue.length * signalBytes,
    drained: () =>
      new Promise((resolve) => {
        drained.push(resolve)
        settle()
      }),
    finish: (error) => stop(error ? [error] : [...queue]),
    abandon: () => stop([unavailable('The stream was not read for too long: subscribe again after the last cursor.')]),
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
        queue = []
        stop([])
        settle()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    },
  }
}
