// For streams that are iterated over: their signals wait, and are executed only when somebody asks for them.

import { AppError } from '../errors.ts'
import { isEvent, isHint, type Signal } from './signal.ts'
import type { createSignalQueue } from './signal-queue.ts'
import { controlAt, type Interest } from './subscriber.ts'

/**
 * Makes the `next` of an iterator over signals.
 *
 * A signal that has waited is judged once more: its execution shows rows as they are now. From a refusal on only the numbers
 * are told that lead to the event which ends the stream, as to a socket.
 */
export function createViewGate(
  { sink, iterator }: ReturnType<typeof createSignalQueue>,
  interest: Interest,
): () => Promise<IteratorResult<Signal | AppError>> {
  let isRefused = false

  /** The signal as the viewer may be told of it; null for not at all. */
  function veil(signal: Signal): Signal | null {
    if (isHint(signal)) return null
    if (!isEvent(signal) || interest.endsWith(signal)) return signal
    const hidden = controlAt(signal, 'HIDDEN', signal.at)
    return interest.selects(hidden) ? hidden : null
  }

  return async () => {
    for (;;) {
      const hasWaited = sink.bufferedBytes() > 0
      const result = await iterator.next()
      if (result.done || result.value instanceof AppError) return result
      if (hasWaited && !isRefused) isRefused = (await interest.maySeeNow?.()) === false
      const value = isRefused ? veil(result.value) : result.value
      if (value) return { done: false, value }
    }
  }
}
