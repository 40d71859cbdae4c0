import { unavailable } from '../errors.ts'

/** Bounds of a semaphore. */
export interface SemaphoreBounds {
  /** Tasks that run at the same time. */
  readonly atOnce: number
  /** Tasks that may wait; one more is refused. */
  readonly waitingMax: number
}

/** Runs a task when a slot is free: see `createSemaphore`. */
export interface Acquire {
  <Result>(work: () => Promise<Result>): Promise<Result>
  /** The tasks at this moment. */
  figures(): QueueFigures
}

/** The running and waiting tasks of a semaphore. */
export interface QueueFigures {
  readonly running: number
  readonly waiting: number
}

/**
 * Creates a semaphore. A bounded number of tasks run at once, first come, first served.
 *
 * @throws AppError SERVICE_UNAVAILABLE, from the returned function, when too many tasks wait.
 */
export function createSemaphore({ atOnce, waitingMax }: SemaphoreBounds): Acquire {
  const waiting: (() => void)[] = []
  let running = 0

  const acquire = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < atOnce) running += 1
    else if (waiting.length >= waitingMax) throw unavailable('The server is overloaded. Nothing was done: try again.')
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // the next task takes over the slot, so that no newer one overtakes it
      if (next) next()
      else running -= 1
    }
  }
  return Object.assign(acquire, { figures: () => ({ running, waiting: waiting.length }) })
}
