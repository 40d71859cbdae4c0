import type { Mark, Marked, Receipts } from '../access/context.ts'
import type { FeedConfig } from '../config/feed.ts'
import { translateFault } from '../database/faults.ts'
import type { Sql } from '../database/sql.ts'
import { unavailable } from '../errors.ts'
import { memberKey } from './queries.ts'
import { type MarkedRow, moveMarks } from './receipts-queries.ts'

interface Waiting {
  mark: Mark
  resolve(marked: Marked | null): void
  reject(error: unknown): void
}

/**
 * Makes the function that moves marks of members forward.
 *
 * Marks that come while a statement is on its way form the next one, whosever and of whatever rooms they are. A reader
 * who scrolls sets many: they cost one row. It takes no lock of a room, so that it never holds up a message.
 */
export function createMarker(sql: Sql, { batchMax, queuedSendsMax }: FeedConfig): Receipts['mark'] {
  let queue: Waiting[] = []
  let isRunning = false

  return (mark) =>
    new Promise((resolve, reject) => {
      if (queue.length >= queuedSendsMax) {
        reject(unavailable('The server has more marks than it can take. Nothing was changed: try again.'))
        return
      }
      queue.push({ mark, resolve, reject })
      if (isRunning) return
      isRunning = true
      // what comes in this tick goes together
      setImmediate(() => void runAll())
    })

  async function runAll(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, batchMax)
      queue = queue.slice(batchMax)
      await run(batch)
    }
    isRunning = false
  }

  async function run(batch: readonly Waiting[]): Promise<void> {
    try {
      const marks = batch.map(({ mark }) => mark)
      const rows = byMember(await moveMarks(sql, marks, { waits: batch.length === 1 }))
      const rowOf = ({ mark }: Waiting) => rows.get(memberKey(mark)) ?? null
      const busy = batch.filter((waiting) => rowOf(waiting)?.isBusy)
      for (const waiting of batch) if (!rowOf(waiting)?.isBusy) waiting.resolve(rowOf(waiting))
      // one row alone may be waited for: whoever holds nothing else is part of no deadlock
      for (const waiting of busy) await run([waiting])
    } catch (error) {
      for (const { reject } of batch) reject(translateFault(error))
    }
  }
}

const byMember = (rows: readonly MarkedRow[]) => new Map(rows.map((row) => [memberKey(row.member), row]))
