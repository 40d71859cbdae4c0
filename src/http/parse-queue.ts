import { operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../graphql/context.ts'
import type { DocumentCache } from './document-cache.ts'
import { nextRound, type TakeTurn, turnKeyOf } from './fair-scheduler.ts'
import type { OperationCounter } from './operation-counter.ts'

/** Waits for the turn of a document, unless it is cached: see `createParseQueue`. */
export type WaitForTurn = (text: string, caller: Pick<Caller, 'viewer' | 'address'>) => Promise<void>

/** The documents of one caller that wait to be parsed. */
interface Waiting {
  /** Different texts, each with its turn. */
  readonly turns: Map<string, Promise<void>>
  /** Operations that wait, for any of them. */
  operations: number
}

/**
 * Creates the queue of documents to be parsed and validated.
 *
 * A caller may have `textsWaitingMax` different texts in the queue, and `textOperationsWaitingMax` operations: those with the
 * same text share its turn, and find it in the cache. Callers with nothing left of their quota are refused before they
 * wait.
 *
 * @throws AppError RATE_LIMITED, from the returned function, when a caller has too many or nothing left.
 */
export function createParseQueue(
  known: Pick<DocumentCache, 'has'>,
  counter: Pick<OperationCounter, 'admit'>,
  takeTurn: TakeTurn,
): WaitForTurn {
  const waitingOf = new Map<string, Waiting>()

  async function waitToParse(text: string, key: string, waiting: Waiting): Promise<void> {
    while (!known.has(text)) {
      const first = waiting.turns.get(text)
      if (!first) {
        const turn = takeTurn(key)
        waiting.turns.set(text, turn)
        await turn
        waiting.turns.delete(text)
        return
      }
      await first
      // the first is parsed meanwhile; a text that is not valid is not cached, and the next takes a turn of its own
      await nextRound()
    }
  }

  return async (text, caller) => {
    if (known.has(text)) return
    counter.admit(caller, 0)
    const key = turnKeyOf(caller)
    const waiting = waitingOf.get(key) ?? { turns: new Map<string, Promise<void>>(), operations: 0 }
    assertMayWait(text, waiting)
    waitingOf.set(key, waiting)
    waiting.operations += 1
    try {
      await waitToParse(text, key, waiting)
    } finally {
      waiting.operations -= 1
      if (waiting.operations === 0) waitingOf.delete(key)
    }
  }
}

function assertMayWait(text: string, { turns, operations }: Waiting): void {
  const { textsWaitingMax, textOperationsWaitingMax } = operationLimits
  const isNew = !turns.has(text)
  if (operations < textOperationsWaitingMax && !(isNew && turns.size >= textsWaitingMax)) return
  const retryAfterMs = 1_000
  throw new AppError('RATE_LIMITED', 'Too many new documents at once: wait for answers.', { retryAfterMs })
}
