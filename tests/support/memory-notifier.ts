// Doorbells without PostgreSQL: they hear each other within this process, and nobody else.

import type { Notifier, NotifierHandlers } from '../../src/feed/notify/notifier.ts'

/** Connects the doorbells of servers within one process, for tests. */
export interface MemoryNotifiers {
  /** A doorbell that hears the rings of all others of the same bell. */
  notifier(): Notifier
}

/** Makes the meeting point of in-memory doorbells. */
export function createMemoryNotifiers(): MemoryNotifiers {
  const listeners = new Set<NotifierHandlers>()
  return {
    notifier() {
      let mine: NotifierHandlers | null = null
      return {
        async listen(handlers) {
          mine = handlers
          listeners.add(handlers)
          handlers.onGap()
        },
        ring(rings) {
          queueMicrotask(() => {
            for (const listener of listeners) listener.onRing(rings)
          })
        },
        hint(hints) {
          queueMicrotask(() => {
            for (const listener of listeners) if (listener !== mine) listener.onHint(hints)
          })
        },
        state: () => (mine && listeners.has(mine) ? 'listening' : 'away'),
        async close() {
          if (mine) listeners.delete(mine)
        },
      }
    },
  }
}
