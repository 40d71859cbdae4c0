import type { z } from 'zod'
import { type RetentionConfig, readRetentionConfig } from './accounts.ts'
import { type EdgeConfig, type RateConfig, readEdgeConfig, readRateConfig } from './edge.ts'
import { type FeedConfig, feedDefaults } from './feed.ts'
import { type MediaConfig, readMediaConfig } from './media.ts'
import { type PresenceConfig, presenceDefaults } from './presence.ts'
import { variables } from './variables.ts'

/** Bounds that hold for every server: each with a test for one past it. */
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
  /** Those that still let somebody in. */
  invitesPerRoomMax: 100,
  /** The rooms of which a server remembers who has come least far. */
  floorsKeptMax: 10_000,
  /** So many of these it remembers, of reading and of receiving. */
  slowestKeptMax: 32,
  banReasonLengthMax: 500,
  banDaysMax: 3_650,
  muteDaysMax: 365,
  membersAddedMax: 100,
  roomMembersMax: 100_000,
  messageLengthMax: 4_000,
  messageBytesMax: 16_384,
  nonceLengthMax: 64,
  /** The users that a message mentions; further names are plain text. */
  mentionsMax: 20,
  /** The unread mentions of a room that are counted: the newest. */
  mentionsCountedMax: 1_000,
  /** What a message said before: the last so many times. */
  editsKeptMax: 100,
  /** The different emojis that a message is reacted to with. */
  reactionKindsMax: 50,
  /** The pinned messages of a room. */
  pinnedMax: 50,
  reportReasonLengthMax: 1_000,
  /** Open reports that the command line shows at once. */
  reportsShownMax: 100,
  /** How alike a search and a word of a name must be, from 0 to 1. */
  nameSimilarityMin: 0.4,
  /** The users that a search passes in their order before it asks the index of parts of names. */
  usersPassedMax: 2_000,
  /** The users whose names are like a text that are put in order. */
  usersAlikeMax: 2_000,
  searchLengthMax: 200,
  /** The rooms of a user that a search over all of them looks into. */
  searchedRoomsMax: 500,
  /** The matches of a search that are read and sorted; where there are more, the search goes back from the newest. */
  searchMatchesMax: 5_000,
  /** How far a search goes back before it asks the index: past so many messages, of which it takes so many apart. */
  searchSample: { rowsMax: 10_000, judgedMax: 500 },
  /** How far it goes back where the index would give too many: then the page ends, and the next one goes on. */
  searchWalk: { rowsMax: 50_000, judgedMax: 4_000 },
  /** Among so many messages some are looked at first, at places spread over all, to tell how many match. */
  searchProbe: { messagesMin: 50_000, places: 200 },
  pageSizeDefault: 50,
  pageSizeMax: 100,
  nodesMax: 100,
  /** Who says that they type is taken to type for so long. */
  typingMs: 6_000,
  /** The users that TypingChanged lists. */
  typingUsersMax: 20,
  /** Bytes of an HTTP body and of a WebSocket frame. */
  requestBytesMax: 256 * 1_024,
  /** Bytes of a WebSocket frame that begins no operation, such as `connection_init` and `ping`. */
  signalBytesMax: 8_192,
  subscriptionsPerSocketMax: 100,
  /** Characters of the different texts of a user's subscriptions on sockets of one server. */
  subscriptionTextMax: 65_536,
  /** Characters of the different texts of all subscriptions on sockets of one server. */
  serverSubscriptionTextMax: 1_048_576,
  /** Characters of a subscription's variables as JSON. */
  subscriptionVariablesMax: 2_048,
  /** Characters of the payload of a ping, as JSON, that its pong repeats. */
  pongPayloadLengthMax: 1_024,
  /** Characters of a client's id of an operation on a socket. */
  operationIdLengthMax: 256,
  attachmentsMax: 10,
  mediaNameLengthMax: 255,
  mimeTypeLengthMax: 127,
  /** Uploads of one user that were promised bytes and have not got them. */
  uploadsPendingMax: 20,
  /** Uploads of one user that are no attachment and no avatar. */
  uploadsUnusedMax: 100,
} as const

/** All settings of one server: frozen, and the only source of settings. */
export interface Config {
  /** Null means: embed a PostgreSQL. */
  readonly databaseUrl: string | null
  readonly databasePoolSize: number
  readonly preparedStatements: boolean
  readonly port: number
  readonly host: string
  readonly dataDirectory: string
  readonly allowedOrigins: readonly string[]
  /** Beside localhost, the machine's own name, that of PUBLIC_URL, and addresses. */
  readonly allowedHosts: readonly string[]
  readonly production: boolean
  readonly graphiql: boolean
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  readonly guests: boolean
  readonly passwordlessSignIn: boolean
  readonly accessTokenSeconds: number
  readonly sessionDays: number
  /** 0 for ever. */
  readonly editWindowSeconds: number
  readonly systemMessages: boolean
  readonly roomDeletion: 'owner' | 'nobody'
  readonly media: MediaConfig
  readonly visitsDays: number
  readonly retention: RetentionConfig
  readonly feed: FeedConfig
  readonly edge: EdgeConfig
  /** Null where nothing is counted. */
  readonly rates: RateConfig | null
  readonly presence: PresenceConfig
}

/** Settings that cannot be used: the message lists every fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the configuration from the environment and freezes it.
 *
 * @throws ConfigError with all faults at once.
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const values = parseVariables(env)
  return Object.freeze({
    databaseUrl: values.DATABASE_URL ?? null,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    preparedStatements: values.PREPARED_STATEMENTS,
    port: values.PORT,
    host: values.HOST,
    dataDirectory: values.KABAR_DATA,
    allowedOrigins: values.ALLOWED_ORIGINS,
    allowedHosts: values.ALLOWED_HOSTS,
    production: values.NODE_ENV === 'production',
    graphiql: values.GRAPHIQL ?? values.NODE_ENV !== 'production',
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
    feed: feedDefaults,
    edge: readEdgeConfig(values),
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
      // the URL of the database holds a password
      const shown = name === 'DATABASE_URL' ? '…' : (text ?? '')
      faults.push(`${name}=${shown}: ${problems} (${variable.description})`)
    }
    const needed = 'needs' in variable && env[name] ? variable.needs : null
    if (needed && !env[needed]) faults.push(`${name} is set without ${needed}`)
    return [name, result.data]
  })
  if (faults.length > 0) {
    throw new ConfigError(`The environment has ${faults.length} fault(s):\n${faults.map((f) => `  ${f}`).join('\n')}`)
  }
  return Object.fromEntries(entries) as Values
}
