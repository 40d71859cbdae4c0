import { type AuditEntry, insertEntries, noOrigin, type Origin } from '../audit/entries.ts'
import type { OnAudit } from '../audit/print.ts'
import type { Database, Transaction } from '../database/client.ts'
import { translateFault } from '../database/faults.ts'
import { retry } from '../database/retry.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError } from '../errors.ts'
import { currentTrace } from '../tracing/request.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { type Appender, createAppender } from './appender.ts'
import { appendEvents, type Ring } from './events.ts'
import type { NewHint } from './hints/hint-queue.ts'
import { type LockedTopics, lockTopics, type TopicState } from './topics.ts'

/** The arguments of the work of one write. */
export interface Write {
  readonly tx: Transaction
  /** The locked topics, as they are before this write. */
  readonly topics: ReadonlyMap<string, TopicState>
  /** Adds an event to a topic that is locked, or was made by `open`. Returns the numbers and the chain that it will have. */
  readonly append: Appender['append']
  /** Inserts a topic, so that events can be added to it. */
  open(topicId: string): Promise<void>
  /** Sends a hint after COMMIT. */
  hint(hint: NewHint): void
  /** Records a security event in the same transaction. The actor is the caller, unless the entry says otherwise. */
  audit(entry: AuditEntry): void
}

/** The parts of the server that a write needs. */
export interface WriterOptions {
  db: Database['db']
  /** Called after COMMIT, with the place of the write in its trace; null when it is not recorded. */
  ring: (rings: readonly Ring[], trace: string | null) => void
  /** Called after `ring`. */
  hint: (hint: NewHint) => void
  /** Called with the security events after COMMIT. */
  onAudit: OnAudit
  tracing: Tracing | null
  triesMax: number
}

/**
 * Runs one mutation: see `createWriter`.
 *
 * @param origin the caller, for security events. Default: the server itself.
 */
export type Writer = <T>(topicIds: readonly string[], work: (write: Write) => Promise<T>, origin?: Origin) => Promise<T>

/**
 * Creates the function through which every mutation except a send goes.
 *
 * It locks the topics in id order, runs the work, which judges under that lock and changes rows, numbers the events,
 * commits, and only then rings. A rollback leaves no gap and rings nobody. After a deadlock or a serialization failure
 * the whole work runs again.
 */
export function createWriter({ db, ring, hint, onAudit, tracing, triesMax }: WriterOptions): Writer {
  return async (topicIds, work, origin = noOrigin) => {
    const run = () =>
      db.$transaction(async (tx) => {
        const sql = sqlOfPrisma(tx)
        const locked = topicIds.length > 0 ? await lockTopics(sql, [...new Set(topicIds)]) : nothing
        const appender = createAppender(locked)
        const hints: NewHint[] = []
        const entries: AuditEntry[] = []
        const result = await work({
          tx,
          topics: locked.topics,
          append: appender.append,
          async open(topicId) {
            await tx.topic.create({ data: { id: topicId } })
            appender.open(topicId)
          },
          hint: (given) => void hints.push(given),
          audit: (entry) => void entries.push(entry),
        })
        const audited = await insertEntries(sql, entries, origin)
        return { result, hints, audited, rings: await appendEvents(sql, appender.placed()) }
      })
    const parent = tracing && currentTrace()
    const span = parent && tracing ? tracing.start({ name: 'write', parent }) : null
    const { result, hints, audited, rings } = await retry(triesMax, run).catch((error: unknown) => {
      const fault = translateFault(error)
      span?.end(fault instanceof AppError ? fault.code : 'INTERNAL')
      throw fault
    })
    span?.end()
    ring(rings, span?.traceparent ?? null)
    onAudit(audited)
    for (const given of hints) hint(given)
    return result
  }
}

const nothing: LockedTopics = { topics: new Map(), at: null }
