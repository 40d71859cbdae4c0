import { operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import type { DocumentCache } from './document-cache.ts'

/** Waits for the turn of a document, unless it is cached: see `createTextTurns`. */
export type WaitForTurn = (text: string, caller: Pick<Caller, 'viewer' | 'address'>) => Promise<void>

/**
 * Creates the queue of documents to be parsed and validated.
 *
 * One document is parsed per turn of the event loop, so that new documents never delay operations with cached ones. A
 * caller may have `textsWaitingMax` in the queue.
 *
 * @throws AppError RATE_LIMITED, from the returned function, when a caller has too many.
 */
export function createTextTurns(known: Pick<DocumentCache, 'has'>): WaitForTurn {
  const waiting = new Map<string, number>()
  let last: Promise<void> = Promise.resolve()

  return async (text, { viewer, address }) => {
    if (known.has(text)) return
    const key = viewer?.userId ?? address ?? ''
    const ahead = waiting.get(key) ?? 0
    if (ahead >= operationLimits.textsWaitingMax) {
      const retryAfterMs = 1_000
      throw new AppError('RATE_LIMITED', 'Too many new documents at once: wait for answers.', { retryAfterMs })
    }
    waiting.set(key, ahead + 1)
    last = last.then(nextRound)
    await last
    const left = (waiting.get(key) ?? 1) - 1
    if (left > 0) waiting.set(key, left)
    else waiting.delete(key)
  }
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
