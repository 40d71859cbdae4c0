// The operations of a socket, from start to end.

import { randomUUID } from 'node:crypto'
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  validateSubscriptionArgs,
} from 'graphql'
import { MessageType, type SubscribePayload } from 'graphql-ws'
import type { Logger } from 'pino'
import type { Sessions } from '../access/context.ts'
import { type Config, limits } from '../config/config.ts'
import { AppError, invariant, unavailable } from '../errors.ts'
import { type FeedStream, isFeedStream } from '../feed/streams/stream.ts'
import { type Caller, createContext, type ServerParts } from '../graphql/context.ts'
import { masked, toClientError } from '../graphql/errors.ts'
import { type Authenticate, findCaller } from '../http/caller.ts'
import { type Connections, tooManyConnections } from '../http/connections.ts'
import type { GraphQLEngine } from '../http/graphql-engine.ts'
import { type OperationWatch, shapeOf } from '../http/operation-watch.ts'
import type { WaitForTurn } from '../http/parse-queue.ts'
import type { WatchedOperation } from '../http/request-context.ts'
import { createSharedDocuments } from '../http/shared-documents.ts'
import { type TrustedDocuments, unknownDocument } from '../http/trusted-documents.ts'
import { runRequest } from '../tracing/request.ts'
import { type Connection, endOperation, givePlaces, type SocketOperation, say, takePlace } from './connection.ts'
import { createFanOut } from './fan-out.ts'
import { errorResult } from './renderer.ts'

/** The parts of the server that socket operations need. */
export interface OperationOptions {
  engine: GraphQLEngine
  schema: GraphQLSchema
  parts: ServerParts
  config: Config
  connections: Connections
  sessions: Sessions
  log: Logger
  authenticate: Authenticate
  waitForTurn: WaitForTurn
  watch: OperationWatch
  trusted: TrustedDocuments
  /** Tells whether the server refuses new operations because it is stopping. */
  isDraining: () => boolean
}

/** An operation that is ready to run, with the data for its fan-out. */
interface Prepared {
  readonly watched: WatchedOperation
  readonly args: ExecutionArgs
  readonly text: string
  readonly isSubscription: boolean
  /** The maximum bytes of its response. */
  readonly answerBytes: number
  readonly caller: Caller
  /** The caller by the token that the operation brought; null when it brought none. */
  readonly operationCaller: Caller | null
}

/** An operation that has arrived. */
interface Begun {
  readonly payload: SubscribePayload
  readonly watched: WatchedOperation
}

/** A starting subscription. */
interface Beginning extends Pick<Prepared, 'operationCaller'> {
  readonly connection: Connection
  readonly operation: SocketOperation
  readonly caller: Caller
}

/** Starts an operation. Resolves when it is answered, refused, or its stream runs. */
export type BeginOperation = (connection: Connection, id: string, payload: SubscribePayload) => Promise<void>

