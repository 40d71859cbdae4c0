// The numbers of the feed: a part of config.ts.

/** Times and bounds of the feed. Tests shorten them; operators have no reason to. */
export const feedDefaults = {
  /** The recent events that the hub keeps of a topic with subscribers. */
  recentEventsMax: 256,
  /** The events that one read takes. */
  pageEventsMax: 256,
  /** The catch-up that makes up for lost notifications: at most this often, with jitter. */
  sweepMs: 5_000,
  /** A server rings itself this often to know that its LISTEN connection lives. */
  echoMs: 2_000,
  /** Without an echo for so long the LISTEN connection is made anew. */
  echoTimeoutMs: 3_000,
  /** Where notifications do not arrive, topics are looked at this often instead. */
  pollMs: 250,
  reconnectMinMs: 100,
  reconnectMaxMs: 2_000,
  /** A connection that holds more unsent bytes is read no further; its subscribers read the feed at its pace. */
  socketBufferBytesMax: 1_048_576,
  /** A connection that holds unsent bytes and takes none for so long is ended. */
  stallMs: 30_000,
  /** Hints wait so long, and those of one subject become one. */
  hintWaitMs: 150,
  /** The hints that wait to be sent to other servers; one more drops the oldest. */
  hintsQueuedMax: 1_000,
  /** The hints of one kind that may be executed at once; one more is lost. */
  hintsRenderedMax: 200,
  /** The sends that one batch takes, and the marks that one statement moves. */
  batchMax: 512,
  /** The topics that one batch of sends locks: rooms, and whom the messages mention. */
  batchTopicsMax: 512,
  /** The batches of sends that are on their way at a time where the disk is slow: one is judged while others wait for it. */
  batchesUnderwayMax: 3,
  /** A COMMIT that takes longer tells of a slow disk. */
  slowCommitMs: 2,
  /** The sends, and the marks, that may wait; more are refused with SERVICE_UNAVAILABLE. */
  queuedSendsMax: 5_000,
  /** Marks whose rows are locked are tried again after this, and then after as long as they have waited, up to the other. */
  heldMarkMs: 10,
  heldMarkMsMax: 250,
  /** A batch that takes longer is given up, and its sends answer SERVICE_UNAVAILABLE. */
  batchTimeoutMs: 5_000,
  /** A socket that has not sent `connection_init` by then is closed. */
  connectionInitMs: 3_000,
  /** Sockets are pinged this often; one that did not answer by the next time is dropped. */
  heartbeatMs: 15_000,
  /** At the end of the server a socket has so long to say goodbye. */
  closeMs: 2_000,
  /** Sessions of connected sockets are looked up again this often: the bound of a lost revocation. */
  sessionSweepMs: 4_000,
  /** PostgreSQL ends a statement after this. */
  statementTimeoutMs: 3_500,
  /** A transaction is tried again so often after a deadlock or a serialization failure. */
  transactionTriesMax: 5,
} as const

/** Numbers of the feed, overridable in tests. */
export type FeedConfig = { readonly [K in keyof typeof feedDefaults]: number }

/** Times and bounds of what the feed does beside its work. */
export const feedLimits = {
  /** A PostgreSQL that takes longer to take a notification is taken for lost. */
  ringMs: 5_000,
  /** The topics that one read asks for. */
  topicsPerReadMax: 64,
  /** The events of the first page of a subscriber that is behind. The next are larger while they hold little. */
  firstPageEvents: 16,
  /** A hint that finds its topic moved on is executed anew so often before it is lost. */
  hintTriesMax: 3,
  /** A lookup of sessions or blocks for open streams that has failed is tried again after this. */
  lookupRetryMs: 250,
} as const

/** Connections for sends beside the pool: for each batch, and for one given up. */
export const sendConnectionsMax = feedDefaults.batchesUnderwayMax + 1

/** Connections for notifications beside the pool: one listens, one rings. */
export const notifierConnections = 2
