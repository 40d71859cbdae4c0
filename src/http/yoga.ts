import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { GraphQLSchema } from 'graphql'
import { createYoga, type YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { createContext, type Context, type ServerParts } from '../graphql/context.ts'
import { toClientError } from '../graphql/errors.ts'
import { type Authenticate, findCaller } from './caller.ts'
import { graphiqlTabs } from './graphiql.ts'
import { isAllowedOrigin } from './origin.ts'

/** The path of GraphQL over HTTP, SSE and WebSocket. */
export const graphqlPath = '/graphql'

/** What an operation over WebSocket brings along: it was let in when its socket was. */
export interface SocketContext {
  readonly socketContext?: Context
}

/** The one place where operations of every transport are parsed, validated and executed. */
export type GraphQLServer = YogaServerInstance<SocketContext, Context>

/** The parts of the server that GraphQL needs. */
export interface YogaOptions {
  schema: GraphQLSchema
  parts: ServerParts
  config: Config
  log: Logger
  authenticate: Authenticate
}

/** Makes the GraphQL server: JSON only, no batching, origins from a list, errors masked, GraphiQL without a CDN. */
export function createGraphQLServer({ schema, parts, config, log, authenticate }: YogaOptions): GraphQLServer {
  return createYoga<SocketContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    logging: false,
    landingPage: false,
    batching: false,
    multipart: false,
    cors(request) {
      const origin = request.headers.get('origin')
      const allowed = origin !== null && isAllowedOrigin(config, { origin, host: request.headers.get('host') })
      return allowed
        ? {
            origin,
            methods: ['POST', 'GET', 'OPTIONS'],
            allowedHeaders: ['content-type', 'authorization', 'accept'],
            maxAge: 86_400,
          }
        : false
    },
    graphiql: config.graphiql ? { subscriptionsProtocol: 'WS', title: 'Kabar', defaultTabs: graphiqlTabs } : false,
    renderGraphiQL,
    maskedErrors: { maskError: (error) => toClientError(error, log) },
    async context({ request, socketContext }) {
      if (socketContext) return socketContext
      const caller = await findCaller(authenticate, {
        authorization: request.headers.get('authorization'),
        userAgent: request.headers.get('user-agent'),
      })
      return createContext(parts, caller)
    },
  })
}
