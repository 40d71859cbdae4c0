// Readers in a closed loop: each asks again when it has its answer.

import type { HttpConnection } from './http.ts'

/** Lets all connections ask the same for a while, and until they have asked `countMin` times together. */
export async function readFor(
  connections: readonly HttpConnection[],
  request: string,
  { ms, countMin = 0 }: { ms: number; countMin?: number },
): Promise<{ perSecond: number; latenciesMs: readonly number[] }> {
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - startedAt < ms || latenciesMs.length < countMin) {
        const askedAt = performance.now()
        const answer = await connection.post(request)
        latenciesMs.push(performance.now() - askedAt)
        if (answer.includes('"errors"') || !answer.includes('"displayName"'))
          throw new Error(`a read failed: ${answer}`)
      }
    }),
  )
  return { perSecond: latenciesMs.length / ((performance.now() - startedAt) / 1_000), latenciesMs }
}
