import type pg from 'pg'
import { describeFault, translateFault } from '../database/faults.ts'
import { type Sql, sqlOf } from '../database/sql.ts'
import { unavailable } from '../errors.ts'
import { appendEvents, type NewEvent, type Ring } from './events.ts'
import { lockTopics, type TopicState } from './topics.ts'

/** A write that many callers share one transaction for. */
export interface BatchStatement<Item, Result> {
  /** The topics to lock for an item. */
  topicsOf(item: Item): readonly string[]
  /** Items with the same key never stand in the same batch; null for no such bound. */
  keyOf(item: Item): string | null
  /**
   * Judges and writes all items under the locks.
   *
   * @returns the results in the order of the items, and the events in the order in which they are to be numbered. An item
   * that fails alone has an Error as its result.
   */
  run(sql: Sql, items: readonly Item[], topics: ReadonlyMap<string, TopicState>): Promise<Batch<Result>>
}

/** What a statement did for its items. */
export interface Batch<Result> {
  results: readonly (Result | Error)[]
  events: readonly NewEvent[]
}

/** The parts of the server and the bounds that batches need. */
export interface BatcherOptions {
  pool: pg.Pool
  /** Called after COMMIT. */
  ring: (rings: readonly Ring[]) => void
  batchMax: number
  queuedMax: number
  timeoutMs: number
}

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Adds an item to the next batch and waits for its own result or error. */
export type Batcher<Item, Result> = (item: Item) => Promise<Result>

/**
 * Group commit: items that arrive while a batch is on its way form the next one.
 *
 * One batch is in flight at a time. An idle server adds no delay. When a batch fails as a whole for a reason that lies in
 * an item, its items run again one by one, so that one bad item never fails its neighbours.
 */
export function createBatcher<Item, Result>(
  statement: BatchStatement<Item, Result>,
  { pool, ring, batchMax, queuedMax, timeoutMs }: BatcherOptions,
): Batcher<Item, Result> {
  let queue: Waiting<Item, Result>[] = []
  let running = false

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      if (queue.length >= queuedMax) {
        reject(unavailable('The server has more sends than it can take. Nothing was stored: try again.'))
        return
      }
      queue.push({ item, resolve, reject })
      if (!running) void runAll()
    })

  async function runAll(): Promise<void> {
    running = true
    while (queue.length > 0) {
      const { batch, rest } = takeBatch(queue, statement.keyOf, batchMax)
      queue = rest
      await runBatch(batch)
    }
    running = false
  }

  async function runBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const { results, rings } = await commit(batch.map((waiting) => waiting.item))
      ring(rings)
      for (const [index, waiting] of batch.entries()) {
        const result = results[index]
        if (result === undefined || result instanceof Error) waiting.reject(result)
        else waiting.resolve(result)
      }
    } catch (error) {
      const fault = describeFault(error)
      if (batch.length > 1 && !fault.unavailable) {
        for (const waiting of batch) await runBatch([waiting])
      } else {
        for (const waiting of batch) waiting.reject(translateFault(error))
      }
    }
  }

  async function commit(items: readonly Item[]): Promise<{ results: Batch<Result>['results']; rings: Ring[] }> {
    const client = await pool.connect()
    let released = false
    const release = (error?: Error) => {
      if (!released) client.release(error)
      released = true
    }
    // a frozen PostgreSQL answers nothing: giving up the connection ends the wait
    const timer = setTimeout(() => release(new Error('the batch took too long')), timeoutMs)
    try {
      const done = await runTransaction(sqlOf(client), client, items)
      release()
      return done
    } catch (error) {
      // a connection that is given up is also rolled back
      release(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async function runTransaction(sql: Sql, client: pg.PoolClient, items: readonly Item[]) {
    await client.query('begin')
    const topics = await lockTopics(sql, [...new Set(items.flatMap((item) => statement.topicsOf(item)))])
    const { results, events } = await statement.run(sql, items, topics)
    const rings = await appendEvents(sql, events)
    await client.query('commit')
    return { results, rings }
  }
}

/** Takes the next batch from the front of the queue, leaving items whose key is taken for a later one. */
function takeBatch<Item, Result>(
  queue: readonly Waiting<Item, Result>[],
  keyOf: (item: Item) => string | null,
  max: number,
) {
  const batch: Waiting<Item, Result>[] = []
  const rest: Waiting<Item, Result>[] = []
  const keys = new Set<string>()
  for (const waiting of queue) {
    const key = keyOf(waiting.item)
    if (batch.length < max && (key === null || !keys.has(key))) {
      if (key !== null) keys.add(key)
      batch.push(waiting)
    } else {
      rest.push(waiting)
    }
  }
  return { batch, rest }
}
