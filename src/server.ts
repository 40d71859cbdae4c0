import type { Logger } from 'pino'
import { createFactsReader } from './access/facts.ts'
import { createRateChore, createRates } from './access/rates.ts'
import { accountDeletionChore } from './account/deletion/service.ts'
import { exportChore } from './account/export/service.ts'
import { guestChore, guestsAwayChore } from './account/guests/service.ts'
import { retentionChore } from './account/retention/service.ts'
import { insertEntries } from './audit/entries.ts'
import { createAuditPrinter } from './audit/print.ts'
import { createRefusals } from './audit/refusals.ts'
import { createAuth } from './auth/auth.ts'
import { systemClock } from './concurrency/clock.ts'
import { type Config, limits } from './config/config.ts'
import { mediaLimits } from './config/media.ts'
import { createBatchedRead } from './database/batched-read.ts'
import { startChores } from './database/chores.ts'
import type { Database } from './database/client.ts'
import { createReplica, type Replica } from './database/read-replica.ts'
import { explainStart } from './database/start-faults.ts'
import { newUuid } from './database/uuid.ts'
import { startFeed } from './feed/feed.ts'
import { chooseTransport } from './feed/notify/choose-transport.ts'
import { createNotifier, type Notifier } from './feed/notify/notifier.ts'
import { createBlockWatch } from './friends/blocks/block-watch.ts'
import type { ServerParts } from './graphql/context.ts'
import { type GraphiqlContent, graphiqlTabs } from './http/graphiql-tabs.ts'
import { serveMetrics } from './http/metrics-listener.ts'
import { createUnsentBytes, type UnsentBytes } from './http/unsent-bytes.ts'
import { webDirectory } from './http/web-pages.ts'
import { formatId } from './input/ids.ts'
import { createStderrLog } from './logs/log.ts'
import { openMediaFiles } from './media/files.ts'
import { createMediaRemover, sweepMedia } from './media/sweep.ts'
import { createWatermarks } from './membership/receipts/watermarks/watermarks.ts'
import { createReceiptWriter } from './membership/receipts/writer.ts'
import { expiredMessagesChore } from './messages/expiry/service.ts'
import { indexChore } from './messages/search/reindex.ts'
import { createMetrics } from './metrics/metrics.ts'
import { leaseChore } from './presence/leases/service.ts'
import { createPresenceTracker } from './presence/tracker/tracker.ts'
import { createTypingBoard } from './presence/typing/typing-board.ts'
import { oldVisitsChore } from './presence/visits/service.ts'
import { deletionChore } from './rooms/deletion/service.ts'
import { serveClients } from './serve-clients.ts'
import { describeStart } from './server-description.ts'
import { readGauges } from './server-gauges.ts'
import { startDatabase } from './start-database.ts'
import { type Closers, stopAll } from './stop.ts'
import { startTracing } from './tracing/start.ts'
import type { Tracing } from './tracing/tracing.ts'
import { chooseAvatar } from './users/avatars/service.ts'

/** A running server. */
export interface KabarServer {
  /** The URL of the server, such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** The URL of its metrics; null when they are not served. */
  readonly metricsUrl: string | null
  /** Its parts, for commands that run beside it. */
  readonly parts: ServerParts
  readonly database: Database
  /** The unsent bytes of its connections. */
  readonly bytes: Pick<UnsentBytes, 'figures'>
  /** Stops everything that it started, the embedded PostgreSQL included. */
  close(): Promise<void>
}

/** Parts of a server that callers may replace. */
export interface ServerOverrides {
  log?: Logger
  /** Records traces instead of the collector of the settings. */
  tracing?: Tracing
  /** Carries rings instead of PostgreSQL's notifications. */
  notifier?: Notifier
  /** The folder of the built pages. */
  webDirectory?: string
  /** Returns what GraphiQL opens with, called for each page. */
  graphiql?: () => GraphiqlContent
  /** Called when the embedded PostgreSQL has exited and cannot be restarted: the server cannot continue. */
  onFatal?: (error: Error) => void
}

/**
 * Starts a server: the only place that wires its parts together.
 *
 * @throws StartError when this machine prevents the start, with what to do about it.
 */
