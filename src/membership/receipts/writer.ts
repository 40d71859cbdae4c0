import { setTimeout as wait } from 'node:timers/promises'
import type { Mark, Receipts } from '../../access/context.ts'
import { createSharedStatement } from '../../concurrency/shared-statement.ts'
import type { FeedConfig } from '../../config/feed.ts'
import { translateFault } from '../../database/faults.ts'
import type { Sql } from '../../database/sql.ts'
import { unavailable } from '../../errors.ts'
import { memberKey } from '../queries.ts'
import { type MarkedRow, moveMarks } from './queries.ts'

/**
 * Creates the function that moves read markers forward.
 *
 * Marks that arrive while a statement runs form the next batch, of any users and rooms. A reader who scrolls sets many
 * marks, which cost one row. It takes no room lock, so that it never delays a message. A mark whose row is locked is
 * retried a little later, for as long as a statement may take, and delays no other.
 */
export function createReceiptWriter(
  sql: Sql,
  { batchMax, queuedSendsMax, heldMarkMs, heldMarkMsMax, statementTimeoutMs }: FeedConfig,
): Receipts['mark'] {
  const move = createSharedStatement((marks: readonly Mark[]) => moveAll(sql, marks), {
    keysMax: batchMax,
    underwayMax: 1,
  })
  let waiting = 0
  /** The pause before the next retry, of all marks whose rows are locked. */
  let pause: Promise<void> | null = null

  return async (mark) => {
    if (waiting >= queuedSendsMax) {
      throw unavailable('The server is overloaded with read markers. Nothing was changed: try again.')
    }
    waiting += 1
    try {
      return await moveWhenFree(mark)
    } finally {
      waiting -= 1
    }
  }

  async function moveWhenFree(mark: Mark): Promise<MarkedRow | null> {
    const began = Date.now()
    for (;;) {
      const row = await move(mark)
      if (!row?.isBusy) return row
      const waitedMs = Date.now() - began
      if (waitedMs > statementTimeoutMs) {
        throw unavailable('The membership stayed locked for too long. Nothing was changed: try again.')
      }
      pause ??= wait(Math.min(Math.max(waitedMs, heldMarkMs), heldMarkMsMax) * (0.5 + Math.random())).then(() => {
        pause = null
      })
      await pause
    }
  }
}

async function moveAll(sql: Sql, marks: readonly Mark[]): Promise<(MarkedRow | null)[]> {
  try {
    const rows = new Map((await moveMarks(sql, marks)).map((row) => [memberKey(row.member), row]))
    return marks.map((mark) => rows.get(memberKey(mark)) ?? null)
  } catch (error) {
    throw translateFault(error)
  }
}
