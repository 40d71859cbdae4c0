import { tracingLimits } from '../config/tracing.ts'
import type { Database, Pipeline } from '../database/client.ts'
import { describeFault, translateFault } from '../database/faults.ts'
import { retry } from '../database/retry.ts'
import type { Sql } from '../database/sql.ts'
import { invariant, unavailable } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { currentTrace } from '../tracing/request.ts'
import type { TraceSpan, Tracing } from '../tracing/tracing.ts'
import { createAppender } from './appender.ts'
import { appendEvents, type Ring } from './events.ts'
import { lockTopics } from './topics.ts'
import type { Write } from './write.ts'

/** A write that many callers share in one transaction. */
export interface BatchStatement<Item, Facts, Result> {
  /** The topics to lock for an item. */
  topicsOf(item: Item): readonly string[]
  /** Items with the same key are never in the same batch; null when there is no such rule. */
  keyOf(item: Item): string | null
  /** Reads, under the locks, the facts that `judge` needs. */
  read(sql: Sql, items: readonly Item[]): Promise<Facts>
  /**
   * Decides about all items, without reading anything more.
   *
   * @param place the locked topics as they are before this batch, and `append` for the events of accepted items.
   */
  judge(items: readonly Item[], facts: Facts, place: Pick<Write, 'topics' | 'append'>): Verdict<Result>
}

/** The decision of a statement about its items. */
export interface Verdict<Result> {
  /** In the order of the items. The result of an item that fails alone is an Error. */
  results: readonly (Result | Error)[]
  /** Writes the rows of the accepted items. */
  write(sql: Sql): Promise<void>
}

/** The parts of the server and the bounds that batches need. */
export interface BatcherOptions {
  takePipeline: Database['takePipeline']
  metrics: Pick<Metrics, 'counts' | 'observe'>
  /** Null when no traces are recorded. */
  tracing: Tracing | null
  /** Called after COMMIT, with the place of the batch in its trace; null when it is not recorded. */
  ring: (rings: readonly Ring[], trace: string | null) => void
  batchMax: number
  /**
   * The maximum sum of the topics of the items of a batch, unless its first item has more.
   *
   * It bounds the topics that are locked, and the events: an item appends one to each of its topics.
   */
  topicsMax: number
  queuedMax: number
  /** The maximum number of batches in flight, where the disk is slow. */
  underwayMax: number
  /** A COMMIT that takes longer means a slow disk. */
  slowCommitMs: number
  timeoutMs: number
  /** Tries of a batch after a deadlock or a serialization failure. */
  triesMax: number
}

/** SQLSTATE of every statement after one that failed. */
const abortedTransaction = '25P02'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly topicIds: readonly string[]
  readonly key: string | null
  /** The place of its operation in a trace. */
  readonly trace: string | null
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Adds an item to the next batch and waits for its own result or error. */
export type Batcher<Item, Result> = (item: Item) => Promise<Result>

/**
 * Group commit: items that arrive while a batch is in flight form the next one.
 *
 * On a slow disk the next batch, with other topics, is judged while one is stored. Items of one topic never overtake each other.
 * On a fast one it would only be smaller. An idle server adds no delay. After a deadlock or a serialization failure a batch runs
 * again. When it fails as a whole for a reason that lies in an item, its items run again one by one, so that one bad item
 * never fails its neighbours.
 */
