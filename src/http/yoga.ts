import { GraphQLError, type GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import { type Config, limits } from '../config/config.ts'
import { invariant } from '../errors.ts'
import { type Context, createContext, type ServerParts } from '../graphql/context.ts'
import { toClientError } from '../graphql/errors.ts'
import { useEventLimits } from './answers.ts'
import { type Authenticate, findCaller } from './caller.ts'
import type { AddressOf } from './client-address.ts'
import type { Connections } from './connections.ts'
import { useEventStreams } from './event-streams.ts'
import { type GraphQLEngine, useGraphQLEngine } from './graphql-engine.ts'
import type { OpenStreams } from './open-streams.ts'
import type { OperationCounter } from './operation-counter.ts'
import { type OperationWatch, useOperationWatch } from './operation-watch.ts'
import { exposedHeaders, isAllowedOrigin, preflightSeconds } from './origin.ts'
import type { WaitForTurn } from './parse-queue.ts'
import { reachedAt } from './reached-at.ts'
import type { RequestContext } from './request-context.ts'
import { useStrictRequests } from './requests.ts'
import { useStreamQuota } from './stream-quota.ts'
import type { TrustedDocuments } from './trusted-documents.ts'

/** The path of GraphQL over HTTP, SSE and WebSocket. */
export const graphqlPath = '/graphql'

/** The GraphQL server of requests that the fast path leaves to Yoga. */
export type GraphQLServer = YogaServerInstance<RequestContext, Context>

/** The parts of the server that GraphQL needs. */
export interface YogaOptions {
  schema: GraphQLSchema
  parts: ServerParts
  config: Config
  log: Logger
  authenticate: Authenticate
  addressOf: AddressOf
  connections: Connections
  streams: OpenStreams
  counter: OperationCounter
  waitForTurn: WaitForTurn
  engine: GraphQLEngine
  watch: OperationWatch
  trusted: TrustedDocuments
}

/**
 * Creates the GraphQL server.
 *
 * JSON only, no batching, origins from a list, errors masked. GraphiQL has a route of its own.
 */
export function createYogaServer(options: YogaOptions): GraphQLServer {
  const { schema, parts, config, log, connections, streams, engine } = options
  return createYoga<RequestContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    logging: false,
    landingPage: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: false, // held by useStrictRequests
    plugins: [
      useStrictRequests(options.trusted),
      useOperationWatch(options.watch),
      useCaller(options),
      useGraphQLEngine(engine, config),
      useEventLimits(config.edge.answerBytesMax),
      useStreamQuota(connections.ofUser, streams),
      useEventStreams(parts, engine.executeItem),
    ],
    parserAndValidationCache: false, // the engine has its own
    cors(request) {
      const origin = request.headers.get('origin')
      const allowed = origin !== null && isAllowedOrigin(config, { origin, host: request.headers.get('host') })
      return allowed
        ? {
            origin,
            methods: ['POST', 'GET', 'OPTIONS'],
            // the requested headers, because tracing and clients add theirs
            exposedHeaders,
            credentials: false, // tokens are sent in a header, never in a cookie
            maxAge: preflightSeconds,
          }
        : false
    },
    graphiql: false,
    maskedErrors: {
      maskError(error) {
        return withStatus(toClientError(error, log), error)
      },
    },
    context({ caller, req }) {
      invariant(caller, 'a request that is read has a caller')
      const lastEventId = req?.headers['last-event-id']
      return { ...createContext(parts, caller), lastEventId: typeof lastEventId === 'string' ? lastEventId : null }
    },
  })
}

/** Finds the caller of a request first, and waits for the turn of its document. */
function useCaller({
  authenticate,
  addressOf,
  counter,
  waitForTurn,
}: Pick<YogaOptions, 'authenticate' | 'addressOf' | 'counter' | 'waitForTurn'>): Plugin {
  return {
    async onParams({ request, context, params }) {
      const asked = context as RequestContext
      asked.caller = await findCaller(authenticate, {
        authorization: request.headers.get('authorization'),
        userAgent: request.headers.get('user-agent'),
        address: asked.req ? addressOf(asked.req) : null,
        reachedAt: asked.req ? reachedAt(asked.req.headers) : null,
      })
      if (request.method === 'POST') counter.admit(asked.caller, bodyBytesOf(request))
      if (typeof params.query === 'string') await waitForTurn(params.query, asked.caller)
    },
  }
}

/** The bytes of a body; the maximum when the request does not say. */
function bodyBytesOf({ headers }: Request): number {
  return Number(headers.get('content-length') ?? limits.requestBytesMax)
}

/** Keeps the HTTP status that Yoga gave to an error; it is not sent in the body. */
function withStatus(clientError: GraphQLError, error: unknown): GraphQLError {
  const http = error instanceof GraphQLError ? error.extensions.http : undefined
  if (http) clientError.extensions.http = http
  return clientError
}