/** Creates the function that starts operations. They run as over HTTP; streams of the feed are fanned out. */
export function createOperations(options: OperationOptions): BeginOperation {
  const { engine, schema, parts, config, sessions, log, authenticate, connections, waitForTurn, watch, isDraining } =
    options
  const { answersAtOnceMax } = config.edge
  const fanOut = createFanOut({ parts, log, execute: engine.executeItem })
  const tell = (error: unknown): GraphQLError => toClientError(error, log)
  const keepDocument = createSharedDocuments({
    textMax: limits.subscriptionTextMax,
    serverTextMax: limits.serverSubscriptionTextMax,
  })

  /**
   * Refuses an operation above the limit of its socket.
   *
   * @throws AppError TOO_MANY_SUBSCRIPTIONS
   */
  function admit({ operations }: Connection): void {
    if (operations.length > limits.subscriptionsPerSocketMax) {
      const message = `A socket may have ${limits.subscriptionsPerSocketMax} concurrent operations.`
      throw new AppError('TOO_MANY_SUBSCRIPTIONS', message)
    }
  }

  async function prepare(
    connection: Connection,
    { operation, watched }: { operation: SocketOperation; watched: WatchedOperation },
    payload: SubscribePayload,
  ): Promise<Prepared | GraphQLError[]> {
    admit(connection)
    const operationCaller = await operationCallerOf(connection, payload)
    const caller = operationCaller ?? connection.caller
    watched.userId = caller.viewer?.userId ?? null
    watched.address = caller.address
    if (caller.viewer) parts.presenceTracker.touch(caller.viewer.userId)
    if (payload.query === '') throw unknownDocument()
    await waitForTurn(payload.query, caller)
    const operationName = payload.operationName || null
    watched.operationName = operationName
    const { document, answerBytes } = engine.read(payload.query, payload, caller)
    watched.document = document
    const errors = engine.validate(document, caller)
    if (errors.length > 0) return errors.map(tell)
    const kind = getOperationAST(document, operationName)?.operation
    if (!kind) throw new GraphQLError('The document has no operation of that name, or several and no name.')
    const isSubscription = kind === 'subscription'
    if (isDraining() && !isSubscription) throw unavailable('The server is stopping. Nothing was changed: try again.')
    const kept = isSubscription ? keep({ connection, operation, caller, operationCaller }, payload, document) : document
    const { variables: variableValues } = payload
    const contextValue = createContext(parts, caller)
    return {
      args: { schema, document: kept, operationName, variableValues, contextValue, hideSuggestions: config.production },
      ...{ text: payload.query, isSubscription, answerBytes, caller, operationCaller, watched },
    }
  }

  /**
   * Keeps the document of a subscription until it ends.
   *
   * @throws AppError TOO_MANY_SUBSCRIPTIONS, OPERATION_TOO_COMPLEX
   */
  function keep(
    { connection, operation, caller, operationCaller }: Beginning,
    { query, variables }: SubscribePayload,
    document: DocumentNode,
  ): DocumentNode {
    const { subscriptionVariablesMax: most } = limits
    if (JSON.stringify(variables ?? {}).length > most) {
      throw new AppError(
        'OPERATION_TOO_COMPLEX',
        `The variables of a subscription may have ${most} characters as JSON.`,
      )
    }
    // the client may have ended it already
    if (!connection.operations.includes(operation)) return document
    const kept = keepDocument(caller.viewer?.userId ?? `address ${caller.address}`, query, document)
    operation.stop = kept.release
    const otherViewer = operationCaller?.viewer
    // the socket was already counted for its own user
    if (otherViewer && otherViewer.userId !== connection.caller.viewer?.userId) {
      const leave = connections.ofUser.enter(otherViewer.userId)
      if (!leave) throw tooManyConnections('user')
      operation.stop = () => {
        kept.release()
        leave()
      }
    }
    return kept.document
  }

  /** GraphiQL has one socket for all tabs and sends each tab's headers with the operation. */
  async function operationCallerOf({ caller }: Connection, payload: SubscribePayload): Promise<Caller | null> {
    const headers = payload.extensions?.headers
    if (typeof headers !== 'object' || headers === null) return null
    const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')
    const authorization: unknown = entry?.[1]
    if (typeof authorization !== 'string') return null
    return findCaller(authenticate, { ...caller, authorization })
  }

  async function answer(
    connection: Connection,
    operation: SocketOperation,
    { args, answerBytes, caller, watched }: Prepared,
  ) {
    connection.answering += 1
    try {
      const wait = takePlace(connection, answersAtOnceMax)
      if (wait) await wait
      // the operation may have been cancelled while it waited
      if (!wait || connection.operations.includes(operation)) {
        const result = masked(await engine.execute(args, { answerBytes, by: caller }), log)
        finish(connection, operation, result)
        watch.end(watched, result.errors)
      }
    } finally {
      connection.executing -= 1
      givePlaces(connection, answersAtOnceMax)
      connection.answering -= 1
      if (connection.answering === 0) connection.onAnswered?.()
    }
  }

  async function subscribe(connection: Connection, operation: SocketOperation, prepared: Prepared): Promise<void> {
    // a stream of the feed is fanned out below; graphql's own subscribe would execute it per subscriber
    const valid = validateSubscriptionArgs(prepared.args)
    const source = 'schema' in valid ? await createSourceEventStream(valid) : { errors: valid }
    if (isFeedStream(source)) {
      watch.end(prepared.watched, undefined)
      if (connection.operations.includes(operation)) follow(connection, operation, { prepared, stream: source })
      else source.release()
      return
    }
    invariant(!(Symbol.asyncIterator in source), 'all subscriptions are streams of the feed')
    const { errors = [], ...rest } = source
    const told = errors.map(tell)
    finish(connection, operation, { ...rest, errors: told })
    watch.end(prepared.watched, told)
  }

  function follow(
    connection: Connection,
    operation: SocketOperation,
    { prepared, stream }: { prepared: Prepared; stream: FeedStream },
  ): void {
    const { args, text, operationCaller } = prepared
    const { schema, document, operationName, variableValues } = args
    const release = operation.stop
    const { field } = shapeOf(schema, document, operationName)
    const count = (amount: number) => parts.metrics.add('subscriptions', { transport: 'websocket', field }, amount)
    count(1)
    const stop = fanOut(stream, {
      id: operation.id,
      writer: connection.writer,
      operation: { schema, document, text, operationName: operationName ?? null, variables: variableValues ?? {} },
      onSessionEnd: (callback) =>
        operationCaller?.viewer ? sessions.watch(operationCaller.viewer, callback) : () => {},
      onEnd: (error) => finish(connection, operation, error && errorResult(error)),
    })
    operation.stop = () => {
      stop()
      count(-1)
      release?.()
    }
  }

  async function run(connection: Connection, operation: SocketOperation, begun: Begun): Promise<void> {
    const { payload, watched } = begun
    const { id } = operation
    const prepared = await prepare(connection, { operation, watched }, payload).catch((error: unknown) => [tell(error)])
    if (Array.isArray(prepared)) {
      if (endOperation(connection, operation)) say(connection, { id, type: MessageType.Error, payload: prepared })
      watch.end(watched, prepared)
    } else if (prepared.isSubscription) {
      // clients treat an error as final: they reconnect when the socket closes, which happens next
      if (!isDraining()) await subscribe(connection, operation, prepared)
    } else await answer(connection, operation, prepared)
  }

  return (connection, id, payload) => {
    const operation: SocketOperation = { id, stop: null }
    connection.operations = [...connection.operations, operation]
    return runRequest(randomUUID(), () => {
      const begun = { payload, watched: watch.begin('websocket', traceparentOf(payload) ?? connection.traceparent) }
      return run(connection, operation, begun)
    })
  }
}

/** The place in a trace that the client gives an operation. */
function traceparentOf({ extensions }: SubscribePayload): string | null {
  const traceparent: unknown = extensions?.traceparent
  return typeof traceparent === 'string' ? traceparent : null
}

/** Sends the last result, if any, and `complete`; nothing when the client has ended the operation. */
function finish(connection: Connection, operation: SocketOperation, result: ExecutionResult | null): void {
  const { id } = operation
  if (!endOperation(connection, operation)) return
  if (result) say(connection, { id, type: MessageType.Next, payload: result })
  say(connection, { id, type: MessageType.Complete })
}