export function createBatcher<Item, Facts, Result>(
  statement: BatchStatement<Item, Facts, Result>,
  {
    takePipeline,
    metrics,
    tracing,
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
  /** The topics and keys of the batches in flight. */
  const busy = new Set<string>()
  /** Connections kept from batch to batch, so that the next one starts at once. */
  const kept: Pipeline[] = []

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      if (queue.length >= queuedMax) {
        reject(unavailable('The server has more sends than it can take. Nothing was stored: try again.'))
        return
      }
      metrics.counts.send_queue.total += 1
      const trace = tracing && currentTrace()
      queue.push({ item, key: statement.keyOf(item), topicIds: statement.topicsOf(item), trace, resolve, reject })
      if (scheduled) return
      scheduled = true
      // items of this tick form one batch
      setImmediate(() => {
        scheduled = false
        startNext()
      })
    })

  function startNext(): void {
    if (judging || underway >= (commitMs > slowCommitMs ? underwayMax : 1)) return
    const { batch, rest } = takeBatch(queue, { batchMax, topicsMax, busy })
    queue = rest
    metrics.counts.send_queue.total -= batch.length
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
    metrics.observe('send_batch_size', {}, batch.length)
    const answer = await runBatch(batch, onJudged)
    underway -= 1
    for (const claim of claims) busy.delete(claim)
    // a failed batch was not judged; the next batch is sent while the answers of this one are computed
    if (judging === batch) judging = null
    startNext()
    answer()
  }

  /** Commits a batch. Returns a function that answers the waiting callers. */
  async function runBatch(batch: readonly Waiting<Item, Result>[], onJudged: () => void): Promise<() => void> {
    const span = traceBatch(tracing, batch)
    const done = await retry(triesMax, () => commit(batch, { onJudged, span })).catch((error: unknown) => ({ error }))
    span?.end('error' in done ? 'failed' : null)
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
    ring(done.rings, span?.traceparent ?? null)
    return () => {
      for (const [index, waiting] of batch.entries()) {
        const result = done.results[index]
        if (result === undefined || result instanceof Error) waiting.reject(result)
        else waiting.resolve(result)
      }
    }
  }

  async function commit(
    batch: readonly Waiting<Item, Result>[],
    { onJudged, span }: { onJudged: () => void; span: TraceSpan | null },
  ) {
    const pipeline = kept.pop() ?? (await takePipeline())
    let isGivenUp = false
    // closing a connection also rolls it back
    const giveUp = (error: Error) => {
      if (!isGivenUp) pipeline.release(error)
      isGivenUp = true
    }
    // a frozen PostgreSQL never answers: closing the connection ends the wait
    const timer = setTimeout(() => giveUp(new Error('the batch took too long: timeout expired')), timeoutMs)
    try {
      const done = await runTransaction(pipeline, { batch, onJudged, span })
      kept.push(pipeline)
      return done
    } catch (error) {
      giveUp(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Two round trips to the database: statements that do not need the previous answer share one. */
  async function runTransaction(
    { sql, command, together }: Pipeline,
    {
      batch,
      onJudged,
      span,
    }: { batch: readonly Waiting<Item, Result>[]; onJudged: () => void; span: TraceSpan | null },
  ) {
    const items = batch.map((waiting) => waiting.item)
    const topicIds = [...new Set(batch.flatMap((waiting) => waiting.topicIds))]
    const [, locked, facts] = await together(() =>
      allOrCause([command('begin'), lockTopics(sql, topicIds), statement.read(sql, items)]),
    )
    const appender = createAppender(locked)
    const { results, write } = statement.judge(items, facts, { topics: locked.topics, append: appender.append })
    const placed = appender.placed()
    let appendedAt = 0
    const append = async () => {
      const rings = await appendEvents(sql, placed)
      appendedAt = performance.now()
      return rings
    }
    const committing = span && tracing ? tracing.start({ name: 'COMMIT', parent: span.traceparent }) : null
    const stored = together(() => allOrCause([write(sql), append(), command('commit')]))
    onJudged()
    const [, rings, ended] = await stored.finally(() => committing?.end())
    if (placed.events.length > 0) commitMs = performance.now() - appendedAt
    // PostgreSQL answers a COMMIT after a failure with a rollback, and not with an error
    invariant(ended === 'COMMIT', 'the batch was committed')
    return { results, rings }
  }
}

/** Starts the span of a batch in the trace of its first traced sender, with links to the others; null without one. */
function traceBatch(tracing: Tracing | null, batch: readonly { trace: string | null }[]): TraceSpan | null {
  const traces = tracing ? batch.flatMap(({ trace }) => trace ?? []) : []
  const [parent, ...others] = traces
  if (!tracing || parent === undefined) return null
  const links = others.slice(0, tracingLimits.linksMax)
  return tracing.start({ name: 'batch', parent, links, attributes: { 'kabar.sends': batch.length } })
}

/** Waits for all statements of a round trip. Rejects with the first error, not with the statements that PostgreSQL refused after it. */
async function allOrCause<const T extends readonly Promise<unknown>[]>(statements: T) {
  const settled = await Promise.allSettled(statements)
  const failures = settled.filter((result) => result.status === 'rejected')
  const cause = failures.find(({ reason }) => describeFault(reason).sqlState !== abortedTransaction) ?? failures[0]
  if (cause) throw cause.reason
  return Promise.all(statements)
}

/** Resources that only one batch at a time may use. */
const claimsOf = ({ topicIds, key }: Pick<Waiting<unknown, unknown>, 'topicIds' | 'key'>): readonly string[] =>
  key === null ? topicIds : [...topicIds, key]

/**
 * Takes the next batch from the front of the queue.
 *
 * Items with a busy topic or a taken key wait for a later batch, and so do later items with the same topics.
 */
function takeBatch<Item, Result>(
  queue: readonly Waiting<Item, Result>[],
  { batchMax, topicsMax, busy }: Pick<BatcherOptions, 'batchMax' | 'topicsMax'> & { busy: ReadonlySet<string> },
) {
  const batch: Waiting<Item, Result>[] = []
  const left: Waiting<Item, Result>[] = []
  const keys = new Set<string>()
  let width = 0
  const passed = new Set<string>()
  for (const [index, waiting] of queue.entries()) {
    const { key, topicIds } = waiting
    const claims = claimsOf(waiting)
    if ((key !== null && keys.has(key)) || claims.some((claim) => busy.has(claim) || passed.has(claim))) {
      for (const claim of claims) passed.add(claim)
      left.push(waiting)
      continue
    }
    // later items of the same topics wait behind one that does not fit
    const isTooWide = width + topicIds.length > topicsMax
    const isFull = batch.length === batchMax || (batch.length > 0 && isTooWide)
    if (isFull) return { batch, rest: [...left, ...queue.slice(index)] }
    width += topicIds.length
    if (key !== null) keys.add(key)
    batch.push(waiting)
  }
  return { batch, rest: left }
}
