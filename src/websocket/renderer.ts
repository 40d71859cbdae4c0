import type { ExecutionResult, GraphQLSchema } from 'graphql'
import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { describeFault } from '../database/faults.ts'
import { AppError } from '../errors.ts'
import type { Renderer, Rendering } from '../feed/hub/group.ts'
import { isHint, type StreamItem } from '../feed/streams/stream-item.ts'
import type { Context, ServerParts } from '../graphql/context.ts'
import { createContext, createSharedContext } from '../graphql/context.ts'
import { causeOf, toClientError } from '../graphql/errors.ts'
import type { Execute } from '../graphql/execution/executor.ts'
import { boundAnswer } from '../http/answers.ts'
import { groupKeyOf, type KeyedOperation } from './group-key.ts'
import { type Bytes, bytesOf } from './socket-writer.ts'

/** A subscription's operation, as its client sent it. */
export interface Operation extends KeyedOperation {
  readonly schema: GraphQLSchema
}

/** The parts of the server that rendering needs. */
export interface RendererParts {
  readonly parts: ServerParts
  readonly log: Logger
  readonly execute: Execute
}

/** The subscription to render. */
export interface RenderRequest {
  readonly operation: Operation
  /** Tells whether the stream sends anything for a stream item. */
  selects(item: StreamItem): boolean
}

/**
 * Creates the factory of renderers of WebSocket groups.
 *
 * A stream item becomes the end of a `next` message: the JSON of its execution result and the closing brace.
 */
export function createTextRenderers({
  parts,
  log,
  execute,
}: RendererParts): (request: RenderRequest) => Renderer<Bytes> {
  /** The loaders of each page of events or batch of hints, for all groups: one query per kind of object. */
  const loadersOfPage = new WeakMap<object, Context['loaders']>()

  function loadersOf(page: object): Context['loaders'] {
    const loaders = loadersOfPage.get(page) ?? new Map()
    loadersOfPage.set(page, loaders)
    return loaders
  }

  async function renderOne(
    item: StreamItem,
    viewerId: string | null,
    { operation, selects, loaders }: RenderRequest & { loaders: Context['loaders'] },
  ): Promise<Rendering<Bytes>> {
    if (!selects(item)) return nothing
    parts.metrics.counts.executions_total[viewerId === null ? 'all' : 'viewer'] += 1
    const { context, askedViewer, shownUserIds, oldestShown, privateShown } =
      viewerId === null
        ? createSharedContext(parts, { loaders, topicId: item.topicId })
        : personalContext(parts, viewerId)
    const { schema, document, operationName, variables: variableValues } = operation
    const args = { schema, document, operationName, variableValues, rootValue: item, contextValue: context }
    const result = await execute(args)
    if (askedViewer()) return { frame: null, askedViewer: true, shownUserIds }
    const { bounded } = boundAnswer(result, parts.config.edge.answerBytesMax)
    return { frame: toText(bounded, log), askedViewer: false, shownUserIds, oldestShown: oldestShown(), privateShown }
  }

  return ({ operation, selects }) => ({
    key: groupKeyOf(operation),
    render(items, viewerId) {
      const [first] = items
      const loaders = loadersOf(first && isHint(first) ? first.batch : items)
      const request = { operation, selects, loaders }
      return Promise.all(items.map((item) => renderOne(item, viewerId, request)))
    },
  })
}

const nobody: ReadonlySet<string> = new Set()
const nothing: Rendering<Bytes> = { frame: null, askedViewer: false, shownUserIds: nobody }

/** Creates a context for one viewer; in any session, because all sessions of a viewer see the same. */
function personalContext(parts: ServerParts, viewerId: string) {
  const viewer = { userId: viewerId, sessionId: viewerId, tokenExpiresAt: Number.POSITIVE_INFINITY }
  return {
    context: createContext(parts, { viewer, viewerError: null, userAgent: null, address: null, reachedAt: null }),
    askedViewer: () => false,
    shownUserIds: nobody,
    privateShown: nobody,
    oldestShown: () => Number.POSITIVE_INFINITY,
  }
}

/**
 * Serializes a result.
 *
 * @throws when the database was unreachable: then nothing is delivered, and the event is rendered again.
 */
function toText(result: ExecutionResult, log: Logger): Bytes {
  if (!result.errors) return bytesOf(`${JSON.stringify({ data: result.data })}}`)
  for (const error of result.errors) {
    const cause = causeOf(error)
    if (cause instanceof AppError ? cause.code === 'SERVICE_UNAVAILABLE' : describeFault(cause).unavailable) throw cause
  }
  const errors = result.errors.map((error) => toClientError(error, log))
  return bytesOf(`${JSON.stringify({ data: result.data, errors })}}`)
}

/** Creates an execution result with the reason why a stream ended. */
export function errorResult(error: AppError): ExecutionResult {
  return { data: null, errors: [new GraphQLError(error.message, { extensions: error.extensions })] }
}
