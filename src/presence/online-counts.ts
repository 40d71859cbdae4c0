// How many members of a room are online: `Room.onlineCount`.

import { assertCan } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { createLru } from '../concurrency/lru.ts'
import { createSharedStatement } from '../concurrency/shared-statement.ts'
import { limits } from '../config/config.ts'
import type { PresenceConfig } from '../config/presence.ts'
import type { Sql } from '../database/sql.ts'
import { readOnlineCounts } from './queries.ts'

/**
 * Counts the members of a room who are ONLINE or AWAY. The count may be a few seconds old.
 *
 * In a DIRECT room with a block it is 0, because it would disclose the other's presence; and for a viewer who hides theirs.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN
 */
export async function countOnline(context: ServiceContext, roomId: string): Promise<number> {
  const { blocked, hidesPresence } = await assertCan(context, { roomId, action: 'listMembers' })
  return blocked || hidesPresence ? 0 : context.presenceTracker.countOnline(roomId)
}

/** Creates the cached counts of one server. Counts requested together are read in one statement. */
export function createOnlineCounts(
  sql: Sql,
  { onlineCountMs, onlineCountsMax }: PresenceConfig,
): (roomId: string) => Promise<number> {
  const kept = createLru<string, { count: Promise<number>; at: number }>({ max: onlineCountsMax })
  const read = createSharedStatement(
    async (roomIds: readonly string[]) => {
      const counts = await readOnlineCounts(sql, [...new Set(roomIds)])
      return roomIds.map((roomId) => counts.get(roomId) ?? 0)
    },
    { keysMax: limits.pageSizeMax },
  )
  return (roomId) => {
    const known = kept.get(roomId)
    if (known && Date.now() - known.at < onlineCountMs) return known.count
    const count = read(roomId)
    kept.set(roomId, { count, at: Date.now() })
    count.catch(() => kept.delete(roomId))
    return count
  }
}
