import { setTimeout as wait } from 'node:timers/promises'
import pino, { type Logger } from 'pino'
import { createFactsReader } from './access/facts.ts'
import { createRateChore, createRates } from './access/rates.ts'
import { accountDeletionChore } from './account/deletion.ts'
import { exportChore } from './account/export.ts'
import { retentionChore } from './account/retention.ts'
import { createAuth } from './auth/authority.ts'
import { mediaLimits } from './config/media.ts'
import { type Config, limits } from './config.ts'
import { startChores } from './database/chores.ts'
import { type Database, openDatabase } from './database/client.ts'
import { warnOfDataLoss } from './database/durability.ts'
import { startEmbeddedPostgres } from './database/embedded.ts'
import { migrate } from './database/migrate.ts'
import type { Doorbell } from './feed/doorbell.ts'
import { type Feed, startFeed } from './feed/feed.ts'
import { createPostgresDoorbell } from './feed/listener.ts'
import { createBlockWatch } from './friends/watch.ts'
import type { ServerParts } from './graphql/context.ts'
import { formatId } from './graphql/ids.ts'
import { schema } from './graphql/schema.ts'
import { createAddressOf } from './http/address.ts'
import { createDirectWay } from './http/direct.ts'
import { type GraphiqlTab, graphiqlTabs } from './http/graphiql.ts'
import { createGraphiqlPage } from './http/graphiql-page.ts'
import { createHealthRoute } from './http/health.ts'
import { createMediaRoute } from './http/media.ts'
import { createConnections } from './http/quotas.ts'
import { sendJson } from './http/route.ts'
import { serveHttp } from './http/serve.ts'
import { createWebPages, webDirectory } from './http/web-pages.ts'
import { serveWebSockets } from './http/websocket.ts'
import { createGraphQLServer } from './http/yoga.ts'
import { chooseAvatar } from './media/avatars.ts'
import { type MediaFiles, openMediaFiles } from './media/files.ts'
import { createRemover, sweepMedia } from './media/sweep.ts'
import { createFloors } from './membership/floors.ts'
import { createMarker } from './membership/marks.ts'
import { createAttendance } from './presence/leases.ts'
import { leaseChore, oldVisitsChore } from './presence/service.ts'
import { createTypingBoard } from './presence/typing.ts'
import { deletionChore } from './rooms/deletion.ts'

/** A running server. */
export interface KabarServer {
  /** Where it is reached, such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** Its parts, for commands that run beside it. */
  readonly parts: ServerParts
  readonly database: Database
  /** Stops everything that it started, the embedded PostgreSQL included. */
  close(): Promise<void>
}

/** What a caller may put in the place of a server's own parts. */
export interface ServerOverrides {
  log?: Logger
  /** Carries rings instead of PostgreSQL's notifications. */
  doorbell?: Doorbell
  /** Where the pages are built. */
  webDirectory?: string
  /** What GraphiQL opens with, asked each time. */
  graphiqlTabs?: () => readonly GraphiqlTab[]
  /** Called when the embedded PostgreSQL ends by itself: the server cannot go on. */
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
      doorbell: overrides.doorbell ?? createDoorbell(database, config, log),
      config: config.feed,
      onError: (error) => log.warn({ err: error }, 'the feed had a fault and tries again'),
    })
    closers.push(() => feed.close())
    const typing = createTypingBoard({ feed, ...limits })
    closers.push(async () => typing.close())
    const auth = createAuth({ database, config, feed, log })
    closers.push(() => auth.close())
    const { db, sql, pool } = database
    const rates = createRates({ ...config, pool })
    const blocks = createBlockWatch({ database, config, feed, log })
    closers.push(() => blocks.close())
    const files = await openMediaFiles(config, sql)
    closers.push(async () => files.close())
    const media = { linkTo: files.linkTo, chooseAvatar, removeFiles: createRemover({ files, sql, log }) }
    const receipts = { mark: createMarker(sql, config.feed), reachOf: createFloors(sql, limits.floorsKeptMax) }
    const telling = { sql: database.ownSql, feed, config: config.presence }
    const attendance = createAttendance({
      ...telling,
      onError: (error) => log.warn({ err: error }, 'who is here could not be written; this is tried again'),
    })
    closers.push(() => attendance.close())
    const parts: ServerParts = {
      db,
      sql,
      config,
      feed,
      log,
      sessions: auth,
      media,
      blocks,
      rates,
      receipts,
      attendance,
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
    const pages = overrides.webDirectory ?? webDirectory
    const url = await serve({ config, log, closers, database, feed, files, parts, auth, graphiqlTabs: tabs, pages })
    return { url, parts, database, close }
  } catch (error) {
    await close()
    throw error
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
      onExit: (reason) => onFatal(new Error(`The embedded PostgreSQL ended: ${reason}`)),
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
  await warnOfDataLoss(database.pool, log)
  return database
}

function createDoorbell(database: Database, config: Config, log: Logger): Doorbell {
  return createPostgresDoorbell({
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
  graphiqlTabs: () => readonly GraphiqlTab[]
  pages: string
}

async function serve(serving: Serving): Promise<string> {
  const { config, log, closers, database, feed, files, parts, auth, graphiqlTabs, pages } = serving
  const authenticate = async (token: string) => {
    const viewer = await auth.authenticate(token)
    parts.attendance.touch(viewer.userId)
    return viewer
  }
  const addressOf = createAddressOf(config.edge.trustedProxies)
  const connections = createConnections(config.edge)
  const graphql = createGraphQLServer({
    schema,
    parts,
    config,
    log,
    authenticate,
    addressOf,
    connections,
  })
  let draining = false
  let refusing = false
  const http = await serveHttp(config, {
    connections,
    addressOf,
    graphql: createDirectWay({ graphql, parts, config, authenticate, addressOf }),
    routes: [
      createHealthRoute({ database, feed, isDraining: () => draining }),
      createMediaRoute({ files, sql: database.sql, feed, config, log, addressOf }),
      (request, response) => {
        if (request.url !== '/.well-known/jwks.json') return false
        auth.jwks().then(
          (keys) => sendJson(response, 200, keys),
          () => sendJson(response, 503, { error: 'The database cannot be reached.' }),
        )
        return true
      },
      ...(config.graphiql ? [createGraphiqlPage(graphiqlTabs)] : []),
      ...(config.web ? [createWebPages({ media: config.media, directory: pages })] : []),
    ],
  })
  const { server } = http
  const sockets = serveWebSockets({
    server,
    graphql,
    parts,
    sessions: auth,
    config,
    log,
    // a socket that comes is noted when it is let in
    authenticate: auth.authenticate,
    addressOf,
    connections,
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
