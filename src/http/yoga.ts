import type { IncomingMessage } from 'node:http'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { invariant } from '../errors.ts'
import { type Caller, type Context, createContext, type ServerParts } from '../graphql/context.ts'
import { toClientError } from '../graphql/errors.ts'
import type { AddressOf } from './address.ts'
import { type Authenticate, findCaller } from './caller.ts'
import { useDeadline } from './deadline.ts'
import { createDocumentCache, useOperationLimits } from './operation-limits.ts'
import { isAllowedOrigin, preflightSeconds } from './origin.ts'
import { type Connections, createOperationCounter, useStreamQuota } from './quotas.ts'
import { useStrictRequests, withoutHint } from './requests.ts'

/** The path of GraphQL over HTTP, SSE and WebSocket. */
export const graphqlPath = '/graphql'

/**
 * Stands for the request of an operation whose caller is known already.
 *
 * Yoga wants a request for every operation. A POST, because it refuses mutations of a GET.
 */
export const operationRequest = new Request('http://localhost/graphql', { method: 'POST' })

/** What an operation brings whose caller is known. Over WebSocket it was let in when its socket was. */
export interface SocketContext {
  readonly socketContext?: Context
  /** Who asks, where Yoga read the request. */
  caller?: Caller
  /** Node.js' own request, over HTTP. */
  readonly req?: IncomingMessage
}

/** The one place where operations of every transport are parsed and executed. */
export type GraphQLServer = YogaServerInstance<SocketContext, Context>

/** The parts of the server that GraphQL needs. */
export interface YogaOptions {
  schema: GraphQLSchema
  parts: ServerParts
  config: Config
  log: Logger
  authenticate: Authenticate
  addressOf: AddressOf
  connections: Connections
}

/**
 * Makes the GraphQL server.
 *
 * JSON only, no batching, origins from a list, errors masked. GraphiQL has a route of its own.
 */
export function createGraphQLServer(options: YogaOptions): GraphQLServer {
  const { schema, parts, config, log, connections } = options
  return createYoga<SocketContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    logging: false,
    landingPage: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: false, // held by useStrictRequests
    plugins: [
      useStrictRequests({ hints: !config.production }),
      useCaller(options),
      useOperationLimits(schema, createOperationCounter(config.edge)),
      useDeadline(config.edge.operationMs),
      useStreamQuota(connections.ofUser),
    ],
    // errors are not kept: their texts could be of any length
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: { get: () => undefined, set() {} } },
    cors(request) {
      const origin = request.headers.get('origin')
      const allowed = origin !== null && isAllowedOrigin(config, { origin, host: request.headers.get('host') })
      return allowed
        ? {
            origin,
            methods: ['POST', 'GET', 'OPTIONS'],
            allowedHeaders: ['content-type', 'authorization', 'accept'],
            credentials: false, // tokens come in a header, never in a cookie
            maxAge: preflightSeconds,
          }
        : false
    },
    graphiql: false,
    maskedErrors: {
      maskError(error) {
        const clientError = withStatus(toClientError(error, log), error)
        if (config.production) clientError.message = withoutHint(clientError.message)
        return clientError
      },
    },
    context({ socketContext, caller }) {
      if (socketContext) return socketContext
      invariant(caller, 'a request that is read has a caller')
      return createContext(parts, caller)
    },
  })
}

/** Finds who sends a request, before anything is done for them. */
function useCaller({ authenticate, addressOf }: Pick<YogaOptions, 'authenticate' | 'addressOf'>): Plugin {
  return {
    async onParams({ request, context }) {
      const asked = context as SocketContext
      asked.caller = await findCaller(authenticate, {
        authorization: request.headers.get('authorization'),
        userAgent: request.headers.get('user-agent'),
        address: asked.req ? addressOf(asked.req) : null,
      })
    },
  }
}

/** Keeps the HTTP status that Yoga gave to an error; it is not part of what is sent. */
function withStatus(clientError: GraphQLError, error: unknown): GraphQLError {
  const http = error instanceof GraphQLError ? error.extensions.http : undefined
  if (http) clientError.extensions.http = http
  return clientError
}
