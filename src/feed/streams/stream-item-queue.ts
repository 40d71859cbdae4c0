import { type AppError, unavailable } from '../../errors.ts'
import type { Sink } from '../hub/interest.ts'
import type { StreamItem } from './stream-item.ts'

/** The estimated size of one item in memory. */
const streamItemBytes = 512

/**
 * Makes the sink of an async iterator.
 *
 * Signals wait until they are asked for, and their number pushes back.
 * The iterator's `return()` answers at once, also while a `next()` waits. An error is the next thing that is read, whatever
 * waits before it: a session that has ended sees no more, and what must be read anew need not be read now.
 */
export function createStreamItemQueue(onEnd: () => void): {
  sink: Sink<StreamItem>
  iterator: AsyncIterableIterator<StreamItem | AppError>
} {
  let queue: (StreamItem | AppError)[] = []
  let over = false
  let waiting: ((result: IteratorResult<StreamItem | AppError>) => void) | null = null
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

  function stop(left: (StreamItem | AppError)[]): void {
    if (over) return
    over = true
    queue = left
    onEnd()
    settle()
  }

  const sink: Sink<StreamItem> = {
    deliver(items) {
      if (!over) queue.push(...items)
      settle()
    },
    sizeOf: () => streamItemBytes,
    bufferedBytes: () => queue.length * streamItemBytes,
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
