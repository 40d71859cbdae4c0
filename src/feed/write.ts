import type { Database, Transaction } from '../database/client.ts'
import { translateFault } from '../database/faults.ts'
import { retry } from '../database/retry.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { appendEvents, type NewEvent, type Ring } from './events.ts'
import type { NewHint } from './hints/hint-queue.ts'
import { lockTopics, type TopicState } from './topics.ts'

/** What the work of one write gets. */
export interface Write {
  readonly tx: Transaction
  /** The locked topics, as they are before this write. */
  readonly topics: ReadonlyMap<string, TopicState>
  /** Adds an event. Its topic is locked or made in this transaction. Returns the place that it will have. */
  append(event: NewEvent): AppendedEvent
  /** Tells something that may be lost, once this is committed. */
  hint(hint: NewHint): void
}

/** The place of an event that is not stored yet. */
export interface AppendedEvent {
  readonly seq: number
  /** The number of the newest message of the room, this one included. */
  readonly lastNumber: number
}

/** The parts of the server that a write needs. */
export interface WriterOptions {
  db: Database['db']
  /** Called after COMMIT. */
  ring: (rings: readonly Ring[]) => void
  /** Called after `ring`. */
  hint: (hint: NewHint) => void
  triesMax: number
}

/** Runs one mutation: see `createWriter`. */
export type Writer = <T>(topicIds: readonly string[], work: (write: Write) => Promise<T>) => Promise<T>

/**
 * Makes the function through which every mutation but a send goes.
 *
 * It locks the topics in id order, runs the work, which judges under that lock and changes rows, numbers the events,
 * commits, and only then rings. A rollback leaves no hole and rings nobody. After a deadlock or a serialization failure
 * the whole work runs again.
 */
export function createWriter({ db, ring, hint, triesMax }: WriterOptions): Writer {
  return async (topicIds, work) => {
    const run = () =>
      db.$transaction(async (tx) => {
        const sql = sqlOfPrisma(tx)
        const topics = topicIds.length > 0 ? await lockTopics(sql, [...new Set(topicIds)]) : new Map()
        const events: NewEvent[] = []
        const hints: NewHint[] = []
        const append = (event: NewEvent) => {
          events.push(event)
          return lastOf(event.topicId, topics, events)
        }
        const result = await work({ tx, topics, append, hint: (given) => void hints.push(given) })
        return { result, hints, rings: await appendEvents(sql, events) }
      })
    const { result, hints, rings } = await retry(triesMax, run).catch((error: unknown) => {
      throw translateFault(error)
    })
    ring(rings)
    for (const given of hints) hint(given)
    return result
  }
}

/** Tells the place of a topic's last event. */
function lastOf(topicId: string, topics: ReadonlyMap<string, TopicState>, events: readonly NewEvent[]): AppendedEvent {
  const added = events.filter((event) => event.topicId === topicId)
  // a topic that this transaction makes begins at 0
  const { head = 0, lastNumber = 0 } = topics.get(topicId) ?? {}
  return {
    seq: head + added.length,
    lastNumber: lastNumber + added.filter((event) => event.kind === 'MESSAGE_SENT').length,
  }
}
