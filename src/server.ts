import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createFactsReader } from './access/facts.ts'
import { createRateChore, createRates } from './access/rates.ts'
import { accountDeletionChore } from './account/deletion/service.ts'
import { exportChore } from './account/export/service.ts'
import { guestChore, guestsAwayChore } from './account/guests/service.ts'
import { retentionChore } from './account/retention/service.ts'
import { schema } from './api/schema.ts'
import { createAuth } from './auth/auth.ts'
import { type Config, limits } from './config/config.ts'
import { mediaLimits } from './config/media.ts'
import { startChores } from './database/chores.ts'
import type { Database } from './database/client.ts'
import { explainStart } from './database/start-faults.ts'
import { type Feed, startFeed } from './feed/feed.ts'
import type { Notifier } from './feed/notify/notifier.ts'
import { createPostgresNotifier } from './feed/notify/postgres-notifier.ts'
import { createBlockWatch } from './friends/blocks/block-watch.ts'
import type { ServerParts } from './graphql/context.ts'
import { type ByteAccount, createByteAccount } from './http/byte-account.ts'
import { createAddressOf } from './http/client-address.ts'
import { createConnections } from './http/connections.ts'
import { createDocumentCache } from './http/document-cache.ts'
import { createFastPath } from './http/fast-path.ts'
import { createFilesRoute } from './http/files.ts'
import { createGate } from './http/gate.ts'
import { type GraphiqlContent, graphiqlTabs } from './http/graphiql.ts'
import { createGraphiqlPage } from './http/graphiql-page.ts'
import { createHealthRoute } from './http/health.ts'
import { serveMetrics } from './http/metrics-listener.ts'
import { createOpenStreams } from './http/open-streams.ts'
import { createOperationCounter } from './http/operation-counter.ts'
import { createOperationWatch } from './http/operation-watch.ts'
import { createRootRoute } from './http/root.ts'
import { sendJson } from './http/route.ts'
import { serveHttp } from './http/serve.ts'
import { createTextTurns } from './http/text-turns.ts'
import { createWebPages, webDirectory } from './http/web-pages.ts'
import { createYogaServer } from './http/yoga.ts'
import { formatId } from './input/ids.ts'
import { createStderrLog } from './logs/log.ts'
import { type MediaFiles, openMediaFiles } from './media/files.ts'
import { createMediaRemover, sweepMedia } from './media/sweep.ts'
import { createWatermarks } from './membership/receipts/watermarks.ts'
import { createReceiptWriter } from './membership/receipts/writer.ts'
import { endedMessagesChore } from './messages/ending/service.ts'
import { indexChore } from './messages/search/reindex.ts'
import { createMetrics } from './metrics/metrics.ts'
import { leaseChore, oldVisitsChore } from './presence/service.ts'
import { createPresenceTracker } from './presence/tracker/tracker.ts'
import { createTypingBoard } from './presence/typing/typing-board.ts'
import { deletionChore } from './rooms/deletion/service.ts'
import { describeStart } from './server-description.ts'
import { type Gauged, readGauges } from './server-gauges.ts'
import { type Starting, startDatabase } from './start-database.ts'
import { chooseAvatar } from './users/avatars/service.ts'
import { serveWebSockets } from './websocket/server.ts'

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
  readonly bytes: Pick<ByteAccount, 'figures'>
  /** Stops everything that it started, the embedded PostgreSQL included. */
  close(): Promise<void>
}

