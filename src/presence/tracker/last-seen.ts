import type { PresenceConfig } from '../../config/presence.ts'
import type { Sql } from '../../database/sql.ts'
import { markSeen } from '../../users/queries.ts'

/** The users who were seen without a socket or stream, which record when they end. */
export interface LastSeen {
  /** Records that a user was active now. */
  note(userId: string): void
  /** Writes what was recorded. */
  close(): Promise<void>
}

/** Creates the recorder of one server. Any number of requests of a user cost one row each `seenWriteMs`. */
export function createLastSeen({
  sql,
  config,
  onError,
}: {
  sql: Sql
  config: Pick<PresenceConfig, 'seenWriteMs' | 'seenWaitingMax' | 'rowsPerWriteMax'>
  onError(error: unknown): void
}): LastSeen {
  const seen = new Set<string>()

  async function write(): Promise<void> {
    const userIds = [...seen]
    seen.clear()
    for (let start = 0; start < userIds.length; start += config.rowsPerWriteMax) {
      await markSeen(sql, userIds.slice(start, start + config.rowsPerWriteMax))
    }
  }

  const timer = setInterval(() => void write().catch(onError), config.seenWriteMs)
  timer.unref()
  return {
    note(userId) {
      if (seen.size < config.seenWaitingMax) seen.add(userId)
    },
    async close() {
      clearInterval(timer)
      await write().catch(onError)
    },
  }
}
