import { setTimeout as wait } from 'node:timers/promises'
import { operationLimits } from '../config/http.ts'
import type { Caller } from '../graphql/context.ts'

/**
 * Resolves when it is a caller's turn to hold the event loop.
 *
 * The work, of some milliseconds, follows in the same tick.
 */
export type TakeTurn = (key: string) => Promise<void>

/** Returns the key of a caller: the user, or the address without a user. */
export function turnKeyOf({ viewer, address }: Pick<Caller, 'viewer' | 'address'>): string {
  return viewer?.userId ?? address ?? ''
}

/**
 * Creates turns of a server.
 *
 * One turn is given per turn of the event loop, and the next waits twice as long as that turn took, so that all other
 * work keeps two thirds of the time. Callers alternate: a caller who waits for few turns does not wait for all those of another.
 */
export function createFairScheduler(): TakeTurn {
  /** The turns that each caller waits for. The caller whose turn is next comes first. */
  const waiting = new Map<string, (() => void)[]>()
  let isGiving = false

  async function giveTurns(): Promise<void> {
    isGiving = true
    for (let next = takeNext(waiting); next; next = takeNext(waiting)) {
      await nextRound()
      const began = performance.now()
      next()
      await nextRound()
      if (waiting.size > 0) await wait(Math.min(2 * (performance.now() - began), operationLimits.turnPauseMsMax))
    }
    isGiving = false
  }

  return (key) => {
    const turns = waiting.get(key) ?? []
    waiting.set(key, turns)
    return new Promise((resolve) => {
      turns.push(resolve)
      if (!isGiving) void giveTurns()
    })
  }
}

/** Takes what the next caller waits for, and puts that caller behind the others. */
function takeNext(waiting: Map<string, (() => void)[]>): (() => void) | null {
  for (const [key, turns] of waiting) {
    waiting.delete(key)
    const next = turns.shift()
    if (turns.length > 0) waiting.set(key, turns)
    if (next) return next
  }
  return null
}

/** Resolves in the next turn of the event loop. */
export function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
