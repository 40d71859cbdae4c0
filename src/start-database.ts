import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import { databaseLimits } from './config/database.ts'
import { type Database, openDatabase } from './database/client.ts'
import { watchClock } from './database/clock.ts'
import { warnOfDataLoss } from './database/durability.ts'
import { migrate } from './database/migrations/migrate.ts'
import type { AnsweredStatement } from './database/statements.ts'
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Closers } from './stop.ts'

/** Parts that a starting server hands to each step. */
export interface Starting {
  readonly log: Logger
  readonly closers: Closers
}

/**
 * Opens the configured database, up to date and with a measured clock.
 *
 * Starts the embedded PostgreSQL when no DATABASE_URL is set.
 *
 * @param onFatal called when the embedded PostgreSQL has ended and cannot be restarted.
 * @throws StartError
 */
export async function startDatabase(
  config: Config,
  { log, closers, metrics, onFatal }: Starting & { metrics: Metrics; onFatal: (error: Error) => void },
): Promise<Database> {
  let url = config.databaseUrl
  if (url === null) {
    const embedded = await startEmbeddedPostgres({
      dataDir: config.dataDirectory,
      log: (line) => log.debug({ postgres: line }, 'PostgreSQL log'),
      onLost: (reason) => log.warn({ reason }, 'the embedded PostgreSQL has exited and is being restarted'),
      onBack: () => log.warn('the embedded PostgreSQL is running again'),
      onExit: (reason) => onFatal(new Error(`The embedded PostgreSQL has exited, so Kabar stops: ${reason}`)),
    })
    closers.push(() => embedded.close())
    url = embedded.url
  }
  const applied = await migrate({ url, warn: (message) => log.warn(message) })
  if (applied.length > 0) log.info({ migrations: applied }, 'migrations were applied')
  const database = openDatabase({
    url,
    poolSize: config.databasePoolSize,
    statementTimeoutMs: config.feed.statementTimeoutMs,
    preparedStatements: config.preparedStatements,
    onError: ({ message }) => log.warn({ reason: message }, 'a connection to PostgreSQL was lost'),
    onStatement: (statement) => noteStatement(statement, { log, metrics }),
  })
  closers.push(() => database.close())
  await database.clock.measure()
  const watching = watchClock({ clock: database.clock, onChange: (change) => tellOfClock(log, change) })
  closers.push(() => watching.close())
  await warnOfDataLoss(database.pool, log)
  return database
}

function noteStatement(
  { name, ms, errorClass }: AnsweredStatement,
  { log, metrics }: { log: Logger; metrics: Metrics },
): void {
  metrics.observe('pg_seconds', { statement: name }, ms / 1_000)
  if (errorClass !== null) metrics.add('pg_errors_total', { class: errorClass })
  if (ms > databaseLimits.slowStatementMs) log.info({ statement: name, ms: Math.round(ms) }, 'a slow statement')
}

function tellOfClock(log: Logger, { isOff, aheadMs }: { isOff: boolean; aheadMs: number }): void {
  const where = `${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} PostgreSQL`
  if (isOff) {
    log.warn(
      { aheadMs },
      `The clock of this machine is ${where}. Tokens and deadlines use PostgreSQL’s clock: correct this one.`,
    )
  } else log.info({ aheadMs }, `The clock of this machine is correct again: ${where}.`)
}
