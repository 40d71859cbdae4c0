import type { Database, Pipeline } from '../database/client.ts'
import { describeFault, translateFault } from '../database/faults.ts'
import type { Sql } from '../database/sql.ts'
import { invariant, unavailable } from '../errors.ts'
import { appendEvents, type NewEvent, type Ring } from './events.ts'
import { lockTopics, type TopicState } from './topics.ts'

/** A write that many callers share one transaction for. */
export interface BatchStatement<Item, Facts, Result> {
  /** The topics to lock for an item. */
  topicsOf(item: Item): readonly string[]
  /** Items with the same key never stand in the same batch; null for no such bound. */
  keyOf(item: Item): string | null
  /** Reads, under the locks, what the judgement rests on. */
  read(sql: Sql, items: readonly Item[]): Promise<Facts>
  /** Judges all items. It asks nothing more. */
  judge(items: readonly Item[], facts: Facts, topics: ReadonlyMap<string, TopicState>): Verdict<Result>
}

/** What a statement decided for its items. */
export interface Verdict<Result> {
  /** In the order of the items. An item that fails alone has an Error as its result. */
  results: readonly (Result | Error)[]
  /** In the order in which they are to be numbered. */
  events: readonly NewEvent[]
  /** Writes the rows of the accepted items. */
  write(sql: Sql): Promise<void>
}

/** The parts of the server and the bounds that batches need. */
export interface BatcherOptions {
  takePipeline: Database['takePipeline']
  /** Called after COMMIT. */
  ring: (rings: readonly Ring[]) => void
  batchMax: number
  /** The topics that a batch locks at the most, unless its first item has more. */
  topicsMax: number
  queuedMax: number
  timeoutMs: number
}

/** SQLSTATE of every statement after one that failed. */
const abortedTransaction = '25P02'

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** The connection of the batches that follow each other. */
interface Held {
  readonly pipeline: Pipeline
  /** Gives it back, once. */
  release(error?: Error): void
}

/** Adds an item to the next batch and waits for its own result or error. */
export type Batcher<Item, Result> = (item: Item) => Promise<Result>

/**
 * Group commit: items that arrive while a batch is on its way form the next one.
 *
 * One batch is in flight at a time. An idle server adds no delay. When a batch fails as a whole for a reason that lies in
 * an item, its items run again one by one, so that one bad item never fails its neighbours.
 */
export function createBatcher<Item, Facts, Result>(
  statement: BatchStatement<Item, Facts, Result>,
  { takePipeline, ring, batchMax, topicsMax, queuedMax, timeoutMs }: BatcherOptions,
): Batcher<Item, Result> {
  let queue: Waiting<Item, Result>[] = []
  let running = false
  let connection: Held | null = null

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      if (queue.length >= queuedMax) {
        reject(unavailable('The server has more sends than it can take. Nothing was stored: try again.'))
        return
      }
      queue.push({ item, resolve, reject })
      if (!running) start()
    })

  function start(): void {
    running = true
    // what comes in this tick goes together
    setImmediate(() => void runAll())
  }

  async function runAll(): Promise<void> {
    let answer = () => {}
    while (queue.length > 0) {
      const { batch, rest } = takeBatch(queue, statement, { batchMax, topicsMax })
      queue = rest
      const next = runBatch(batch)
      // this batch travels while the answers to the one before are worked out
      answer()
      answer = await next
    }
    connection?.release()
    running = false
    answer()
  }

  /** Commits a batch. Returns what is left to do: to answer those who wait. */
  async function runBatch(batch: readonly Waiting<Item, Result>[]): Promise<() => void> {
    const done = await commit(batch.map((waiting) => waiting.item)).catch((error: unknown) => ({ error }))
    if ('error' in done) {
      if (batch.length > 1 && !describeFault(done.error).unavailable) {
        for (const waiting of batch) (await runBatch([waiting]))()
        return () => {}
      }
      const error = translateFault(done.error)
      return () => {
        for (const waiting of batch) waiting.reject(error)
      }
    }
    ring(done.rings)
    return () => {
      for (const [index, waiting] of batch.entries()) {
        const result = done.results[index]
        if (result === undefined || result instanceof Error) waiting.reject(result)
        else waiting.resolve(result)
      }
    }
  }

  async function commit(items: readonly Item[]): Promise<{ results: Verdict<Result>['results']; rings: Ring[] }> {
    // kept from batch to batch, so that the next one leaves at once
    connection ??= holdPipeline(await takePipeline())
    const { pipeline, release } = connection
    // a frozen PostgreSQL answers nothing: giving up the connection ends the wait
    const timer = setTimeout(() => release(new Error('the batch took too long: timeout expired')), timeoutMs)
    try {
      return await runTransaction(pipeline, items)
    } catch (error) {
      // a connection that is given up is also rolled back
      release(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  function holdPipeline(pipeline: Pipeline): Held {
    const held: Held = {
      pipeline,
      release(error) {
        if (connection !== held) return
        connection = null
        pipeline.release(error)
      },
    }
    return held
  }

  /** Two journeys to the database: what does not need the answer before it travels in the same one. */
  async function runTransaction({ sql, command, together }: Pipeline, items: readonly Item[]) {
    const topicIds = [...new Set(items.flatMap((item) => statement.topicsOf(item)))]
    const [, topics, facts] = await together(() =>
      allOrCause([command('begin'), lockTopics(sql, topicIds), statement.read(sql, items)]),
    )
    const { results, events, write } = statement.judge(items, facts, topics)
    const [, rings, ended] = await together(() =>
      allOrCause([write(sql), appendEvents(sql, events), command('commit')]),
    )
    // PostgreSQL answers a COMMIT after a failure with a rollback, and not with an error
    invariant(ended === 'COMMIT', 'the batch was committed')
    return { results, rings }
  }
}

/** Waits for all statements of a journey. Rejects with what went wrong, and not with what PostgreSQL refused after it. */
async function allOrCause<const T extends readonly Promise<unknown>[]>(statements: T) {
  const settled = await Promise.allSettled(statements)
  const failures = settled.filter((result) => result.status === 'rejected')
  const cause = failures.find(({ reason }) => describeFault(reason).sqlState !== abortedTransaction) ?? failures[0]
  if (cause) throw cause.reason
  return Promise.all(statements)
}

/** Takes the next batch from the front of the queue, leaving items whose key is taken for a later one. */
function takeBatch<Item, Result>(
  queue: readonly Waiting<Item, Result>[],
  { keyOf, topicsOf }: Pick<BatchStatement<Item, unknown, unknown>, 'keyOf' | 'topicsOf'>,
  { batchMax, topicsMax }: Pick<BatcherOptions, 'batchMax' | 'topicsMax'>,
) {
  const batch: Waiting<Item, Result>[] = []
  const left: Waiting<Item, Result>[] = []
  const keys = new Set<string>()
  const topicIds = new Set<string>()
  for (const [index, waiting] of queue.entries()) {
    const key = keyOf(waiting.item)
    if (key !== null && keys.has(key)) {
      left.push(waiting)
      continue
    }
    const added = topicsOf(waiting.item).filter((topicId) => !topicIds.has(topicId))
    // what comes after one that does not fit waits behind it
    const isTooWide = added.length > 0 && topicIds.size + added.length > topicsMax
    const isFull = batch.length === batchMax || (batch.length > 0 && isTooWide)
    if (isFull) return { batch, rest: [...left, ...queue.slice(index)] }
    for (const topicId of added) topicIds.add(topicId)
    if (key !== null) keys.add(key)
    batch.push(waiting)
  }
  return { batch, rest: left }
}
