import type { OnAudit } from '../audit/print.ts'
import { systemClock } from '../concurrency/clock.ts'
import { type FeedConfig, feedLimits } from '../config/feed.ts'
import type { Database } from '../database/client.ts'
import type { Replica } from '../database/read-replica.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { type Batcher, type BatchStatement, createBatcher } from './batch.ts'
import { type Ring, readAfter } from './events.ts'
import { createHintQueue, type HintKey, type NewHint } from './hints/hint-queue.ts'
import { createHub, type Hub } from './hub/hub.ts'
import { createLostRings } from './hub/lost-rings.ts'
import { createReadBehind, createReplicaReader } from './hub/read-behind.ts'
import { createReader } from './hub/reader.ts'
import type { Notifier } from './notify/notifier.ts'
import { type FeedStream, openStream, type StreamRequest } from './streams/stream.ts'
import type { HintContent } from './streams/stream-item.ts'
import { readHeads } from './topics.ts'
import { createWriter, type Writer } from './write.ts'

/** The feed of one server. The log is the truth, a ring says that a topic has moved, a subscriber is a cursor. */
export interface Feed {
  /** Runs a mutation under the locks of its topics, numbers its events, and rings after COMMIT. */
  readonly write: Writer
  /** Runs an item in the next shared transaction of its statement. */
  commitTogether<Item, Facts, Result>(statement: BatchStatement<Item, Facts, Result>, item: Item): Promise<Result>
  /** Opens a stream for a subscription field. */
  stream(request: StreamRequest): Promise<FeedStream>
  /** Calls back for every ring that this server sends or receives. Returns a function that stops it. */
  onRing(callback: (rings: readonly Ring[]) => void): () => void
  /** Sends a hint to all servers, including this one. It may be lost, and never delays the feed. */
  hint(hint: NewHint): void
  /** Tells whether a hint of this server has not been sent yet: a new one replaces it. */
  isHintWaiting(hint: HintKey): boolean
  /** Delivers all hints of a kind to a callback instead of to the subscribers. */
  onHint(kind: NewHint['kind'], callback: (hint: NewHint) => void): void
  /** Delivers a hint only to the live subscribers of this server. */
  tellHere(content: HintContent): void
  /** Catches up all topics with local subscribers. */
  catchUp(): Promise<void>
  state(): { notifier: ReturnType<Notifier['state']> } & ReturnType<Hub['size']>
  close(): Promise<void>
}

/** The parts of the server that the feed needs. */
export interface FeedOptions {
  database: Database
  /** Answers pages of subscribers that are behind. Null when the primary answers all. */
  replica: Replica | null
  notifier: Notifier
  config: FeedConfig
  metrics: Metrics
  /** Null when no traces are recorded. */
  tracing: Tracing | null
  onAudit: OnAudit
  onError(error: unknown): void
}

