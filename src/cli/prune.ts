import type { Action } from './command.ts'
import { withServer } from './database.ts'
import { withProgress } from './progress.ts'

/** Removes expired data now, as servers do from time to time. */
export const pruneCommand: Action = {
  about: 'remove expired data now, as servers do from time to time',
  run: () =>
    withServer(async ({ parts }) => {
      const { prune } = await import('../account/retention/service.ts')
      const counts = await withProgress('Removing', ({ report }) =>
        prune(parts, undefined, (done, total) => report({ done, total })),
      )
      const pruned = Object.entries(counts).filter(([, count]) => count > 0)
      return pruned.map(([what, count]) => `Removed ${what}: ${count}`).join('\n') || 'Nothing to remove.'
    }),
}
