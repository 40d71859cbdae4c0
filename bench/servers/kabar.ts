// Kabar as it is started in production.

import pg from 'pg'
import { pino } from 'pino'
import { WebSocketServer } from 'ws'
import { readConfig } from '../../src/config/config.ts'
import { startServer } from '../../src/server.ts'
import { serve } from './serve.ts'
import { countStatements } from './statements.ts'

const socketServers = new Set<WebSocketServer>()

/** Remembers the server of WebSockets, which Kabar keeps to itself, so that it can be told to drop them all. */
function findSocketServer(): void {
  const { handleUpgrade } = WebSocketServer.prototype
  WebSocketServer.prototype.handleUpgrade = function (...args) {
    socketServers.add(this)
    return handleUpgrade.apply(this, args)
  }
}

findSocketServer()
await serve(async ({ databaseUrl, poolSize, env = {} }) => {
  const statements = countStatements(pg)
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: String(poolSize),
    PORT: '0',
    NODE_ENV: 'production',
    ACCESS_TOKEN_SECONDS: '86400',
    // a few clients stand for many users
    SOCKETS_PER_ADDRESS: '0',
    SENDS_PER_10_SECONDS: '0',
    RATE_LIMITS: 'false',
    // peers tell nothing either
    SYSTEM_MESSAGES: 'false',
    ...env,
  })
  const edge = { ...config.edge, socketsPerUserMax: Infinity }
  const { url, metricsUrl } = await startServer({ ...config, edge }, { log: pino({ level: 'fatal' }) })
  return {
    url,
    metricsUrl,
    statements,
    drop() {
      for (const { clients } of socketServers) for (const socket of clients) socket.close(1012)
    },
  }
})
