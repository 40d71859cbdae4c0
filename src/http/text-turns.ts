import { setTimeout as wait } from 'node:timers/promises'
import { operationLimits } from '../config/edge.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import type { DocumentCache } from './document-cache.ts'
import type { OperationCounter } from './quotas.ts'

/** Waits for the turn of a text, unless it is known: see `createTextTurns`. */
export type WaitForTurn = (text: string, caller: Pick<Caller, 'viewer' | 'address'>) => Promise<void>

/**
 * Makes the queue of texts that are to be parsed and validated.
 *
 * One has its turn in each round of the event loop, and the next waits as long as that round took, so that texts of
 * whatever number and weight leave half of the time to operations whose text is known. A caller may have
 * `textsWaitingMax` in the queue. Callers that may ask nothing at the moment are refused before they wait.
 *
 * @throws AppError RATE_LIMITED, from the function that it returns, when a caller has too many or has asked too much.
 */
export function createTextTurns(
  known: Pick<DocumentCache, 'has'>,
  counter: Pick<OperationCounter, 'admit'>,
): WaitForTurn {
  const waiting = new Map<string, number>()
  let last: Promise<void> = Promise.resolve()
  let freeAt = 0

  async function nextTurn(): Promise<void> {
    await nextRound()
    const pauseMs = freeAt - performance.now()
    if (pauseMs > 0) await wait(pauseMs)
    const began = performance.now()
    setImmediate(() => {
      const now = performance.now()
      freeAt = now + Math.min(now - began, operationLimits.textPauseMsMax)
    })
  }

  return async (text, caller) => {
    if (known.has(text)) return
    counter.admit(caller, 0)
    const { viewer, address } = caller
    const key = viewer?.userId ?? address ?? ''
    const ahead = waiting.get(key) ?? 0
    if (ahead >= operationLimits.textsWaitingMax) {
      const retryAfterMs = 1_000
      throw new AppError('RATE_LIMITED', 'Too many new documents at once: wait for answers.', { retryAfterMs })
    }
    waiting.set(key, ahead + 1)
    last = last.then(nextTurn)
    await last
    const left = (waiting.get(key) ?? 1) - 1
    if (left > 0) waiting.set(key, left)
    else waiting.delete(key)
  }
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
