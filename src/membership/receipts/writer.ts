import type { Mark, Marked, Receipts } from '../../access/context.ts'
import type { FeedConfig } from '../../config/feed.ts'
import { translateFault } from '../../database/faults.ts'
import type { Sql } from '../../database/sql.ts'
import { unavailable } from '../../errors.ts'
import { memberKey } from '../queries.ts'
import { type MarkedRow, moveMarks } from './queries.ts'

interface Waiting {
  readonly mark: Mark
  readonly since: number
  resolve(marked: Marked | null): void
  reject(error: unknown): void
}

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
  let queue: Waiting[] = []
  /** Marks to retry. */
  let held: Waiting[] = []
  let isRunning = false

  return (mark) =>
    new Promise((resolve, reject) => {
      if (queue.length + held.length >= queuedSendsMax) {
        reject(unavailable('The server is overloaded with read markers. Nothing was changed: try again.'))
        return
      }
      add([{ mark, since: Date.now(), resolve, reject }])
    })

  function add(more: readonly Waiting[]): void {
    queue.push(...more)
    if (isRunning) return
    isRunning = true
    // marks of this tick form one batch
    setImmediate(() => void runAll())
  }

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
      const rows = byMember(
        await moveMarks(
          sql,
          batch.map(({ mark }) => mark),
        ),
      )
      for (const waiting of batch) {
        const row = rows.get(memberKey(waiting.mark)) ?? null
        if (row?.isBusy) hold(waiting)
        else waiting.resolve(row)
      }
    } catch (error) {
      for (const { reject } of batch) reject(translateFault(error))
    }
  }

  function hold(waiting: Waiting): void {
    const waitedMs = Date.now() - waiting.since
    if (waitedMs > statementTimeoutMs) {
      waiting.reject(unavailable('The membership stayed locked for too long. Nothing was changed: try again.'))
      return
    }
    held.push(waiting)
    if (held.length > 1) return
    setTimeout(
      () => {
        const again = held
        held = []
        add(again)
      },
      Math.min(Math.max(waitedMs, heldMarkMs), heldMarkMsMax) * (0.5 + Math.random()),
    )
  }
}

const byMember = (rows: readonly MarkedRow[]) => new Map(rows.map((row) => [memberKey(row.member), row]))
