import { setTimeout as wait } from 'node:timers/promises'
import pino, { type Logger } from 'pino'
import { createFactsReader } from './access/facts.ts'
import { createRateChore, createRates } from './access/rates.ts'
import { accountDeletionChore } from './account/deletion/service.ts'
import { exportChore } from './account/export/service.ts'
import { retentionChore } from './account/retention/service.ts'
import { schema } from './api/schema.ts'
import { createAuth } from './auth/auth.ts'
import { type Config, limits } from './config/config.ts'
import { mediaLimits } from './config/media.ts'
import { startChores } from './database/chores.ts'
import { type Database, openDatabase } from './database/client.ts'
import { watchClock } from './database/clock.ts'
import { warnOfDataLoss } from './database/durability.ts'
import { migrate } from './database/migrations/migrate.ts'
import { explainStart } from './database/start-faults.ts'
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts'
import { type Feed, startFeed } from './feed/feed.ts'
import type { Notifier } from './feed/notify/notifier.ts'
import { createPostgresNotifier } from './feed/notify/postgres-notifier.ts'
import { createBlockWatch } from './friends/blocks/block-watch.ts'
import type { ServerParts } from './graphql/context.ts'
import { type ByteAccount, createByteAccount } from './http/byte-account.ts'
import { createAddressOf } from './http/client-address.ts'
import { createDocumentCache } from './http/document-cache.ts'
import { createFastPath } from './http/fast-path.ts'
import { createFilesRoute } from './http/files.ts'
import { createGate } from './http/gate.ts'
import { type GraphiqlTab, graphiqlTabs } from './http/graphiql.ts'
import { createHealthRoute } from './http/health.ts'
import { createConnections, createOperationCounter } from './http/quotas.ts'
import { createRootRoute } from './http/root.ts'
import { sendJson } from './http/route.ts'
import { serveHttp } from './http/serve.ts'
import { createTextTurns } from './http/text-turns.ts'
import { createYogaServer } from './http/yoga.ts'
import { formatId } from './input/ids.ts'
import { type MediaFiles, openMediaFiles } from './media/files.ts'
import { createMediaRemover, sweepMedia } from './media/sweep.ts'
import { createWatermarks } from './membership/receipts/watermarks.ts'
import { createReceiptWriter } from './membership/receipts/writer.ts'
import { leaseChore, oldVisitsChore } from './presence/service.ts'
import { createPresenceTracker } from './presence/tracker/tracker.ts'
import { createTypingBoard } from './presence/typing/typing-board.ts'
import { deletionChore } from './rooms/deletion/service.ts'
import { chooseAvatar } from './users/avatars/service.ts'
import { serveWebSockets } from './websocket/server.ts'

/** A running server. */
export interface KabarServer {
  /** Where it is reached, such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** Its parts, for commands that run beside it. */
  readonly parts: ServerParts
  readonly database: Database
  /** The unsent bytes of its connections. */
  readonly bytes: Pick<ByteAccount, 'figures'>
  /** Stops everything that it started, the embedded PostgreSQL included. */
  close(): Promise<void>
}

/** What a caller may put in the place of a server's own parts. */
export interface ServerOverrides {
  log?: Logger
  /** Carries rings instead of PostgreSQL's notifications. */
  notifier?: Notifier
  /** What GraphiQL opens with, asked each time. */
  graphiqlTabs?: () => readonly GraphiqlTab[]
  /** Called when the embedded PostgreSQL has ended and does not start again: the server cannot go on. */
  onFatal?: (error: Error) => void
}

/**
 * Starts a server: the only place that wires its parts together.
 *
 * @throws StartError when something on this machine is in the way, with what to do about it.
 */
export async function startServer(config: Config, overrides: ServerOverrides = {}): Promise<KabarServer> {
  const log = overrides.log ?? pino({ name: 'kabar', level: config.logLevel }, pino.destination({ fd: 2, sync: true }))
  const closers: (() => Promise<unknown>)[] = []
  // what was started last is stopped first
  const close = async () => {
    while (closers.length > 0) await closers.pop()?.()
  }
  try {
    const database = await startDatabase(config, { log, closers, onFatal: overrides.onFatal ?? (() => {}) })
    const feed = await startFeed({
      database,
      notifier: overrides.notifier ?? createNotifier(database, config, log),
      config: config.feed,
      onError: (error) => log.warn({ err: error }, 'the feed had a fault and tries again'),
    })
    closers.push(() => feed.close())
    const typing = createTypingBoard({ feed, ...limits })
    closers.push(async () => typing.close())
    const auth = createAuth({ database, config, feed, log })
    closers.push(() => auth.close())
    const { db, sql, pool, clock } = database
    const rates = createRates({ ...config, pool })
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
      onError: (error) => log.warn({ err: error }, 'who is here could not be written; this is tried again'),
    })
    closers.push(() => presenceTracker.close())
    const parts: ServerParts = {
      db,
      sql,
      clock,
      config,
      feed,
      log,
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
      chores: [
        { name: 'media', everyMs: mediaLimits.sweepMs, run: (signal) => sweepMedia({ files, sql }, signal) },
        deletionChore(parts),
        accountDeletionChore(parts),
        retentionChore(parts),
        exportChore({ ...parts, files, formatId }),
        createRateChore(pool),
        leaseChore(telling),
        oldVisitsChore({ sql, days: config.visitsDays, everyMs: config.presence.oldVisitsEveryMs }),
      ],
    })
    closers.push(() => chores.close())
    const tabs = overrides.graphiqlTabs ?? (() => graphiqlTabs)
    const bytes = createByteAccount({
      connectionBytesMax: config.feed.socketBufferBytesMax,
      serverBytesMax: config.edge.unsentBytesMax,
      stallMs: config.feed.stallMs,
      checkMs: Math.min(config.edge.unsentCheckMs, config.feed.stallMs),
    })
    closers.push(async () => bytes.close())
    const url = await serve({ config, log, closers, database, feed, files, parts, auth, bytes, graphiqlTabs: tabs })
    return { url, parts, database, bytes, close }
  } catch (error) {
    await close()
    throw explainStart(error, config)
  }
}

