import { setTimeout as wait } from 'node:timers/promises'

/**
 * Waits for work, but not for longer than `ms`.
 *
 * The work itself goes on: its caller ends it. An error that comes later is dropped.
 *
 * @throws Error that says who did not answer.
 */
export async function withTimeLimit<T>(work: Promise<T>, { ms, who }: { ms: number; who: string }): Promise<T> {
  const timer = new AbortController()
  const late = wait(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${who} did not answer within ${ms} ms: timeout expired`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    late.catch(() => {})
    work.catch(() => {})
  }
}
