import type { IncomingMessage } from 'node:http'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import { type Config, limits } from '../config/config.ts'
import { invariant } from '../errors.ts'
import { type Caller, type Context, createContext, type ServerParts } from '../graphql/context.ts'
import { toClientError } from '../graphql/errors.ts'
import { useAnswerBounds } from './answers.ts'
import { type Authenticate, findCaller } from './caller.ts'
import type { AddressOf } from './client-address.ts'
import type { DocumentCache } from './document-cache.ts'
import { useEventStreams } from './event-streams.ts'
import type { GraphiqlTab } from './graphiql.ts'
import { useDeadline } from './operation-deadline.ts'
import { useOperationLimits } from './operation-limits.ts'
import { exposedHeaders, isAllowedOrigin, preflightSeconds } from './origin.ts'
import { type Connections, type OperationCounter, useStreamQuota } from './quotas.ts'
import { useStrictRequests } from './requests.ts'
import type { WaitForTurn } from './text-turns.ts'

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
  counter: OperationCounter
  /** The documents that are known. */
  documents: DocumentCache
  waitForTurn: WaitForTurn
  /** What GraphiQL opens with, asked each time. */
  graphiqlTabs: () => readonly GraphiqlTab[]
}

/**
 * Makes the GraphQL server.
 *
 * JSON only, no batching, origins from a list, errors masked, GraphiQL without a CDN.
 */
export function createYogaServer(options: YogaOptions): GraphQLServer {
  const { schema, parts, config, log, connections, counter, documents, graphiqlTabs } = options
  return createYoga<SocketContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    logging: false,
    landingPage: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: false, // held by useStrictRequests
    plugins: [
      useStrictRequests(),
      useCaller(options),
      useOperationLimits({ schema, counter, hints: !config.production }),
      useDeadline(config.edge.operationMs),
      useAnswerBounds(config.edge.answerBytesMax, counter),
      useStreamQuota(connections.ofUser),
      useEventStreams(),
    ],
    // errors are not kept: their texts could be of any length
    parserAndValidationCache: { documentCache: documents, errorCache: { get: () => undefined, set() {} } },
    cors(request) {
      const origin = request.headers.get('origin')
      const allowed = origin !== null && isAllowedOrigin(config, { origin, host: request.headers.get('host') })
      return allowed
        ? {
            origin,
            methods: ['POST', 'GET', 'OPTIONS'],
            // the headers that are asked for, because tracing and clients add theirs
            exposedHeaders,
            credentials: false, // tokens come in a header, never in a cookie
            maxAge: preflightSeconds,
          }
        : false
    },
    graphiql: config.graphiql
      ? () => ({ subscriptionsProtocol: 'WS', title: 'Kabar', defaultTabs: [...graphiqlTabs()] })
      : false,
    renderGraphiQL,
    maskedErrors: {
      maskError(error) {
        return withStatus(toClientError(error, log), error)
      },
    },
    context({ socketContext, caller }) {
      if (socketContext) return socketContext
      invariant(caller, 'a request that is read has a caller')
      return createContext(parts, caller)
    },
  })
}

/** Finds who sends a request, before anything is done for them, and waits until it is their turn. */
function useCaller({
  authenticate,
  addressOf,
  counter,
  waitForTurn,
}: Pick<YogaOptions, 'authenticate' | 'addressOf' | 'counter' | 'waitForTurn'>): Plugin {
  return {
    async onParams({ request, context, params }) {
      const asked = context as SocketContext
      asked.caller = await findCaller(authenticate, {
        authorization: request.headers.get('authorization'),
        userAgent: request.headers.get('user-agent'),
        address: asked.req ? addressOf(asked.req) : null,
      })
      if (request.method === 'POST') counter.admit(asked.caller, bodyBytesOf(request))
      if (typeof params.query === 'string') await waitForTurn(params.query, asked.caller)
    },
  }
}

/** The bytes of a body; the most that it may have where it does not say so. */
function bodyBytesOf({ headers }: Request): number {
  return Number(headers.get('content-length') ?? limits.requestBytesMax)
}

/** Keeps the HTTP status that Yoga gave to an error; it is not part of what is sent. */
function withStatus(clientError: GraphQLError, error: unknown): GraphQLError {
  const http = error instanceof GraphQLError ? error.extensions.http : undefined
  if (http) clientError.extensions.http = http
  return clientError
}