interface Starting {
  log: Logger
  closers: (() => Promise<unknown>)[]
}

async function startDatabase(
  config: Config,
  { log, closers, onFatal }: Starting & { onFatal: (error: Error) => void },
): Promise<Database> {
  let url = config.databaseUrl
  if (url === null) {
    const embedded = await startEmbeddedPostgres({
      dataDir: config.dataDirectory,
      log: (line) => log.debug({ postgres: line }, 'PostgreSQL says'),
      onLost: (reason) => log.warn({ reason }, 'the embedded PostgreSQL has ended and is started again'),
      onBack: () => log.warn('the embedded PostgreSQL runs again'),
      onExit: (reason) => onFatal(new Error(`The embedded PostgreSQL has ended, so Kabar stops: ${reason}`)),
    })
    closers.push(() => embedded.close())
    url = embedded.url
  }
  const applied = await migrate({ url, warn: (message) => log.warn(message) })
  if (applied.length > 0) log.info({ migrations: applied }, 'the database was brought up to date')
  const database = openDatabase({
    url,
    poolSize: config.databasePoolSize,
    statementTimeoutMs: config.feed.statementTimeoutMs,
    preparedStatements: config.preparedStatements,
    onError: ({ message }) => log.warn({ reason: message }, 'a connection to PostgreSQL was lost'),
  })
  closers.push(() => database.close())
  await database.clock.measure()
  const watching = watchClock({ clock: database.clock, onChange: (change) => tellOfClock(log, change) })
  closers.push(() => watching.close())
  await warnOfDataLoss(database.pool, log)
  return database
}

function tellOfClock(log: Logger, { isOff, aheadMs }: { isOff: boolean; aheadMs: number }): void {
  const where = `${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} PostgreSQL`
  if (isOff) {
    log.warn({ aheadMs }, `The clock of this machine is ${where}. Tokens and deadlines go by PostgreSQL: set it right.`)
  } else log.info({ aheadMs }, `The clock of this machine is right again: ${where}.`)
}

function createNotifier(database: Database, config: Config, log: Logger): Notifier {
  return createPostgresNotifier({
    url: database.url,
    config: config.feed,
    onError: (error) => log.warn({ err: error }, 'a notification connection failed and is made anew'),
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
  graphiqlTabs: () => readonly GraphiqlTab[]
}

async function serve(serving: Serving): Promise<string> {
  const { config, log, closers, database, feed, files, parts, auth, bytes, graphiqlTabs } = serving
  const authenticate = async (token: string) => {
    const viewer = await auth.authenticate(token)
    parts.presenceTracker.touch(viewer.userId)
    return viewer
  }
  const addressOf = createAddressOf(config.edge.trustedProxies)
  const connections = createConnections(config.edge)
  const documents = createDocumentCache()
  const counter = createOperationCounter(config.edge)
  const waitForTurn = createTextTurns(documents, counter)
  const gate = createGate(config, log)
  const graphql = createYogaServer({
    ...{ schema, parts, config, log, authenticate, addressOf },
    ...{ connections, counter, documents, waitForTurn, graphiqlTabs },
  })
  let draining = false
  let refusing = false
  const http = await serveHttp(config, {
    connections,
    bytes,
    addressOf,
    gate,
    graphql: createFastPath({ graphql, parts, config, log, authenticate, addressOf, counter, waitForTurn }),
    routes: [
      createHealthRoute({ database, feed, isDraining: () => draining }),
      createFilesRoute({ files, sql: database.sql, feed, config, log, addressOf }),
      (request, response) => {
        if (request.url !== '/.well-known/jwks.json') return false
        auth.jwks().then(
          (keys) => sendJson(response, 200, keys),
          () => sendJson(response, 503, { error: 'The database cannot be reached.' }),
        )
        return true
      },
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
    // a socket that comes is noted when it is let in
    authenticate: auth.authenticate,
    addressOf,
    connections,
    waitForTurn,
    gate,
    isDraining: () => refusing,
  })
  closers.push(async () => {
    draining = true
    // proxies hear of it before anything is refused
    if (config.edge.unreadyMs > 0) await wait(config.edge.unreadyMs)
    refusing = true
    http.refuse()
    await sockets.close()
    await http.close()
  })
  return http.url
}
