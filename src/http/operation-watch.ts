// Metrics and the log line of an operation, the same over HTTP, SSE and WebSocket.

import type { IncomingMessage } from 'node:http'
import { type DocumentNode, type GraphQLSchema, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Refusals } from '../audit/refusals.ts'
import { operationLimits } from '../config/http.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { currentRequest, requestId } from '../tracing/request.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { RequestContext, WatchedOperation } from './request-context.ts'

/** The type and root field of an operation, as the metrics know it. */
export interface OperationShape {
  readonly type: 'query' | 'mutation' | 'subscription' | 'none'
  /** `several` with more than one field or with a fragment, `other` when the schema has no such field. */
  readonly field: string
  /** The name that the client gave it. */
  readonly name: string | null
}

/** Watches operations: see `createOperationWatch`. */
export interface OperationWatch {
  /**
   * Begins the operation of the current request.
   *
   * @param traceparent its place in a trace of the client; null when it has none.
   */
  begin(transport: WatchedOperation['transport'], traceparent: string | null): WatchedOperation
  /** Counts and logs an answered operation, or a subscription that starts. */
  end(operation: WatchedOperation, errors: readonly { extensions?: Record<string, unknown> }[] | undefined): void
}

/** Creates the watch of all operations. It logs slow and failed ones at `info`, others at `debug`. */
export function createOperationWatch({
  schema,
  metrics,
  log,
  refusals,
  tracing,
}: {
  schema: GraphQLSchema
  metrics: Pick<Metrics, 'add' | 'observe'>
  log: Logger
  refusals: Pick<Refusals, 'note'>
  tracing: Tracing | null
}): OperationWatch {
  return {
    begin(transport, parent) {
      const running = currentRequest.getStore()
      // a request that the fast path leaves to Yoga has begun already
      if (tracing && running) running.span ??= tracing.start({ name: 'operation', kind: 'server', parent })
      return {
        ...{ transport, requestId: requestId() ?? '', arrivedAt: performance.now(), span: running?.span ?? null },
        ...{ document: null, operationName: null, userId: null, address: null },
      }
    },
    end({ transport: arrived, requestId, arrivedAt, span, document, operationName, userId, address }, errors) {
      const ms = performance.now() - arrivedAt
      const { type, field, name } = document ? shapeOf(schema, document, operationName) : unknownShape
      // an event stream is accepted by many requests that do not want one
      const transport = arrived === 'http' && type === 'subscription' ? 'sse' : arrived
      const code = codeOf(errors)
      metrics.add('operations_total', { transport, type, field, code })
      metrics.observe('operation_seconds', { transport, type }, ms / 1_000)
      if (code === 'RATE_LIMITED') refusals.note({ kind: code, actorId: userId, userId, address, detail: field })
      if (span) {
        span.rename(`${type} ${field}`)
        span.set({
          ...{ 'graphql.operation.type': type, 'kabar.field': field, 'kabar.transport': transport, 'kabar.code': code },
          ...{ 'kabar.request_id': requestId, ...(name !== null && { 'graphql.operation.name': name }) },
        })
        span.end(code === 'INTERNAL' || code === 'SERVICE_UNAVAILABLE' ? code : null)
      }
      const level = code === 'OK' && ms <= operationLimits.slowMs ? 'debug' : 'info'
      if (!log.isLevelEnabled(level)) return
      const line = { operation: name, type, field, transport, ms: Math.round(ms), code, userId, requestId }
      log[level](line, code === 'OK' ? (level === 'info' ? 'a slow operation' : 'an operation') : 'an operation failed')
    },
  }
}

/** Watches the operations that Yoga reads, and the documents of all operations. */
export function useOperationWatch(watch: OperationWatch): Plugin {
  const begin = (context: RequestContext) => {
    context.watched ??= watch.begin('http', context.req ? traceparentOf(context.req) : null)
    return context.watched
  }
  return {
    onParams({ context, params }) {
      begin(context).operationName = params.operationName || null
    },
    onParse({ context }) {
      const { watched } = context as RequestContext
      return ({ result }) => {
        if (watched && result && !(result instanceof Error)) watched.document = result
      }
    },
    onResultProcess({ serverContext, result }) {
      const context = serverContext as RequestContext
      // a client that breaks off gets no answer
      if (context.req?.errored) return
      const watched = begin(context)
      watched.userId = context.caller?.viewer?.userId ?? null
      watched.address = context.caller?.address ?? null
      watch.end(watched, 'errors' in result ? result.errors : undefined)
    },
  }
}

/** The place in a trace that the header of a request gives. */
export function traceparentOf({ headers }: IncomingMessage): string | null {
  const { traceparent } = headers
  return typeof traceparent === 'string' ? traceparent : null
}

const unknownShape: OperationShape = { type: 'none', field: 'none', name: null }

const shapes = new WeakMap<OperationDefinitionNode, OperationShape>()

/** Finds the type and root field of an operation. */
export function shapeOf(schema: GraphQLSchema, document: DocumentNode, operationName?: string | null): OperationShape {
  const operation = getOperationAST(document, operationName)
  if (!operation) return unknownShape
  const known = shapes.get(operation)
  if (known) return known
  const { operation: type, name, selectionSet } = operation
  const [only, ...rest] = selectionSet.selections
  const isOne = only?.kind === Kind.FIELD && rest.length === 0
  const fields = schema.getRootType(type)?.getFields() ?? {}
  const field = isOne ? (Object.hasOwn(fields, only.name.value) ? only.name.value : 'other') : 'several'
  const shape = { type, field, name: name?.value.slice(0, operationLimits.nameLengthMax) ?? null }
  shapes.set(operation, shape)
  return shape
}

function codeOf(errors: readonly { extensions?: Record<string, unknown> }[] | undefined): string {
  const [first] = errors ?? []
  if (!first) return 'OK'
  const code = first.extensions?.code
  return typeof code === 'string' ? code : 'INTERNAL'
}
