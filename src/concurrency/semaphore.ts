import { unavailable } from '../errors.ts'

/** Bounds of work that takes a scarce thing. */
export interface SemaphoreBounds {
  /** Works that run at the same time. */
  readonly atOnce: number
  /** Works that wait; more are refused. */
  readonly waitingMax: number
}

/** Runs a work when it is its turn: see `createTurns`. */
export type Acquire = <Result>(work: () => Promise<Result>) => Promise<Result>

/**
 * Makes a queue in which a few works run at once, in the order in which they came.
 *
 * @throws AppError SERVICE_UNAVAILABLE, from the function that it returns, when too many wait.
 */
export function createSemaphore({ atOnce, waitingMax }: SemaphoreBounds): Acquire {
  const waiting: (() => void)[] = []
  let running = 0

  return async (work) => {
    if (running < atOnce) running += 1
    else if (waiting.length >= waitingMax)
      throw unavailable('The server has too much to do. Nothing was done: try again.')
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // the next one takes the place over, so that nobody comes between
      if (next) next()
      else running -= 1
    }
  }
}
