import type { z } from 'zod'
import { type RetentionConfig, readRetentionConfig } from './accounts.ts'
import { type AuditConfig, readAuditConfig } from './audit.ts'
import { type ReplicaConfig, replicaDefaults } from './database.ts'
import { type DocumentConfig, readDocumentConfig } from './documents.ts'
import { type DoorbellConfig, readDoorbellConfig } from './doorbell.ts'
import { type FeedConfig, feedDefaults } from './feed.ts'
import { type EdgeConfig, type MetricsConfig, readEdgeConfig } from './http.ts'
import { type MediaConfig, readMediaConfig } from './media.ts'
import { type PresenceConfig, presenceDefaults } from './presence.ts'
import { type RateConfig, readRateConfig } from './rates.ts'
import { readTracingConfig, type TracingConfig } from './tracing.ts'
import { variables } from './variables.ts'

/** Limits that are the same on every server. Each has a test for one past it. */
export const limits = {
  usernameLengthMin: 3,
  usernameLengthMax: 50,
  displayNameLengthMax: 64,
  bioLengthMax: 500,
  passwordLengthMin: 8,
  passwordLengthMax: 256,
  userAgentLengthMax: 256,
  sessionsPerUserMax: 100,
  roomNameLengthMax: 80,
  roomDescriptionLengthMax: 1_000,
  roomPasswordLengthMax: 256,
  slowModeSecondsMax: 21_600,
  inviteCodeLengthMax: 64,
  inviteUsesMax: 1_000,
  inviteDaysMax: 3_650,
  /** Usable invites: not expired, not used up. */
  invitesPerRoomMax: 100,
  /** Rooms whose watermarks a server caches. */
  floorsKeptMax: 10_000,
  /** Members per room that it caches, the slowest ones, both for reading and for receiving. */
  slowestKeptMax: 32,
  banReasonLengthMax: 500,
  banDaysMax: 3_650,
  muteDaysMax: 365,
  membersAddedMax: 100,
  roomMembersMax: 100_000,
  messageLengthMax: 4_000,
  messageBytesMax: 16_384,
  nonceLengthMax: 64,
  /** Users that a message can mention by name or by a reply; further names are plain text. */
  mentionsMax: 20,
  /** Opening brackets of a body that may begin a link when mentions are looked for. */
  linksParsedMax: 100,
  /** Members whose names are in a body, of which those that can be mentioned are found. */
  mentionsLookedAtMax: 100,
  /** Members whom `@everyone` or `@here` notifies: in larger rooms `@everyone` counts as a mention, without an event. */
  groupMentionsMax: 100,
  /** Maximum count of unread mentions in a room: the newest. */
  mentionsCountedMax: 1_000,
  /** Among how many of the newest unread messages own ones, and those by blocked users, are not counted. */
  unreadSiftedMax: 1_000,
  /** Earlier texts that are kept of a message: the latest. */
  editsKeptMax: 100,
  /** Different emojis among the reactions to a message. */
  reactionKindsMax: 50,
  /** Messages that a user saves for themselves. */
  savedMax: 1_000,
  /** Pinned messages of a room. */
  pinnedMax: 50,
  reportReasonLengthMax: 1_000,
  /** Open reports that are counted for operators. */
  openReportsCountedMax: 1_000,
  /** Open reports that the command line lists at once. */
  reportsShownMax: 100,
  /** Minimum similarity of a search and a word of a name, from 0 to 1. */
  nameSimilarityMin: 0.4,
  /** Users that a search scans in order before it uses the trigram index. */
  usersPassedMax: 2_000,
  /** Users with similar names that are sorted. */
  usersAlikeMax: 2_000,
  /** Characters of a search: as long as a link that is searched for. */
  searchLengthMax: 1_000,
  /** Words of a search, and of each phrase in it, that are looked up in the index: the longest. */
  searchLookupsMax: 6,
  /** Rooms of a user that a search over all rooms covers. */
  searchedRoomsMax: 500,
  /** Matches of a search that are read and sorted. With more, the search walks back from the newest message. */
  searchMatchesMax: 5_000,
  /** How far a search walks back before it uses the index: messages passed, and bytes of their words. */
  searchSample: { rowsMax: 10_000, bytesMax: 8 * 1_048_576 },
  /** How far it walks back when the index has too many matches: then the page ends, and the next one continues. */
  searchWalk: { rowsMax: 50_000, bytesMax: 16 * 1_048_576 },
  /** With more messages than this, a sample from positions spread over all of them estimates the number of matches. */
  searchProbe: { messagesMin: 50_000, places: 200 },
  pageSizeDefault: 50,
  pageSizeMax: 100,
  nodesMax: 100,
  /** Time for which a typing notice counts. */
  typingMs: 6_000,
  /** Users that TypingChanged lists. */
  typingUsersMax: 20,
  /** Bytes of an HTTP request body or of a WebSocket frame. */
  requestBytesMax: 256 * 1_024,
  /** Bytes of a WebSocket frame that begins no operation, such as `connection_init` and `ping`. */
  signalBytesMax: 8_192,
  subscriptionsPerSocketMax: 100,
  /** Total characters of the different subscription documents of a user, on sockets of one server. */
  subscriptionTextMax: 65_536,
  /** Characters of the different texts of all subscriptions on sockets of one server. */
  serverSubscriptionTextMax: 1_048_576,
  /** Characters of a subscription's variables as JSON. */
  subscriptionVariablesMax: 2_048,
  /** Characters of a ping payload, as JSON, that the pong repeats. */
  pongPayloadLengthMax: 1_024,
  /** Characters of the id that a client gives an operation on a socket. */
  operationIdLengthMax: 256,
  attachmentsMax: 10,
  mediaNameLengthMax: 255,
  mimeTypeLengthMax: 127,
  /** Pending uploads of one user: created, but not yet received. */
  uploadsPendingMax: 20,
  /** Uploads of one user that are neither an attachment nor an avatar. */
  uploadsUnusedMax: 100,
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
