import type { Database, Pipeline } from '../database/client.ts'
import { describeFault, translateFault } from '../database/faults.ts'
import { retry } from '../database/retry.ts'
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
  /** Batches on their way at a time, where the disk is slow. */
  underwayMax: number
  /** A COMMIT that takes longer tells of a slow disk. */
  slowCommitMs: number
  timeoutMs: number
  /** A batch is tried again so often after a deadlock or a serialization failure. */
  triesMax: number
}

/** SQLSTATE of every statement after one that failed. */
const abortedTransaction = '25P02'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly topicIds: readonly string[]
  readonly key: string | null
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Adds an item to the next batch and waits for its own result or error. */
export type Batcher<Item, Result> = (item: Item) => Promise<Result>

/**
 * Group commit: items that arrive while a batch is on its way form the next one.
 *
 * On a slow disk the next batch is judged while one is stored, with other topics: items of a topic never overtake each other.
 * On a fast one it would only be smaller. An idle server adds no delay. After a deadlock or a serialization failure a batch runs
 * again. When it fails as a whole for a reason that lies in an item, its items run again one by one, so that one bad item
 * never fails its neighbours.
 */
export function createBatcher<Item, Facts, Result>(
  statement: BatchStatement<Item, Facts, Result>,
  {
    takePipeline,
    ring,
    batchMax,
    topicsMax,
    queuedMax,
    underwayMax,
    slowCommitMs,
    timeoutMs,
    triesMax,
  }: BatcherOptions,
): Batcher<Item, Result> {
  let queue: Waiting<Item, Result>[] = []
  let scheduled = false
  let underway = 0
  let commitMs = 0
  let judging: readonly Waiting<Item, Result>[] | null = null
  /** The topics and keys of the batches that are underway. */
  const busy = new Set<string>()
  /** Connections that are kept from batch to batch, so that the next one leaves at once. */
  const kept: Pipeline[] = []

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      if (queue.length >= queuedMax) {
        reject(unavailable('The server has more sends than it can take. Nothing was stored: try again.'))
        return
      }
      queue.push({ item, key: statement.keyOf(item), topicIds: statement.topicsOf(item), resolve, reject })
      if (scheduled) return
      scheduled = true
      // what comes in this tick goes together
      setImmediate(() => {
        scheduled = false
        startNext()
      })
    })

  function startNext(): void {
    if (judging || underway >= (commitMs > slowCommitMs ? underwayMax : 1)) return
    const { batch, rest } = takeBatch(queue, { batchMax, topicsMax, busy })
    queue = rest
    if (batch.length > 0) void run(batch)
    else if (underway === 0) for (const pipeline of kept.splice(0)) pipeline.release()
  }

  async function run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const claims = batch.flatMap(claimsOf)
    for (const claim of claims) busy.add(claim)
    underway += 1
    judging = batch
    const onJudged = () => {
      if (judging !== batch) return
      judging = null
      startNext()
    }
    const answer = await runBatch(batch, onJudged)
    underway -= 1
    for (const claim of claims) busy.delete(claim)
    // what failed was not judged; the next batch travels while the answers to this one are worked out
    if (judging === batch) judging = null
    startNext()
    answer()
  }

  /** Commits a batch. Returns what is left to do: to answer those who wait. */
  async function runBatch(batch: readonly Waiting<Item, Result>[], onJudged: () => void): Promise<() => void> {
    const done = await retry(triesMax, () => commit(batch, onJudged)).catch((error: unknown) => ({ error }))
    if ('error' in done) {
      const { retryable, unavailable: isAway } = describeFault(done.error)
      if (batch.length > 1 && !retryable && !isAway) {
        for (const waiting of batch) (await runBatch([waiting], onJudged))()
        return () => {}
      }
      const error = translateFault(done.error, 'Try again with the same nonce.')
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

  async function commit(batch: readonly Waiting<Item, Result>[], onJudged: () => void) {
    const pipeline = kept.pop() ?? (await takePipeline())
    let isGivenUp = false
    // a connection that is given up is also rolled back
    const giveUp = (error: Error) => {
      if (!isGivenUp) pipeline.release(error)
      isGivenUp = true
    }
    // a frozen PostgreSQL answers nothing: giving up the connection ends the wait
    const timer = setTimeout(() => giveUp(new Error('the batch took too long: timeout expired')), timeoutMs)
    try {
      const done = await runTransaction(pipeline, { batch, onJudged })
      kept.push(pipeline)
      return done
    } catch (error) {
      giveUp(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Two journeys to the database: what does not need the answer before it travels in the same one. */
  async function runTransaction(
    { sql, command, together }: Pipeline,
    { batch, onJudged }: { batch: readonly Waiting<Item, Result>[]; onJudged: () => void },
  ) {
    const items = batch.map((waiting) => waiting.item)
    const topicIds = [...new Set(batch.flatMap((waiting) => waiting.topicIds))]
    const [, topics, facts] = await together(() =>
      allOrCause([command('begin'), lockTopics(sql, topicIds), statement.read(sql, items)]),
    )
    const { results, events, write } = statement.judge(items, facts, topics)
    let appendedAt = 0
    const append = async () => {
      const rings = await appendEvents(sql, events)
      appendedAt = performance.now()
      return rings
    }
    const stored = together(() => allOrCause([write(sql), append(), command('commit')]))
    onJudged()
    const [, rings, ended] = await stored
    if (events.length > 0) commitMs = performance.now() - appendedAt
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

/** What only one batch at a time may have. */
const claimsOf = ({ topicIds, key }: Pick<Waiting<unknown, unknown>, 'topicIds' | 'key'>): readonly string[] =>
  key === null ? topicIds : [...topicIds, key]

/**
 * Takes the next batch from the front of the queue.
 *
 * Items whose topic is busy or whose key is taken stay for a later one, and so does what comes after them with the same topics.
 */
function takeBatch<Item, Result>(
  queue: readonly Waiting<Item, Result>[],
  { batchMax, topicsMax, busy }: Pick<BatcherOptions, 'batchMax' | 'topicsMax'> & { busy: ReadonlySet<string> },
) {
  const batch: Waiting<Item, Result>[] = []
  const left: Waiting<Item, Result>[] = []
  const keys = new Set<string>()
  const taken = new Set<string>()
  const passed = new Set<string>()
  for (const [index, waiting] of queue.entries()) {
    const { key, topicIds } = waiting
    const claims = claimsOf(waiting)
    if ((key !== null && keys.has(key)) || claims.some((claim) => busy.has(claim) || passed.has(claim))) {
      for (const claim of claims) passed.add(claim)
      left.push(waiting)
      continue
    }
    const added = topicIds.filter((topicId) => !taken.has(topicId))
    // what comes after one that does not fit waits behind it
    const isTooWide = added.length > 0 && taken.size + added.length > topicsMax
    const isFull = batch.length === batchMax || (batch.length > 0 && isTooWide)
    if (isFull) return { batch, rest: [...left, ...queue.slice(index)] }
    for (const topicId of added) taken.add(topicId)
    if (key !== null) keys.add(key)
    batch.push(waiting)
  }
  return { batch, rest: left }
}
