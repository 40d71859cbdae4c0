import { operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import type { DocumentCache } from './document-cache.ts'
import type { OperationCounter } from './operation-counter.ts'
import { nextRound, type Turns, turnKeyOf } from './turns.ts'

/** Waits for the turn of a document, unless it is cached: see `createTextTurns`. */
export type WaitForTurn = (text: string, caller: Pick<Caller, 'viewer' | 'address'>) => Promise<void>

/**
 * Creates the queue of documents to be parsed and validated.
 *
 * A caller may have `textsWaitingMax` in the queue. Callers with nothing left of their quota are refused before they wait.
 *
 * @throws AppError RATE_LIMITED, from the returned function, when a caller has too many or nothing left.
 */
export function createTextTurns(
  known: Pick<DocumentCache, 'has'>,
  counter: Pick<OperationCounter, 'admit'>,
  turns: Turns,
): WaitForTurn {
  /** Texts whose turn is awaited. */
  const awaited = new Map<string, Promise<void>>()
  return async (text, caller) => {
    while (!known.has(text)) {
      const first = awaited.get(text)
      if (!first) {
        await takeTurn(text, caller)
        return
      }
      // many clients send the same new text: once the first is parsed, the others find it in the cache
      await first
      await nextRound()
    }
  }

  async function takeTurn(text: string, caller: Pick<Caller, 'viewer' | 'address'>): Promise<void> {
    counter.admit(caller, 0)
    const key = turnKeyOf(caller)
    if (turns.countOf(key) >= operationLimits.textsWaitingMax) {
      const retryAfterMs = 1_000
      throw new AppError('RATE_LIMITED', 'Too many new documents at once: wait for answers.', { retryAfterMs })
    }
    const turn = turns.take(key)
    awaited.set(text, turn)
    await turn
    awaited.delete(text)
  }
}