/** Starts the feed. Resolves when it receives the rings of other servers. */
export async function startFeed(options: FeedOptions): Promise<Feed> {
  const { database, replica, notifier, config, metrics, tracing, onAudit, onError } = options
  const { sql, clock } = database
  const { counts, observe } = metrics
  const hub = createHub({
    read: createReader((requests) => readAfter(sql, requests, config.pageEventsMax), feedLimits.topicsPerReadMax),
    readBehind: replica && createReadBehind({ readPage: createReplicaReader(replica, config.pageEventsMax), counts }),
    heads: (topicIds) => readHeads(sql, topicIds),
    clock: systemClock,
    config,
    metrics,
    tracing,
    onDelivered: (at) => observe('delivery_lag_seconds', {}, Math.max(0, clock.now() - at.getTime()) / 1_000),
    onError,
  })
  const hearers = new Set<(rings: readonly Ring[]) => void>([(rings) => hub.ring(rings)])
  const hintHearers = new Map<NewHint['kind'], (hint: NewHint) => void>()
  const batchers = new Map<unknown, unknown>()
  const batchOptions = {
    metrics,
    tracing,
    batchMax: config.batchMax,
    topicsMax: config.batchTopicsMax,
    queuedMax: config.queuedSendsMax,
    underwayMax: config.batchesUnderwayMax,
    slowCommitMs: config.slowCommitMs,
    timeoutMs: config.batchTimeoutMs,
    triesMax: config.transactionTriesMax,
  }
  const lostRings = createLostRings({
    clock: systemClock,
    waitMs: config.echoTimeoutMs,
    onLost(topics) {
      // while polling no ring arrives, and every event is found
      if (notifier.state() === 'listening') counts.sweep_finds_total.total += topics
    },
  })
  let catchingUp: Promise<void> | null = null
  let closed = false

  const hear = (rings: readonly Ring[]) => {
    for (const hearer of hearers) {
      try {
        hearer(rings)
      } catch (error) {
        // the write is committed: an error here must not reach its caller
        onError(error)
      }
    }
  }
  const ring = (given: readonly Ring[], trace: string | null) => {
    const rings = traceRings(tracing, given, trace)
    counts.rings_total.here += rings.length
    hear(rings)
    notifier.ring(rings)
  }
  const hearHints = (hints: readonly NewHint[]) => {
    for (const hint of hints) {
      const { topicId, kind, subject, actorId } = hint
      const hearer = hintHearers.get(kind)
      if (hearer) hearer(hint)
      else if (kind !== 'USER_ACTIVE')
        hub.hint({ topicId, kind, subject, actorIds: actorId === null ? [] : [actorId], userIds: [] })
    }
  }
  const hints = createHintQueue({
    clock: systemClock,
    waitMs: config.hintWaitMs,
    queuedMax: config.hintsQueuedMax,
    counts,
    send(given) {
      hearHints(given)
      notifier.hint(given)
    },
  })
  const catchUp = () => {
    catchingUp ??= hub
      .catchUp()
      .then(lostRings.found)
      .catch(onError)
      .finally(() => {
        catchingUp = null
      })
    return catchingUp
  }
  const sweep = () => {
    cancelSweep = systemClock.after(config.sweepMs * (0.5 + Math.random() / 2), () => {
      void catchUp()
      if (!closed) sweep()
    })
  }
  let cancelSweep = () => {}

  const hearNotified = (rings: readonly Ring[], committedAt: number | null = null) => {
    counts.rings_total.notification += rings.length
    if (committedAt !== null) observe('ring_lag_seconds', {}, Math.max(0, clock.now() - committedAt) / 1_000)
    lostRings.heard(rings)
    hear(rings)
  }
  await notifier.listen({ onRing: hearNotified, onGap: () => void catchUp(), onHint: hearHints })
  sweep()

  return {
    write: createWriter({
      db: database.db,
      ring,
      hint: hints.add,
      onAudit,
      tracing,
      triesMax: config.transactionTriesMax,
    }),
    commitTogether<Item, Facts, Result>(statement: BatchStatement<Item, Facts, Result>, item: Item) {
      const known = batchers.get(statement) as Batcher<Item, Result> | undefined
      const batcher = known ?? createBatcher(statement, { ...batchOptions, takePipeline: database.takePipeline, ring })
      if (!known) batchers.set(statement, batcher)
      const askedAt = performance.now()
      const result = batcher(item)
      const note = (outcome: string) => observe('send_seconds', { outcome }, (performance.now() - askedAt) / 1_000)
      result.then(
        () => note('stored'),
        (error: unknown) => note(isRefusal(error) ? 'refused' : 'failed'),
      )
      return result
    },
    stream: (request) => openStream(hub, request),
    onRing(callback) {
      hearers.add(callback)
      return () => hearers.delete(callback)
    },
    hint: hints.add,
    isHintWaiting: hints.isWaiting,
    onHint: (kind, callback) => void hintHearers.set(kind, callback),
    tellHere: hub.hint,
    catchUp,
    state: () => ({ notifier: notifier.state(), ...hub.size() }),
    async close() {
      closed = true
      lostRings.close()
      cancelSweep()
      hints.close()
      await notifier.close()
      await catchingUp
    },
  }
}

/** Records that topics are rung, and lets the rings continue the trace of the write. */
function traceRings(tracing: Tracing | null, rings: readonly Ring[], parent: string | null): readonly Ring[] {
  if (!tracing || parent === null || rings.length === 0) return rings
  const span = tracing.start({ name: 'ring', kind: 'producer', parent, attributes: { 'kabar.topics': rings.length } })
  span.end()
  const { traceparent: trace } = span
  return trace === null ? rings : rings.map((ring) => ({ ...ring, trace }))
}

/** Tells whether a send was judged and refused, and did not fail for a reason of the server. */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.code !== 'SERVICE_UNAVAILABLE' && error.code !== 'INTERNAL'
}
