// Connections to PostgreSQL, the embedded PostgreSQL, and migrations. A part of config.ts.

/** Times and limits of connections to PostgreSQL and of their statements. */
export const databaseLimits = {
  /** Time to wait for a connection while all are busy or PostgreSQL is unreachable; then the caller gets an error. */
  connectMs: 4_000,
  /** Internal connections in addition to the pool: one for each chore, and some for leases and `/readyz`. */
  ownConnectionsMax: 11,
  /** A connection that still owes an answer is closed when it is silent for this long after the statement timeout. */
  silenceMs: 500,
  /** Time in which a Prisma transaction must begin. */
  transactionBeginMs: 5_000,
  /** Time after which it is rolled back. */
  transactionMs: 10_000,
  /** Half of the maximum wait before a transaction is retried; it doubles with each retry. */
  retryWaitMs: 10,
  /** Time after which a statement is logged as slow. */
  slowStatementMs: 500,
  /** Lookups of one kind that run at a time: calls in the meantime share the next one. */
  lookupsUnderwayMax: 2,
  /** Connections for lookups in addition to the pool: they share them, and none takes long. */
  lookupConnectionsMax: 4,
  /** Lookups that are sent together: the last one waits for all before it. */
  lookupsTogetherMax: 8,
  /** Keys in one statement that callers share. */
  gatheredKeysMax: 500,
  /** Statement names that are cached: a server has fewer statements. */
  statementNamesMax: 2_000,
} as const

/** Times and limits of the read replica. Tests change them; operators have no reason to. */
export const replicaDefaults = {
  /** Connections to it per process. */
  connectionsMax: 5,
  /** Reads that may wait for one of these; one more goes to the primary. */
  waitingMax: 50,
  /** Time to connect, and to wait for a connection. */
  connectMs: 500,
  /** Statement timeout of the replica. */
  statementTimeoutMs: 400,
  /** Reads that may take longer one after another: then it is not used for a time. One heavy page says nothing of others. */
  slowInARowMax: 3,
  /** Connections to it per process for searches; one more search goes to the primary. */
  searchConnectionsMax: 2,
  /** Statement timeout there for a part of a search. */
  searchTimeoutMs: 1_500,
  /** Connections to it per process for data exports, which one job makes, one page after another. */
  exportConnectionsMax: 1,
  /** Statement timeout there for a page of an export, which nobody waits for. */
  exportTimeoutMs: 3_500,
  /** A connection that still owes an answer is closed when it is silent for this long after the statement timeout. */
  silenceMs: 100,
  /** Time for which it is not used after a fault. Then one probe decides. */
  closedMs: 10_000,
  /** Age above which it is not used, as the lease of this server tells, which is renewed every 10 seconds. */
  ageMsMax: 15_000,
} as const

/** A standby that answers some of the reads. */
export type ReplicaConfig = { readonly url: string } & { readonly [K in keyof typeof replicaDefaults]: number }

/** Times and limits of the clock that follows PostgreSQL. */
export const clockLimits = {
  /** Interval of the measurements. */
  measureMs: 5_000,
  /** A measurement with a longer round trip is too inexact. */
  tripMsMax: 1_000,
  /** Offset from which `/readyz` and the log report that this machine's clock is wrong, in either direction. */
  aheadMsMax: 2_000,
} as const

/** Times and limits of the embedded PostgreSQL. */
export const embeddedLimits = {
  /** Time in which it must be ready: crash recovery replays up to 1 GB of WAL before the database opens. */
  startMs: 300_000,
  /** Tries of a start that finds its port taken, or the shared memory of a killed PostgreSQL. */
  startTriesMax: 5,
  /** Restarts after an unexpected exit; the wait before each doubles, starting with `restartWaitMs`. */
  restartTriesMax: 6,
  restartWaitMs: 250,
  /** Uptime after which a restart counts as successful. */
  restartStableMs: 60_000,
  /** Time for a fast shutdown, which ends every session and writes a checkpoint. */
  fastStopMs: 20_000,
  /** Time for an immediate shutdown, which writes nothing and is recovered at the next start. */
  immediateStopMs: 5_000,
  /** Time for the sessions of a killed server to end: each ends with its running query. */
  sessionsEndMs: 2_000,
  /** Polling interval of all waits. */
  pollMs: 25,
  /** Time in which it must accept a connection. */
  connectMs: 10_000,
  /** Time in which a PostgreSQL left behind by a killed server must answer; after it, it counts as hanging. */
  orphanAnswerMs: 10_000,
  /** Last lines of its log that are reported when it exits. */
  recentLinesMax: 30,
} as const

/** Times of migrations. */
export const migrationLimits = {
  connectMs: 10_000,
  /** Time to wait for a table lock held by an old server: all other statements queue behind the waiting one. */
  tableLockMs: 15_000,
  /** Time to wait for another server that is migrating. */
  lockMs: 300_000,
  /** Interval of the tries to get its lock. */
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
} as const

/** Time and tries of a statement, overridable in tests as a part of `config.feed`. */
export const statementDefaults = {
  /** Statement timeout of PostgreSQL. */
  statementTimeoutMs: 3_500,
  /** Tries of a transaction after a deadlock or a serialization failure. */
  transactionTriesMax: 5,
} as const
