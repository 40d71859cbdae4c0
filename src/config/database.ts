// The numbers of the database that Kabar brings along, and of migrations: a part of config.ts.

/** Times and bounds of the embedded PostgreSQL. */
export const embeddedLimits = {
  /** It is ready by then, or has failed: crash recovery replays up to 1 GB of log before the database opens. */
  startMs: 300_000,
  /** A start that finds its port taken, or the memory of a killed PostgreSQL, is tried so often. */
  startTriesMax: 5,
  /** A fast shutdown ends every session and writes a checkpoint. */
  fastStopMs: 20_000,
  /** An immediate one writes nothing, and is recovered later. */
  immediateStopMs: 5_000,
  /** Sessions of a killed server end as soon as their running query does. */
  sessionsEndMs: 2_000,
  /** What is waited for is looked at this often. */
  pollMs: 25,
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