export async function startServer(config: Config, overrides: ServerOverrides = {}): Promise<KabarServer> {
  const log = overrides.log ?? createStderrLog({ level: config.logLevel, isJson: config.production }).log
  const closers: Closers = []
  const close = () => stopAll(closers)
  try {
    const metrics = createMetrics()
    const database = await startDatabase(config, { log, closers, metrics, onFatal: overrides.onFatal ?? (() => {}) })
    const serverId = newUuid()
    const replica = openReplica(database, { config, serverId, log })
    closers.push(async () => replica?.close())
    const tracing = overrides.tracing ?? (await startTracing(config.tracing, log))
    closers.push(async () => tracing?.close())
    const onAudit = config.audit.isPrinted ? createAuditPrinter((line) => process.stdout.write(line)) : () => {}
    const refusals = createRefusals({
      clock: systemClock,
      insert: (entries) => insertEntries(database.ownSql, entries),
      onWritten: onAudit,
      onError: (error) => log.warn({ err: error }, 'refused attempts could not be recorded and are retried'),
    })
    closers.push(() => refusals.close())
    const feed = await startFeed({
      ...{ database, replica },
      notifier: overrides.notifier ?? connectServers(database, config, log),
      config: config.feed,
      metrics,
      tracing,
      onAudit,
      onError: (error) => log.warn({ err: error }, 'the feed had an error and retries'),
    })
    closers.push(() => feed.close())
    const typists = createTypingBoard({ feed, ...limits })
    closers.push(async () => typists.close())
    const auth = createAuth({ database, config, feed, log })
    closers.push(() => auth.close())
    const { db, sql, lookups, pool, clock } = database
    const rates = createRates({ pool, preparedStatements: config.preparedStatements, rates: config.rates, metrics })
    const blocks = createBlockWatch({ database, config, feed, log })
    closers.push(() => blocks.close())
    const files = await openMediaFiles(config, db, clock.now)
    closers.push(async () => files.close())
    const media = { linkTo: files.linkTo, chooseAvatar, removeFiles: createMediaRemover({ files, db, log }) }
    const receipts = {
      mark: createReceiptWriter(sql, config.feed),
      reachOf: createWatermarks(sql, limits.floorsKeptMax),
    }
    const telling = { sql: database.ownSql, feed, config: config.presence }
    const presenceTracker = createPresenceTracker({
      ...telling,
      serverId,
      // its age tells that of the replica
      keepsLease: replica !== null,
      counts: metrics.counts,
      onError: (error) => log.warn({ err: error }, 'presence could not be written and is retried'),
    })
    closers.push(() => presenceTracker.close())
    const parts: ServerParts = {
      db,
      sql,
      lookups,
      replica,
      clock,
      config,
      feed,
      log,
      metrics,
      sessions: auth,
      media,
      blocks,
      rates,
      refusals,
      receipts,
      presenceTracker,
      typists,
      batchedRead: createBatchedRead(sql),
      readFacts: createFactsReader(lookups),
    }
    const chores = startChores({
      pool: database.own,
      log,
      metrics,
      chores: [
        { name: 'media', everyMs: mediaLimits.sweepMs, run: (signal) => sweepMedia({ files, db, sql }, signal) },
        deletionChore(parts),
        accountDeletionChore(parts),
        guestChore(parts),
        expiredMessagesChore(parts),
        guestsAwayChore(parts),
        retentionChore(parts),
        indexChore({ sql }),
        exportChore({ ...parts, files, formatId }),
        createRateChore(pool),
        leaseChore(telling),
        oldVisitsChore({ sql, days: config.visitsDays, everyMs: config.presence.oldVisitsEveryMs }),
      ],
    })
    closers.push(() => chores.close())
    const graphiql = overrides.graphiql ?? (() => ({ tabs: graphiqlTabs }))
    const bytes = createUnsentBytes({
      connectionBytesMax: config.feed.socketBufferBytesMax,
      serverBytesMax: config.edge.unsentBytesMax,
      stallMs: config.feed.stallMs,
      checkMs: Math.min(config.edge.unsentCheckMs, config.feed.stallMs),
      onDrop(reason) {
        metrics.counts.connections_dropped_total[reason] += 1
      },
    })
    closers.push(async () => bytes.close())
    const pages = overrides.webDirectory ?? webDirectory
    const { url, open } = await serveClients({
      ...{ config, log, closers, database, feed, files, parts, auth, bytes, pages, tracing },
      graphiql,
    })
    log.info({ ...(await describeStart(config, database.own)), url }, 'the server has started')
    readGauges({ metrics, config, database, feed, bytes, images: files.images, open })
    const { port: metricsPort, host } = config.metrics
    if (metricsPort === null) return { url, metricsUrl: null, parts, database, bytes, close }
    metrics.watchProcess()
    const listener = await serveMetrics(metrics, { port: metricsPort, host })
    closers.push(() => listener.close())
    return { url, metricsUrl: listener.url, parts, database, bytes, close }
  } catch (error) {
    await close()
    throw explainStart(error, config)
  }
}

function openReplica(
  { clock, onLost }: Database,
  { config, serverId, log }: { config: Config; serverId: string; log: Logger },
): Replica | null {
  if (!config.replica) return null
  const replica = createReplica({
    ...{ config: config.replica, preparedStatements: config.preparedStatements, serverId, clock },
    onChange({ isUsed, reason }) {
      if (isUsed) log.info('The replica answers: pages of history and of catch-ups are read there.')
      else log.warn({ reason }, 'The replica is not used: the primary answers all reads.')
    },
  })
  onLost(replica.suspend)
  return replica
}

function connectServers(database: Database, config: Config, log: Logger): Notifier {
  const transport = chooseTransport({ ...config, databaseUrl: database.url })
  const isBus = config.doorbell.kind !== 'postgres'
  let wasPolling = false
  return createNotifier({
    transport,
    config: config.feed,
    now: database.clock.now,
    onError(error) {
      // a bus may be away for long: when it goes and comes back is said once
      log[isBus ? 'debug' : 'warn']({ err: error }, 'a notification connection failed and is reopened')
    },
    onChange(state, reason) {
      if (state === 'polling') log.warn({ reason }, isBus ? describeBus(transport.name) : noNotifications)
      else if (wasPolling) log.info(`Notifications by ${transport.name} arrive again.`)
      wasPolling = state === 'polling'
    },
  })
}

const describeBus = (name: string) =>
  `Notifications by ${name} do not arrive: the server polls PostgreSQL instead, and messages are up to 250 ms late.`

const noNotifications =
  'Notifications of PostgreSQL do not arrive: the server polls instead. Point DATABASE_URL at PostgreSQL itself, or set DOORBELL_URL to a NATS or Redis.'
