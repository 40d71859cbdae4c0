import type { Clock } from '../concurrency/clock.ts'
import { type FeedConfig, feedLimits } from '../config/feed.ts'
import type { Database } from '../database/client.ts'
import { type Batcher, type BatchStatement, createBatcher } from './batch.ts'
import { type Ring, readAfter } from './events.ts'
import { createHintQueue, type NewHint } from './hints/hint-queue.ts'
import { createHub, type Hub } from './hub/hub.ts'
import { createReader } from './hub/reader.ts'
import type { Notifier } from './notify/notifier.ts'
import { type FeedStream, openStream, type StreamRequest } from './streams/stream.ts'
import type { HintContent } from './streams/stream-item.ts'
import { readHeads } from './topics.ts'
import { createWriter, type Writer } from './write.ts'

/** The feed of one server. The log is the truth, a ring tells that there is news, a subscriber is a cursor. */
export interface Feed {
  /** Runs a mutation under the locks of its topics, numbers its events, and rings after COMMIT. */
  readonly write: Writer
  /** Runs an item in the next shared transaction of its statement. */
  commitTogether<Item, Facts, Result>(statement: BatchStatement<Item, Facts, Result>, item: Item): Promise<Result>
  /** Opens a stream for a subscription field. */
  stream(request: StreamRequest): Promise<FeedStream>
  /** Calls back for every ring that this server makes or hears; the returned function stops that. */
  onRing(callback: (rings: readonly Ring[]) => void): () => void
  /** Tells all servers something that may be lost. It costs the feed nothing, and is heard a moment later, here too. */
  hint(hint: NewHint): void
  /** Hands the hints of a kind, of all servers, to a callback instead of to the subscribers. */
  onHint(kind: NewHint['kind'], callback: (hint: NewHint) => void): void
  /** Tells a hint to the live subscribers of this server alone. */
  tellHere(content: HintContent): void
  /** Looks up what was missed, for all topics with local subscribers. */
  catchUp(): Promise<void>
  state(): { notifier: ReturnType<Notifier['state']> } & ReturnType<Hub['size']>
  close(): Promise<void>
}

/** The parts of the server that the feed needs. */
export interface FeedOptions {
  database: Database
  notifier: Notifier
  config: FeedConfig
  onError(error: unknown): void
}

/** Starts the feed: resolves when the rings of other servers are heard. */
export async function startFeed({ database, notifier, config, onError }: FeedOptions): Promise<Feed> {
  const { sql } = database
  const hub = createHub({
    read: createReader((requests) => readAfter(sql, requests, config.pageEventsMax), feedLimits.topicsPerReadMax),
    heads: (topicIds) => readHeads(sql, topicIds),
    clock: systemClock,
    config,
    onError,
  })
  const hearers = new Set<(rings: readonly Ring[]) => void>([(rings) => hub.ring(rings)])
  const hintHearers = new Map<NewHint['kind'], (hint: NewHint) => void>()
  const batchers = new Map<unknown, unknown>()
  const batchOptions = {
    batchMax: config.batchMax,
    topicsMax: config.batchTopicsMax,
    queuedMax: config.queuedSendsMax,
    underwayMax: config.batchesUnderwayMax,
    slowCommitMs: config.slowCommitMs,
    timeoutMs: config.batchTimeoutMs,
    triesMax: config.transactionTriesMax,
  }
  let catchingUp: Promise<void> | null = null
  let closed = false

  const hear = (rings: readonly Ring[]) => {
    for (const hearer of hearers) {
      try {
        hearer(rings)
      } catch (error) {
        // what was committed stays committed: whoever wrote it must not be told otherwise
        onError(error)
      }
    }
  }
  const ring = (rings: readonly Ring[]) => {
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
    send(given) {
      hearHints(given)
      notifier.hint(given)
    },
  })
  const catchUp = () => {
    catchingUp ??= hub
      .catchUp()
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

  await notifier.listen({ onRing: hear, onGap: () => void catchUp(), onHint: hearHints })
  sweep()

  return {
    write: createWriter({ db: database.db, ring, hint: hints.add, triesMax: config.transactionTriesMax }),
    commitTogether<Item, Facts, Result>(statement: BatchStatement<Item, Facts, Result>, item: Item) {
      const known = batchers.get(statement) as Batcher<Item, Result> | undefined
      const batcher = known ?? createBatcher(statement, { ...batchOptions, takePipeline: database.takePipeline, ring })
      if (!known) batchers.set(statement, batcher)
      return batcher(item)
    },
    stream: (request) => openStream(hub, request),
    onRing(callback) {
      hearers.add(callback)
      return () => hearers.delete(callback)
    },
    hint: hints.add,
    onHint: (kind, callback) => void hintHearers.set(kind, callback),
    tellHere: hub.hint,
    catchUp,
    state: () => ({ notifier: notifier.state(), ...hub.size() }),
    async close() {
      closed = true
      cancelSweep()
      hints.close()
      await notifier.close()
      await catchingUp
    },
  }
}

const systemClock: Clock = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
