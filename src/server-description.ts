import type pg from 'pg'
import packageJson from '../package.json' with { type: 'json' }
import type { Config } from './config/config.ts'
import { nameDoorbell } from './config/doorbell.ts'

/** Describes a server for its first line in the log. It holds no secrets: settings are named one by one. */
export async function describeStart(config: Config, pool: pg.Pool): Promise<object> {
  const { rows } = await pool.query<{ version: string }>(
    `/* describeStart */ select current_setting('server_version') as version`,
  )
  return {
    version: packageJson.version,
    node: process.versions.node,
    postgres: rows[0]?.version,
    settings: settingsOf(config),
  }
}

function settingsOf(config: Config): object {
  const { production, graphiql, web, logLevel, guests, passwordlessSignIn, databasePoolSize, edge, media, retention } =
    config
  return {
    ...{ production, graphiql, web, logLevel, guests, passwordlessSignIn, databasePoolSize, retention },
    doorbell: nameDoorbell(config.doorbell),
    database: config.databaseUrl === null ? 'embedded' : new URL(config.databaseUrl).host,
    replica: config.replica && new URL(config.replica.url).host,
    rateLimits: config.rates !== null,
    operationsPerMinute: edge.operationsPerMinuteMax,
    trustedProxies: edge.trustedProxies,
    allowedOrigins: config.allowedOrigins,
    publicUrl: media.publicUrl,
    files: media.s3 ? `bucket ${media.s3.bucket}` : 'disk',
    metricsPort: config.metrics.port,
  }
}
