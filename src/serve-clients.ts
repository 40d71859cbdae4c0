// Serves clients over HTTP and WebSockets.

import { schema } from './api/schema.ts'
import type { createAuth } from './auth/auth.ts'
import type { Config } from './config/config.ts'
import { operationLimits } from './config/http.ts'
import type { Database } from './database/client.ts'
import type { Feed } from './feed/feed.ts'
import type { ServerParts } from './graphql/context.ts'
import { createLoopLag } from './health/loop-lag.ts'
import { createReadinessCheck } from './health/readiness.ts'
import { findCaller } from './http/caller.ts'
import { createAddressOf } from './http/client-address.ts'
import { createConnections } from './http/connections.ts'
import { createDocumentCache } from './http/document-cache.ts'
import { createFairScheduler } from './http/fair-scheduler.ts'
import { createFastPath } from './http/fast-path.ts'
import { createFilesRoute } from './http/files.ts'
import { createGate } from './http/gate.ts'
import { createGraphiqlPage } from './http/graphiql-page.ts'
import type { GraphiqlContent } from './http/graphiql-tabs.ts'
import { createGraphQLEngine } from './http/graphql-engine.ts'
import { createHealthRoute } from './http/health.ts'
import { createOpenStreams } from './http/open-streams.ts'
import { createOperationCounter } from './http/operation-counter.ts'
import { createOperationWatch } from './http/operation-watch.ts'
import { createParseQueue } from './http/parse-queue.ts'
import { readyDocuments } from './http/ready-documents.ts'
import { createRootRoute } from './http/root.ts'
import { sendJson } from './http/route.ts'
import { serveHttp } from './http/serve.ts'
import { readTrustedDocuments } from './http/trusted-documents.ts'
import type { UnsentBytes } from './http/unsent-bytes.ts'
import { createWebPages } from './http/web-pages.ts'
import { createYogaServer } from './http/yoga.ts'
import type { MediaFiles } from './media/files.ts'
import { isOperator } from './operators/access.ts'
import type { Gauged } from './server-gauges.ts'
import type { Starting } from './start-database.ts'
import { createClientStop } from './stop.ts'
import type { Tracing } from './tracing/tracing.ts'
import { serveWebSockets } from './websocket/server.ts'

/** The parts of a server that clients reach. */
interface Serving extends Starting {
  config: Config
  database: Database
  feed: Feed
  files: MediaFiles
  parts: ServerParts
  auth: ReturnType<typeof createAuth>
  bytes: UnsentBytes
  tracing: Tracing | null
  graphiql: () => GraphiqlContent
  pages: string
}

/** Serves GraphQL over HTTP, SSE and WebSocket, files, pages and health checks. */
export async function serveClients(serving: Serving): Promise<{ url: string; open: Gauged['open'] }> {
  const { config, log, closers, database, feed, files, parts, auth, bytes, graphiql, pages } = serving
  const authenticate = async (token: string) => {
    const viewer = await auth.authenticate(token)
    parts.presenceTracker.touch(viewer.userId)
    return viewer
  }
  const addressOf = createAddressOf(config.edge.trustedProxies)
  const connections = createConnections(config.edge)
  const streams = createOpenStreams(connections, addressOf)
  const trusted = await readTrustedDocuments(config.documents)
  const documents = createDocumentCache(operationLimits.keptTextMax, trusted.pinned)
  const { metrics } = parts
  const counter = createOperationCounter({ ...config.edge, metrics })
  const watch = createOperationWatch({ schema, metrics, log, refusals: parts.refusals, tracing: serving.tracing })
  const takeTurn = createFairScheduler()
  const waitForTurn = createParseQueue(documents, counter, takeTurn)
  const gate = createGate(config, log)
  const engine = createGraphQLEngine({ schema, config, counter, documents, takeTurn, trusted })
  readyDocuments(engine, trusted)
  const graphql = createYogaServer({
    ...{ schema, parts, config, log, authenticate, addressOf },
    ...{ connections, streams, counter, engine, waitForTurn, watch, trusted },
  })
  const { isDraining, isRefusing, letGo } = createClientStop(config.edge)
  const loopLag = createLoopLag()
  closers.push(async () => loopLag.close())
  const checkReadiness = createReadinessCheck({
    ...{ database, feed, replica: parts.replica, metrics, loopLag, config, isDraining },
  })
  const http = await serveHttp(config, {
    connections,
    streams,
    bytes,
    gate,
    metrics,
    graphql: createFastPath({
      graphql,
      engine,
      schema,
      parts,
      config,
      log,
      authenticate,
      addressOf,
      counter,
      waitForTurn,
      watch,
      trusted,
    }),
    routes: [
      createHealthRoute({
        checkReadiness,
        isOperator: async ({ headers: { authorization = null } }) => {
          const caller = await findCaller(auth.authenticate, {
            authorization,
            userAgent: null,
            address: null,
            reachedAt: null,
          })
          return isOperator({ db: database.db, viewer: caller.viewer })
        },
      }),
      createFilesRoute({ files, database, feed, metrics, config, log, addressOf }),
      (request, response) => {
        if (request.url !== '/.well-known/jwks.json') return false
        auth.jwks().then(
          (keys) => sendJson(response, 200, keys),
          () => sendJson(response, 503, { error: 'The database cannot be reached.' }),
        )
        return true
      },
      ...(config.graphiql ? [createGraphiqlPage(graphiql)] : []),
      ...(config.web ? [createWebPages({ ...config, directory: pages })] : []),
      createRootRoute(config),
    ],
  })
  const { server } = http
  const sockets = serveWebSockets({
    server,
    bytes,
    isBusy: http.isBusy,
    engine,
    schema,
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
    trusted,
    gate,
    isDraining: isRefusing,
  })
  closers.push(() => letGo({ http, sockets }))
  return { url: http.url, open: () => ({ sse: streams.size(), websocket: sockets.size() }) }
}
