// Where commands find the database: the same one as `npm start` with the same settings, also while that is running.

import { type Config, readConfig } from '../config.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded.ts'
import { type KabarServer, startServer } from '../server.ts'

/**
 * Gives the URL of the database for as long as the work takes.
 *
 * It is that of DATABASE_URL, of the PostgreSQL that a running server embeds, or else of one that is started for this.
 *
 * @throws StartError
 */
export async function withPostgres<T>(
  config: Pick<Config, 'databaseUrl' | 'dataDirectory'>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const url = config.databaseUrl ?? (await findEmbeddedPostgres(config.dataDirectory))
  if (url !== null) return work(url)
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDirectory })
  const stop = () => void embedded.close().finally(() => process.exit(1))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, stop)
  try {
    return await work(embedded.url)
  } finally {
    for (const signal of signals) process.off(signal, stop)
    await embedded.close()
  }
}

/**
 * Starts a server that nobody is told of, and stops it after the work.
 *
 * What it changes reaches the clients of all other servers.
 *
 * @throws ConfigError, StartError
 */
export function withServer<T>(
  work: (server: KabarServer) => Promise<T>,
  settings: Pick<Partial<Config>, 'accessTokenSeconds'> = {},
): Promise<T> {
  const config = readConfig()
  return withPostgres(config, async (databaseUrl) => {
    // it has no clients that would have to hear of its end
    const edge = { ...config.edge, unreadyMs: 0, closeSpreadMs: 0 }
    const server = await startServer({ ...config, ...settings, edge, databaseUrl, host: '127.0.0.1', port: 0 })
    try {
      return await work(server)
    } finally {
      await server.close()
    }
  })
}
