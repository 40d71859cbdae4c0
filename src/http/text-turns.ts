import { setTimeout as wait } from 'node:timers/promises'
import { operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import type { DocumentCache } from './document-cache.ts'
import type { OperationCounter } from './operation-counter.ts'

/** Waits for the turn of a document, unless it is cached: see `createTextTurns`. */
export type WaitForTurn = (text: string, caller: Pick<Caller, 'viewer' | 'address'>) => Promise<void>

/**
 * Creates the queue of documents to be parsed and validated.
 *
 * One document is parsed per turn of the event loop, and the next waits as long as that turn took, so that operations with
 * cached documents keep half of the time. Callers take turns: a caller with few documents does not wait for those of
 * another. A caller may have `textsWaitingMax` in the queue. Callers with nothing left of their quota are refused before
 * they wait.
 *
 * @throws AppError RATE_LIMITED, from the returned function, when a caller has too many or nothing left.
 */
export function createTextTurns(
  known: Pick<DocumentCache, 'has'>,
  counter: Pick<OperationCounter, 'admit'>,
): WaitForTurn {
  /** What each caller waits for; the caller whose turn is next comes first. */
  const waiting = new Map<string, (() => void)[]>()
  let isGiving = false

  async function giveTurns(): Promise<void> {
    isGiving = true
    for (let next = takeNext(waiting); next; next = takeNext(waiting)) {
      await nextRound()
      const began = performance.now()
      next()
      await nextRound()
      if (waiting.size > 0) await wait(Math.min(performance.now() - began, operationLimits.textPauseMsMax))
    }
    isGiving = false
  }

  return async (text, caller) => {
    if (known.has(text)) return
    counter.admit(caller, 0)
    const key = caller.viewer?.userId ?? caller.address ?? ''
    const texts = waiting.get(key) ?? []
    if (texts.length >= operationLimits.textsWaitingMax) {
      const retryAfterMs = 1_000
      throw new AppError('RATE_LIMITED', 'Too many new documents at once: wait for answers.', { retryAfterMs })
    }
    waiting.set(key, texts)
    await new Promise<void>((resolve) => {
      texts.push(resolve)
      if (!isGiving) void giveTurns()
    })
  }
}

/** Takes what the next caller waits for, and puts that caller behind the others. */
function takeNext(waiting: Map<string, (() => void)[]>): (() => void) | null {
  for (const [key, texts] of waiting) {
    waiting.delete(key)
    const next = texts.shift()
    if (texts.length > 0) waiting.set(key, texts)
    if (next) return next
  }
  return null
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