/** Parts of a server that callers may replace. */
export interface ServerOverrides {
  log?: Logger
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
  const closers: (() => Promise<unknown>)[] = []
  // stop in reverse order of the start
  const close = async () => {
    while (closers.length > 0) await closers.pop()?.()
  }
  try {
    const metrics = createMetrics()
    const database = await startDatabase(config, { log, closers, metrics, onFatal: overrides.onFatal ?? (() => {}) })
    const feed = await startFeed({
      database,
      notifier: overrides.notifier ?? createNotifier(database, config, log),
      config: config.feed,
      metrics,
      onError: (error) => log.warn({ err: error }, 'the feed had an error and retries'),
    })
    closers.push(() => feed.close())
    const typing = createTypingBoard({ feed, ...limits })
    closers.push(async () => typing.close())
    const auth = createAuth({ database, config, feed, log })
    closers.push(() => auth.close())
    const { db, sql, pool, clock } = database
    const rates = createRates({ pool, preparedStatements: config.preparedStatements, rates: config.rates, metrics })
    const blocks = createBlockWatch({ database, config, feed, log })
    closers.push(() => blocks.close())
    const files = await openMediaFiles(config, sql, clock.now)
    closers.push(async () => files.close())
    const media = { linkTo: files.linkTo, chooseAvatar, removeFiles: createMediaRemover({ files, sql, log }) }
    const receipts = {
      mark: createReceiptWriter(sql, config.feed),
      reachOf: createWatermarks(sql, limits.floorsKeptMax),
    }
    const telling = { sql: database.ownSql, feed, config: config.presence }
    const presenceTracker = createPresenceTracker({
      ...telling,
      counts: metrics.counts,
      onError: (error) => log.warn({ err: error }, 'presence could not be written and is retried'),
    })
    closers.push(() => presenceTracker.close())
    const parts: ServerParts = {
      db,
      sql,
      clock,
      config,
      feed,
      log,
      metrics,
      sessions: auth,
      media,
      blocks,
      rates,
      receipts,
      presenceTracker,
      readFacts: createFactsReader(sql),
    }
    const chores = startChores({
      pool: database.own,
      log,
      metrics,
      chores: [
        { name: 'media', everyMs: mediaLimits.sweepMs, run: (signal) => sweepMedia({ files, sql }, signal) },
        deletionChore(parts),
        accountDeletionChore(parts),
        guestChore(parts),
        endedMessagesChore(parts),
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
    const bytes = createByteAccount({
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
    const { url, open } = await serve({
      ...{ config, log, closers, database, feed, files, parts, auth, bytes, pages },
      graphiql,
    })
    log.info({ ...(await describeStart(config, database.own)), url }, 'the server has started')
    readGauges({ metrics, database, feed, bytes, images: files.images, open })
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

function createNotifier(database: Database, config: Config, log: Logger): Notifier {
  return createPostgresNotifier({
    url: database.url,
    config: config.feed,
    now: database.clock.now,
    onError: (error) => log.warn({ err: error }, 'a notification connection failed and is reopened'),
    onPolling: () =>
      log.warn('Notifications of PostgreSQL do not arrive, as behind a pooler in transaction mode: polling instead.'),
  })
}

interface Serving extends Starting {
  config: Config
  database: Database
  feed: Feed
  files: MediaFiles
  parts: ServerParts
  auth: ReturnType<typeof createAuth>
  bytes: ByteAccount
  graphiql: () => GraphiqlContent
  pages: string
}

async function serve(serving: Serving): Promise<{ url: string; open: Gauged['open'] }> {
  const { config, log, closers, database, feed, files, parts, auth, bytes, graphiql, pages } = serving
  const authenticate = async (token: string) => {
    const viewer = await auth.authenticate(token)
    parts.presenceTracker.touch(viewer.userId)
    return viewer
  }
  const addressOf = createAddressOf(config.edge.trustedProxies)
  const connections = createConnections(config.edge)
  const streams = createOpenStreams(connections, addressOf)
  const documents = createDocumentCache()
  const { metrics } = parts
  const counter = createOperationCounter({ ...config.edge, metrics })
  const watch = createOperationWatch({ schema, metrics, log })
  const waitForTurn = createTextTurns(documents, counter)
  const gate = createGate(config, log)
  const graphql = createYogaServer({
    ...{ schema, parts, config, log, authenticate, addressOf },
    ...{ connections, streams, counter, documents, waitForTurn, watch },
  })
  let draining = false
  let refusing = false
  const http = await serveHttp(config, {
    connections,
    streams,
    bytes,
    gate,
    metrics,
    graphql: createFastPath({ graphql, parts, config, log, authenticate, addressOf, counter, waitForTurn, watch }),
    routes: [
      createHealthRoute({ database, feed, isDraining: () => draining }),
      createFilesRoute({ files, sql: database.sql, feed, metrics, config, log, addressOf }),
      (request, response) => {
        if (request.url !== '/.well-known/jwks.json') return false
        auth.jwks().then(
          (keys) => sendJson(response, 200, keys),
          () => sendJson(response, 503, { error: 'The database cannot be reached.' }),
        )
        return true
      },
      ...(config.graphiql ? [createGraphiqlPage(graphiql)] : []),
      ...(config.web ? [createWebPages({ media: config.media, directory: pages })] : []),
      createRootRoute(config),
    ],
  })
  const { server } = http
  const sockets = serveWebSockets({
    server,
    bytes,
    isBusy: http.isBusy,
    graphql,
    parts,
    sessions: auth,
    config,
    log,
    // sockets are recorded when they sign in
    authenticate: auth.authenticate,
    addressOf,
    connections,
    waitForTurn,
    watch,
    gate,
    isDraining: () => refusing,
  })
  closers.push(async () => {
    draining = true
    // proxies see the unready state before requests are refused
    if (config.edge.unreadyMs > 0) await wait(config.edge.unreadyMs)
    refusing = true
    http.refuse()
    await sockets.close()
    await http.close()
  })
  return { url: http.url, open: () => ({ sse: streams.size(), websocket: sockets.size() }) }
}
