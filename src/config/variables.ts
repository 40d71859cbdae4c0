// All environment variables. Those of a theme are in its file beside the numbers. A part of config.ts.

import { z } from 'zod'
import { retentionVariables } from './account.ts'
import { auditVariables } from './audit.ts'
import { databaseLimits, replicaDefaults } from './database.ts'
import { documentVariables } from './documents.ts'
import { doorbellVariables } from './doorbell.ts'
import { notifierConnections, sendConnectionsMax } from './feed.ts'
import { edgeVariables, metricsVariables } from './http.ts'
import { mediaVariables } from './media.ts'
import { hostNames, origins } from './origins.ts'
import { rateVariables } from './rates.ts'
import { tracingVariables } from './tracing.ts'
import { flag, integer } from './variable-types.ts'

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' })

/** The environment variables of Kabar. How each is checked, its default, its meaning, and the variable it needs. */
export const variables = {
  DATABASE_URL: {
    schema: postgresUrl.optional(),
    default: '',
    description: 'URL of PostgreSQL 15 or newer. Without it an embedded PostgreSQL 18 is started.',
    isSecret: true,
  },
  DATABASE_POOL_SIZE: {
    schema: integer(2, 1_000),
    default: '10',
    description: `Connections to PostgreSQL per process for client operations. In addition a server opens ${notifierConnections} for notifications (none with \`DOORBELL_URL\`), up to ${databaseLimits.lookupConnectionsMax} for lookups, up to ${sendConnectionsMax} for sends and up to ${databaseLimits.ownConnectionsMax} for background jobs.`,
  },
  DATABASE_REPLICA_URL: {
    schema: postgresUrl.optional(),
    default: '',
    description: `URL of a hot standby of this PostgreSQL, which then answers pages of history, catch-ups and searches where it is up to date. Each process opens up to ${replicaDefaults.connectionsMax + replicaDefaults.searchConnectionsMax + replicaDefaults.exportConnectionsMax} connections to it.`,
    isSecret: true,
    needs: 'DATABASE_URL',
  },
  PREPARED_STATEMENTS: {
    schema: flag,
    default: 'true',
    description: 'Uses prepared statements. Set `false` behind a pooler in transaction mode older than PgBouncer 1.21.',
  },
  ...doorbellVariables,
  PORT: { schema: integer(0, 65_535), default: '4000', description: 'The port to listen on; 0 picks a free one.' },
  HOST: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    description: 'The address to listen on; `0.0.0.0` for all interfaces.',
  },
  KABAR_DATA: {
    schema: z.string().min(1),
    default: '.kabar',
    description: 'The folder of the embedded PostgreSQL and of uploaded files. Servers of one database share it.',
  },
  ALLOWED_ORIGINS: {
    schema: origins,
    default: '',
    description:
      'Browser origins that may call the API (CORS), separated by commas, in addition to the server’s own. Outside production every port of this machine is allowed.',
  },
  ALLOWED_HOSTS: {
    schema: hostNames,
    default: '',
    description:
      'Host names of the server, separated by commas, in addition to localhost, the machine’s host name, the host of `PUBLIC_URL`, and IP addresses: `*.chat.example` for all subdomains, `*` for every name.',
  },
  ...edgeVariables,
  ...metricsVariables,
  ...rateVariables,
  NODE_ENV: {
    schema: z.enum(['development', 'production', 'test']),
    default: 'development',
    description: '`production` turns off GraphiQL, suggestions in errors (“Did you mean”) and localhost origins.',
  },
  GRAPHIQL: {
    schema: flag.optional(),
    default: '',
    description: 'Serves GraphiQL at `/graphql`. On by default outside production.',
  },
  WEB: { schema: flag, default: 'true', description: 'Serves the web client at `/`.' },
  LAB: {
    schema: flag,
    default: 'false',
    description:
      'Serves the page `/lab`, which `npm run lab` opens: two users in one room, and faults to try. Not with `NODE_ENV=production`.',
  },
  LOG_LEVEL: {
    schema: z.enum(['silent', 'error', 'warn', 'info', 'debug']),
    default: 'info',
    description: 'The lowest level that is logged.',
  },
  GUESTS: { schema: flag, default: 'true', description: 'Lets people sign in as guests, with only a display name.' },
  PASSWORDLESS_SIGN_IN: {
    schema: flag,
    default: 'false',
    description: 'Lets accounts without a password sign in by username alone. Anybody can then use any of them.',
  },
  ACCESS_TOKEN_SECONDS: {
    schema: integer(10, 86_400),
    default: '900',
    description: 'Lifetime of an access token in seconds.',
  },
  SESSION_DAYS: {
    schema: integer(1, 3_650),
    default: '30',
    description: 'Days without a refresh after which a session ends.',
  },
  EDIT_WINDOW_SECONDS: {
    schema: integer(0, 2_147_483_647),
    default: '0',
    description: 'Seconds after sending during which a message can be edited; 0 for no limit.',
  },
  SYSTEM_MESSAGES: {
    schema: flag,
    default: 'true',
    description: 'Writes joins, leaves and changes of a room into its history.',
  },
  ROOM_DELETION: {
    schema: z.enum(['owner', 'nobody']),
    default: 'owner',
    description: 'Lets the owner delete a room, or nobody.',
  },
  ...mediaVariables,
  VISITS_DAYS: {
    schema: integer(1, 3_650),
    default: '90',
    description: 'Days that visits of rooms are kept.',
  },
  ...retentionVariables,
  ...auditVariables,
  ...tracingVariables,
  ...documentVariables,
} as const satisfies Record<string, Variable>

interface Variable {
  schema: z.ZodType
  default: string
  description: string
  /** Its value is not shown in errors. */
  isSecret?: true
  /** Another variable that must be set too. */
  needs?: string
}
