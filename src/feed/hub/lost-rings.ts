import type { Clock } from '../../concurrency/clock.ts'
import type { Ring } from '../events.ts'

/** Tells lost rings from those that a sweep has overtaken: see `createLostRings`. */
export interface LostRings {
  /** Records the topics whose events a sweep has found. */
  found(rings: readonly Ring[]): void
  /** Records the rings that have arrived. */
  heard(rings: readonly Ring[]): void
  close(): void
}

/**
 * Creates the check for lost rings.
 *
 * A sweep may read a COMMIT whose ring is still on its way: a ring counts as lost when it has not arrived after `waitMs`.
 */
export function createLostRings({
  clock,
  waitMs,
  onLost,
}: {
  clock: Clock
  waitMs: number
  onLost(topics: number): void
}): LostRings {
  const expected = new Map<string, number>()
  const cancels = new Set<() => void>()

  function judge(rings: readonly Ring[]): void {
    const lost = rings.filter(({ topicId, head }) => expected.get(topicId) === head)
    for (const { topicId } of lost) expected.delete(topicId)
    if (lost.length > 0) onLost(lost.length)
  }

  return {
    found(rings) {
      if (rings.length === 0) return
      for (const { topicId, head } of rings) expected.set(topicId, head)
      const cancel = clock.after(waitMs, () => {
        cancels.delete(cancel)
        judge(rings)
      })
      cancels.add(cancel)
    },
    heard(rings) {
      if (expected.size === 0) return
      for (const { topicId, head } of rings) {
        if (head >= (expected.get(topicId) ?? Number.POSITIVE_INFINITY)) expected.delete(topicId)
      }
    },
    close() {
      for (const cancel of cancels) cancel()
    },
  }
}
