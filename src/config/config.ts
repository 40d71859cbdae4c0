import type { z } from 'zod'
import { type RetentionConfig, readRetentionConfig } from './account.ts'
import { type AuditConfig, readAuditConfig } from './audit.ts'
import { credentialLimits } from './auth.ts'
import { type ReplicaConfig, replicaDefaults } from './database.ts'
import { type DocumentConfig, readDocumentConfig } from './documents.ts'
import { type DoorbellConfig, readDoorbellConfig } from './doorbell.ts'
import { type FeedConfig, feedDefaults } from './feed.ts'
import { pageLimits } from './graphql.ts'
import { type EdgeConfig, type MetricsConfig, readEdgeConfig, requestLimits } from './http.ts'
import { fileLimits, type MediaConfig, readMediaConfig } from './media.ts'
import { membershipLimits } from './membership.ts'
import { messageLimits } from './messages.ts'
import { type PresenceConfig, presenceDefaults, typingLimits } from './presence.ts'
import { type RateConfig, readRateConfig } from './rates.ts'
import { roomSettingLimits } from './rooms.ts'
import { searchQueryLimits } from './search.ts'
import { readTracingConfig, type TracingConfig } from './tracing.ts'
import { userLimits } from './users.ts'
import { variables } from './variables.ts'
import { socketLimits } from './websocket.ts'

/** Limits that are the same on every server, from the files of their folders. Each has a test for one past it. */
export const limits = {
  ...userLimits,
  ...credentialLimits,
  ...roomSettingLimits,
  ...membershipLimits,
  ...messageLimits,
  ...searchQueryLimits,
  ...typingLimits,
  ...fileLimits,
  ...pageLimits,
  ...requestLimits,
  ...socketLimits,
} as const

/** All settings of one server: frozen, and the only source of settings. */
export interface Config {
  /** Null starts the embedded PostgreSQL. */
  readonly databaseUrl: string | null
  readonly databasePoolSize: number
  /** Null when the primary answers all reads. */
  readonly replica: ReplicaConfig | null
  readonly preparedStatements: boolean
  readonly doorbell: DoorbellConfig
  readonly port: number
  readonly host: string
  readonly dataDirectory: string
  readonly allowedOrigins: readonly string[]
  /** In addition to localhost, the machine's host name, the host of PUBLIC_URL, and IP addresses. */
  readonly allowedHosts: readonly string[]
  readonly production: boolean
  readonly graphiql: boolean
  /** True if the web client is served. */
  readonly web: boolean
  /** True if the page `/lab` is among them. It is not in production. */
  readonly lab: boolean
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  readonly guests: boolean
  readonly passwordlessSignIn: boolean
  readonly accessTokenSeconds: number
  readonly sessionDays: number
  /** 0 means without limit. */
  readonly editWindowSeconds: number
  readonly systemMessages: boolean
  readonly roomDeletion: 'owner' | 'nobody'
  readonly media: MediaConfig
  readonly visitsDays: number
  readonly retention: RetentionConfig
  readonly audit: AuditConfig
  readonly tracing: TracingConfig
  readonly documents: DocumentConfig
  readonly feed: FeedConfig
  readonly edge: EdgeConfig
  readonly metrics: MetricsConfig
  /** Null when rate limits are off. */
  readonly rates: RateConfig | null
  readonly presence: PresenceConfig
}

/** Invalid settings. The message lists every error. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the configuration from the environment and freezes it.
 *
 * @throws ConfigError that lists all errors at once.
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const values = parseVariables(env)
  return Object.freeze({
    databaseUrl: values.DATABASE_URL ?? null,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    replica: values.DATABASE_REPLICA_URL ? { url: values.DATABASE_REPLICA_URL, ...replicaDefaults } : null,
    preparedStatements: values.PREPARED_STATEMENTS,
    doorbell: readDoorbellConfig(values),
    port: values.PORT,
    host: values.HOST,
    dataDirectory: values.KABAR_DATA,
    allowedOrigins: values.ALLOWED_ORIGINS,
    allowedHosts: values.ALLOWED_HOSTS,
    production: values.NODE_ENV === 'production',
    // it sends what nobody knows before
    graphiql: (values.GRAPHIQL ?? values.NODE_ENV !== 'production') && values.TRUSTED_DOCUMENTS !== 'only',
    web: values.WEB,
    lab: values.LAB,
    logLevel: values.LOG_LEVEL,
    guests: values.GUESTS,
    passwordlessSignIn: values.PASSWORDLESS_SIGN_IN,
    accessTokenSeconds: values.ACCESS_TOKEN_SECONDS,
    sessionDays: values.SESSION_DAYS,
    editWindowSeconds: values.EDIT_WINDOW_SECONDS,
    systemMessages: values.SYSTEM_MESSAGES,
    roomDeletion: values.ROOM_DELETION,
    media: readMediaConfig(values),
    visitsDays: values.VISITS_DAYS,
    retention: readRetentionConfig(values),
    audit: readAuditConfig(values),
    tracing: readTracingConfig(values),
    documents: readDocumentConfig(values),
    feed: feedDefaults,
    edge: readEdgeConfig(values),
    metrics: { port: values.METRICS_PORT ?? null, host: values.METRICS_HOST },
    rates: readRateConfig(values),
    presence: presenceDefaults,
  })
}

type Values = { [K in keyof typeof variables]: z.output<(typeof variables)[K]['schema']> }

function parseVariables(env: Record<string, string | undefined>): Values {
  const faults: string[] = []
  const entries = Object.entries(variables).map(([name, variable]) => {
    const text = env[name] || variable.default || undefined
    const result = (variable.schema as z.ZodType).safeParse(text)
    if (!result.success) {
      const problems = result.error.issues.map((issue) => issue.message).join(', ')
      const shown = 'isSecret' in variable ? '…' : (text ?? '')
      faults.push(`${name}=${shown}: ${problems} (${variable.description})`)
    }
    const needed = 'needs' in variable && env[name] ? variable.needs : null
    if (needed && !env[needed]) faults.push(`${name} needs ${needed} to be set too`)
    return [name, result.data]
  })
  if (env.LAB === 'true' && env.NODE_ENV === 'production') faults.push('LAB=true is not for NODE_ENV=production')
  if (faults.length > 0) {
    throw new ConfigError(
      `The environment variables have ${faults.length} error(s):\n${faults.map((f) => `  ${f}`).join('\n')}`,
    )
  }
  return Object.fromEntries(entries) as Values
}
