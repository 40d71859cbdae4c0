// The numbers of connections to PostgreSQL, of the one that Kabar brings along, and of migrations: a part of config.ts.

/** Times and bounds of connections to PostgreSQL, and of what is asked on them. */
export const databaseLimits = {
  /** Who gets no connection within this, because all are busy or PostgreSQL is away, is told so. */
  connectMs: 4_000,
  /** Connections of the server's own beside the pool: one for each chore, and some for leases and `/readyz`. */
  ownConnectionsMax: 11,
  /** A connection that owes an answer is given up when it is silent for so long after the end of every statement. */
  silenceMs: 500,
  /** A transaction of Prisma has begun by then, or has failed. */
  transactionBeginMs: 5_000,
  /** It is rolled back when it takes longer. */
  transactionMs: 10_000,
  /** Half of what is waited at the most before a transaction is tried again; it doubles each time. */
  retryWaitMs: 10,
  /** Lookups of one kind that are under way at a time: what is asked meanwhile goes together in the next. */
  lookupsUnderwayMax: 2,
  /** The statements whose names are remembered: a server has fewer. */
  statementNamesMax: 2_000,
} as const

/** Times and bounds of the clock that is PostgreSQL's. */
export const clockLimits = {
  /** It is measured this often. */
  measureMs: 5_000,
  /** An answer that takes longer says too little about when it was given. */
  tripMsMax: 1_000,
  /** From where on `/readyz` and the log say that this machine's clock is wrong, in milliseconds either way. */
  aheadMsMax: 2_000,
} as const

/** Times and bounds of the embedded PostgreSQL. */
export const embeddedLimits = {
  /** It is ready by then, or has failed: crash recovery replays up to 1 GB of log before the database opens. */
  startMs: 300_000,
  /** A start that finds its port taken, or the memory of a killed PostgreSQL, is tried so often. */
  startTriesMax: 5,
  /** One that has ended by itself is started again so often, after waits that double from this one on. */
  restartTriesMax: 6,
  restartWaitMs: 250,
  /** Once it has run for so long, starting it again has worked. */
  restartStableMs: 60_000,
  /** A fast shutdown ends every session and writes a checkpoint. */
  fastStopMs: 20_000,
  /** An immediate one writes nothing, and is recovered later. */
  immediateStopMs: 5_000,
  /** Sessions of a killed server end as soon as their running query does. */
  sessionsEndMs: 2_000,
  /** What is waited for is looked at this often. */
  pollMs: 25,
  /** It lets us in by then, or has failed. */
  connectMs: 10_000,
  /** One that a killed server has left behind answers by then, or counts as hanging. */
  orphanAnswerMs: 10_000,
  /** The last lines of its log that are told when it ends. */
  recentLinesMax: 30,
} as const

/** Times of migrations. */
export const migrationLimits = {
  connectMs: 10_000,
  /** A statement may wait so long for a table that an old server is using: while it waits, so do all others. */
  tableLockMs: 15_000,
  /** Another server that is migrating is waited for so long. */
  lockMs: 300_000,
  /** Its lock is asked for this often. */
  pollMs: 100,
} as const

/** Bounds of backups. */
export const backupLimits = {
  /** So many rows are read or written at a time: a message has up to 16 KB. */
  rowsPerStep: 500,
  /** So much text is handed to gzip at a time. */
  chunkLength: 65_536,
  /** A line of a backup that is longer is none of ours: that of the longest message has 20 KB. */
  lineLengthMax: 1_048_576,
  /** A terminal is told this often how far it is. */
  progressMs: 200,
} as const
