import type { Action } from './command.ts'
import { withServer } from './database.ts'

/** Removes what is kept no longer, as servers do by themselves from time to time. */
export const pruneCommand: Action = {
  about: 'remove now what is kept no longer, as servers do from time to time',
  run: () =>
    withServer(async ({ parts }) => {
      const { prune } = await import('../account/retention/service.ts')
      const pruned = Object.entries(await prune(parts)).filter(([, count]) => count > 0)
      return pruned.map(([what, count]) => `Removed ${what}: ${count}`).join('\n') || 'There was nothing to remove.'
    }),
}
