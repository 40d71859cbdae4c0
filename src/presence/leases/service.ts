import { type Chore, repeat } from '../../database/chores.ts'
import { type PresenceHintOptions, rankActive, sendPresences } from '../audience/service.ts'
import { clearExpiredLeases } from './queries.ts'

/** Ends the visits and presences of dead servers. Returns the number of servers. */
export async function clearLeases(options: PresenceHintOptions): Promise<number> {
  const { leasesPerClearMax, rowsPerWriteMax } = options.config
  const { servers, userIds } = await clearExpiredLeases(options.sql, leasesPerClearMax)
  for (let start = 0; start < userIds.length; start += rowsPerWriteMax) {
    const gone = userIds.slice(start, start + rowsPerWriteMax)
    await sendPresences(
      options,
      gone.map((userId) => ({ userId, rank: rankActive })),
      null,
    )
  }
  return servers
}

/** The chore that detects dead servers within seconds. */
export function leaseChore(options: PresenceHintOptions): Chore {
  return {
    name: 'expired leases',
    everyMs: options.config.clearMs,
    async run(signal) {
      await repeat(() => clearLeases(options), { take: options.config.leasesPerClearMax, signal })
    },
  }
}
