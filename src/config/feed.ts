// Times and limits of the feed. A part of config.ts.

import { statementDefaults } from './database.ts'
import { socketDefaults } from './websocket.ts'

/** Times and limits of the feed. Tests shorten them; operators have no reason to. */
export const feedDefaults = {
  ...socketDefaults,
  ...statementDefaults,
  /** Recent events that the hub caches for a topic with subscribers. */
  recentEventsMax: 256,
  /** Maximum number of events per read. */
  pageEventsMax: 256,
  /** Events of a topic that wait to be rendered for its live subscribers; with more each of them reads at its own pace. */
  eventsAheadMax: 1_024,
  /** Interval of the catch-up that makes up for lost notifications, with jitter. */
  sweepMs: 5_000,
  /** Interval at which a server rings itself to check its LISTEN connection. */
  echoMs: 2_000,
  /** Time without an echo after which the LISTEN connection is reopened. */
  echoTimeoutMs: 3_000,
  /** Polling interval of topics when notifications do not arrive. */
  pollMs: 250,
  reconnectMinMs: 100,
  reconnectMaxMs: 2_000,
  /** Unsent bytes of a connection above which the server stops reading from it; its subscribers read the feed at its pace. */
  socketBufferBytesMax: 1_048_576,
  /** Time after which a connection that takes none of its unsent bytes is closed. */
  stallMs: 30_000,
  /** Delay of hints, during which those of one subject are merged. */
  hintWaitMs: 150,
  /** Topics whose rings wait to be sent to other servers; one more drops the oldest, which a sweep makes up for. */
  ringsQueuedMax: 20_000,
  /** Hints waiting to be sent to other servers; one more drops the oldest. */
  hintsQueuedMax: 1_000,
  /** Hints of one kind executed at once; one more is dropped. */
  hintsRenderedMax: 200,
  /** Maximum number of sends per batch, and of read markers per statement. */
  batchMax: 512,
  /** Sum of the topics of the sends of a batch: their rooms and mentioned users. */
  batchTopicsMax: 512,
  /** Batches of sends in flight at a time when the disk is slow: one is judged while others wait for the disk. */
  batchesUnderwayMax: 3,
  /** A COMMIT that takes longer means a slow disk. */
  slowCommitMs: 2,
  /** Sends, and read markers, that may wait; more are refused with SERVICE_UNAVAILABLE. */
  queuedSendsMax: 5_000,
  /** First retry of read markers whose rows are locked; the wait then doubles, up to `heldMarkMsMax`. */
  heldMarkMs: 10,
  heldMarkMsMax: 250,
  /** Time after which a batch is abandoned and its sends answer SERVICE_UNAVAILABLE. */
  batchTimeoutMs: 5_000,
  /** Interval at which sessions and blocks of open streams are read again: a lost revocation takes effect by then. */
  sessionSweepMs: 4_000,
} as const

/** Settings of the feed, overridable in tests. */
export type FeedConfig = { readonly [K in keyof typeof feedDefaults]: number }

/** Times and limits of the feed that tests do not change. */
export const feedLimits = {
  /** Time to send a notification, after which PostgreSQL, or the bus, counts as unreachable. */
  ringMs: 5_000,
  /** Characters of a notification: PostgreSQL takes fewer than 8,000 bytes. Longer ones of a bus are ignored. */
  notificationLengthMax: 7_999,
  /** Maximum number of topics per read. */
  topicsPerReadMax: 64,
  /** Events in the first page of a subscriber that is behind. Later pages grow while they contain little. */
  firstPageEvents: 16,
  /** Executions of a hint whose topic moves meanwhile, before the hint is dropped. */
  hintTriesMax: 3,
  /** Delay before a failed lookup of sessions or blocks for open streams is retried. */
  lookupRetryMs: 250,
} as const

/** Connections for sends, not in the pool. One per batch, and one for an abandoned batch. */
export const sendConnectionsMax = feedDefaults.batchesUnderwayMax + 1

/** Connections for notifications, not in the pool: one LISTENs, one NOTIFYs. None with a bus. */
export const notifierConnections = 2
