// All environment variables, those of parts from beside the numbers of the part: a part of config.ts.

import { z } from 'zod'
import { retentionVariables } from './accounts.ts'
import { databaseLimits } from './database.ts'
import { notifierConnections, sendConnectionsMax } from './feed.ts'
import { edgeVariables } from './http.ts'
import { mediaVariables } from './media.ts'
import { hostNames, origins } from './origins.ts'
import { rateVariables } from './rates.ts'
import { flag, integer } from './variable-types.ts'

/** The environment variables of Kabar. How each is checked, its default, what it means, and what it needs beside it. */
export const variables = {
  DATABASE_URL: {
    schema: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }).optional(),
    default: '',
    description: 'PostgreSQL 15 or newer. Without it an embedded PostgreSQL 18 is started.',
  },
  DATABASE_POOL_SIZE: {
    schema: integer(2, 1_000),
    default: '10',
    description: `Connections to PostgreSQL per process for what clients ask, beside ${notifierConnections} for notifications, up to ${sendConnectionsMax} for sends and up to ${databaseLimits.ownConnectionsMax} for what it does by itself.`,
  },
  PREPARED_STATEMENTS: {
    schema: flag,
    default: 'true',
    description:
      'Lets PostgreSQL keep plans. `false` behind a pooler in transaction mode that is older than PgBouncer 1.21.',
  },
  PORT: { schema: integer(0, 65_535), default: '4000', description: 'The port to listen on; 0 takes a free one.' },
  HOST: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    description: 'The address to listen on; `0.0.0.0` for all.',
  },
  KABAR_DATA: {
    schema: z.string().min(1),
    default: '.kabar',
    description: 'The folder of the embedded PostgreSQL and of uploaded files, which servers of one database share.',
  },
  ALLOWED_ORIGINS: {
    schema: origins,
    default: '',
    description:
      'Browser origins that may call, separated by commas, beside the server’s own. Outside production every port of this machine may.',
  },
  ALLOWED_HOSTS: {
    schema: hostNames,
    default: '',
    description:
      'Names under which the server is reached, separated by commas, beside localhost, the machine’s own, that of `PUBLIC_URL`, and addresses: `*.chat.example` for all below it, `*` for every name.',
  },
  ...edgeVariables,
  ...rateVariables,
  NODE_ENV: {
    schema: z.enum(['development', 'production', 'test']),
    default: 'development',
    description: 'In `production` GraphiQL, hints (“Did you mean”) and the origins of localhost are off.',
  },
  GRAPHIQL: {
    schema: flag.optional(),
    default: '',
    description: 'Serves GraphiQL at `/graphql`. On outside production.',
  },
  LOG_LEVEL: {
    schema: z.enum(['silent', 'error', 'warn', 'info', 'debug']),
    default: 'info',
    description: 'The least severe level that is logged.',
  },
  GUESTS: { schema: flag, default: 'true', description: 'Lets people in with only a display name.' },
  PASSWORDLESS_SIGN_IN: {
    schema: flag,
    default: 'false',
    description: 'Lets accounts without a password sign in by username alone. Anybody can then be any of them.',
  },
  ACCESS_TOKEN_SECONDS: {
    schema: integer(10, 86_400),
    default: '900',
    description: 'The life of an access token in seconds.',
  },
  SESSION_DAYS: {
    schema: integer(1, 3_650),
    default: '30',
    description: 'A session ends after so many days without a refresh.',
  },
  EDIT_WINDOW_SECONDS: {
    schema: integer(0, 2_147_483_647),
    default: '0',
    description: 'A message can be edited for so many seconds after it was sent; 0 for ever.',
  },
  SYSTEM_MESSAGES: {
    schema: flag,
    default: 'true',
    description: 'Tells in the history of a room who came and went, and how the room changed.',
  },
  ROOM_DELETION: {
    schema: z.enum(['owner', 'nobody']),
    default: 'owner',
    description: 'Who may delete a room.',
  },
  ...mediaVariables,
  VISITS_DAYS: {
    schema: integer(1, 3_650),
    default: '90',
    description: 'Who came to a room and went is kept for so many days.',
  },
  ...retentionVariables,
} as const satisfies Record<string, Variable>

interface Variable {
  schema: z.ZodType
  default: string
  description: string
}
