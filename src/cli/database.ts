// Opens the database for commands: the one of `npm start` with the same settings, also while a server is running.

import { createAuditPrinter } from '../audit/print.ts'
import type { OperatorParts } from '../auth/account-commands.ts'
import { type Config, readConfig } from '../config/config.ts'
import { openDatabase } from '../database/client.ts'
import { migrate } from '../database/migrations/migrate.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts'
import type { NewHint } from '../feed/hints/hint-queue.ts'
import { chooseTransport } from '../feed/notify/choose-transport.ts'
import { createNotifySender } from '../feed/notify/notify-sender.ts'
import { createWriter } from '../feed/write.ts'
import type { KabarServer } from '../server.ts'
import { withRecord } from './audit-command.ts'
import type { Action, Asked } from './command.ts'

/**
 * Provides the URL of the database during the work.
 *
 * Uses DATABASE_URL, the embedded PostgreSQL of a running server, or starts the embedded PostgreSQL for the work.
 *
 * @throws StartError
 */
export async function withPostgres<T>(
  config: Pick<Config, 'databaseUrl' | 'dataDirectory' | 'audit'> & { survivesInterrupt?: boolean },
  work: (url: string) => Promise<T>,
): Promise<T> {
  const url = config.databaseUrl ?? (await findEmbeddedPostgres(config.dataDirectory))
  const run = (databaseUrl: string) =>
    withRecord({ url: databaseUrl, isPrinted: config.audit.isPrinted }, () => work(databaseUrl))
  if (url !== null) return run(url)
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDirectory })
  const stop = () => void embedded.close().finally(() => process.exit(1))
  const signals = [...(config.survivesInterrupt ? [] : (['SIGINT'] as const)), 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, stop)
  try {
    return await run(embedded.url)
  } finally {
    for (const signal of signals) process.off(signal, stop)
    await embedded.close()
  }
}

/**
 * Opens the database during the work, after applying migrations.
 *
 * Events written by the work reach the clients of all servers.
 *
 * @throws ConfigError, StartError
 */
export function withDatabase<T>(work: (parts: OperatorParts) => Promise<T>): Promise<T> {
  const config = readConfig()
  const { statementTimeoutMs, transactionTriesMax: triesMax } = config.feed
  const { databasePoolSize: poolSize, preparedStatements } = config
  const onError = ({ message }: Error) => console.error(`A connection to PostgreSQL failed: ${message}`)
  return withPostgres(config, async (url) => {
    await migrate({ url, warn: (message) => console.error(message) })
    const database = openDatabase({ url, poolSize, statementTimeoutMs, preparedStatements, onError })
    const sender = createNotifySender({
      transport: chooseTransport({ ...config, databaseUrl: url }),
      config: config.feed,
      now: database.clock.now,
      sender: 'kabar',
      onError: ({ message }) => console.error(`Servers learn of the change within 5 s, not at once: ${message}`),
    })
    const { db, clock } = database
    try {
      await clock.measure()
      const hint = (given: NewHint) => sender.hint([given])
      const onAudit = config.audit.isPrinted ? createAuditPrinter((line) => process.stderr.write(line)) : () => {}
      const write = createWriter({ db, ring: sender.ring, hint, onAudit, tracing: null, triesMax })
      return await work({ db, clock, config, feed: { write } })
    } finally {
      await sender.close()
      await database.close()
    }
  })
}

/**
 * Starts a private server on a free port, and stops it after the work.
 *
 * Imports the server only here: loading it takes longer than most commands.
 *
 * @throws ConfigError, StartError
 */
export function withServer<T>(work: (server: KabarServer) => Promise<T>): Promise<T> {
  const config = readConfig()
  return withPostgres(config, async (databaseUrl) => {
    // it has no clients to wait for when it stops
    const edge = { ...config.edge, unreadyMs: 0, closeSpreadMs: 0 }
    const { startServer } = await import('../server.ts')
    const server = await startServer({ ...config, edge, databaseUrl, host: '127.0.0.1', port: 0 })
    try {
      return await work(server)
    } finally {
      await server.close()
    }
  })
}

/** Creates an action that works on the database. */
export function onDatabase(
  work: (parts: OperatorParts, given: readonly string[], options: Asked['options']) => Promise<string>,
): Action['run'] {
  return ({ given, options }) => withDatabase((parts) => work(parts, given, options))
}
