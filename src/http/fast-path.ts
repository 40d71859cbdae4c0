import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ExecutionResult, type GraphQLSchema, getOperationAST } from 'graphql'
import type { Logger } from 'pino'
import { type Config, limits } from '../config/config.ts'
import { connectionLimits } from '../config/http.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { type Caller, createContext, type ServerParts } from '../graphql/context.ts'
import { causeOf, masked, toClientError } from '../graphql/errors.ts'
import { type Authenticate, findCaller } from './caller.ts'
import type { AddressOf } from './client-address.ts'
import type { GraphQLEngine } from './graphql-engine.ts'
import type { OperationCounter } from './operation-counter.ts'
import { type OperationWatch, traceparentOf } from './operation-watch.ts'
import { exposedHeaders, isAllowedOrigin } from './origin.ts'
import type { WaitForTurn } from './parse-queue.ts'
import { reachedAt } from './reached-at.ts'
import type { WatchedOperation } from './request-context.ts'
import { type TrustedDocuments, withText } from './trusted-documents.ts'
import type { GraphQLServer } from './yoga.ts'

/** The parts of the server that the fast path needs. */
export interface FastPathOptions {
  readonly graphql: GraphQLServer
  readonly engine: GraphQLEngine
  readonly schema: GraphQLSchema
  readonly parts: ServerParts
  readonly config: Config
  readonly authenticate: Authenticate
  readonly addressOf: AddressOf
  readonly counter: OperationCounter
  readonly log: Logger
  readonly waitForTurn: WaitForTurn
  readonly watch: OperationWatch
  readonly trusted: TrustedDocuments
}

/** A query or mutation as JSON. */
interface Parameters {
  readonly query: string
  readonly operationName?: string | null
  readonly variables?: Record<string, unknown> | null
}

/** Gives the result of an operation that is ready. */
interface Run {
  (): Promise<ExecutionResult>
  /** True if that says why it was refused. */
  readonly isRefusal?: boolean
}

/**
 * Creates the fast path past Yoga for queries and mutations in JSON.
 *
 * Yoga creates fetch objects for each request, which is a third of the CPU time of a send. Here the operation goes from
 * Node's objects through the same parsing, validation and execution. Unusual requests, and most requests refused before
 * they run, go to Yoga, which alone decides how they are answered. Requests refused for their weight are answered here, so
 * that they are not read a second time.
 */
export function createFastPath(options: FastPathOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { graphql, config, log, watch } = options

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const watched = watch.begin('http', traceparentOf(request))
    const bytes = await readBody(request)
    const run = await prepare(options, { request, bytes, watched }).catch(refuse)
    const result = await run?.()
    // without data nothing was executed, for example because of a variable
    if (result && ('data' in result || run?.isRefusal)) {
      send(response, { request, result, config })
      watch.end(watched, result.errors)
    }
    // Yoga does not read again a body that is there already
    else await graphql(Object.assign(request, { body: isUtf8(bytes) ? textOf(bytes) : bytes }), response)
  }

  /** Answers what is refused for its weight, which costs no more than that; null for what Yoga is to say. */
  function refuse(error: unknown): Run | null {
    const cause = causeOf(error)
    if (!(cause instanceof AppError && isOfWeight.has(cause.code))) return null
    return Object.assign(async () => ({ errors: [toClientError(cause, log)] }), { isRefusal: true })
  }

  return (request, response) => {
    // a client that breaks off its body gets no answer
    if (isUsual(request)) void answer(request, response).catch(() => response.destroy())
    else void graphql(request, response)
  }
}

/** Codes of what is refused because it is too much. */
const isOfWeight: ReadonlySet<string> = new Set<ErrorCode>(['RATE_LIMITED', 'OPERATION_TOO_COMPLEX'])

function isUsual({ method, headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length'])
  return (
    method === 'POST' &&
    length > 0 &&
    length <= limits.requestBytesMax &&
    headers['content-encoding'] === undefined &&
    /^application\/json(; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '') &&
    answerType(headers.accept) !== null
  )
}

/** The media type of the response, from the first accepted one; null leaves the request to Yoga. */
function answerType(accept = '*/*'): string | null {
  const [first = ''] = accept.split(/[,;]/, 1)
  if (first === '*/*' || first === 'application/json') return 'application/json; charset=utf-8'
  return first === 'application/graphql-response+json' ? 'application/graphql-response+json; charset=utf-8' : null
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
  })
}

/** A text without a byte order mark. */
function textOf(bytes: Buffer): string {
  return bytes.toString().replace(/^\uFEFF/, '')
}

function parseParameters(text: string, trusted: TrustedDocuments): Parameters | null {
  try {
    // clients add extensions that this server does not know
    const { query, operationName, variables, extensions, ...rest } = withText(trusted, JSON.parse(text))
    const isPlain =
      typeof query === 'string' &&
      (typeof operationName === 'string' || (operationName ?? null) === null) &&
      typeof (variables ?? {}) === 'object' &&
      !Array.isArray(variables) &&
      typeof (extensions ?? {}) === 'object' &&
      !Array.isArray(extensions) &&
      Object.keys(rest).length === 0
    return isPlain ? { query, operationName: operationName || null, variables } : null
  } catch {
    return null
  }
}

/** Makes an operation ready; null when it may not run, is a subscription, or cannot be read here. */
async function prepare(
  options: FastPathOptions,
  { request, bytes, watched }: { request: IncomingMessage; bytes: Buffer; watched: WatchedOperation },
): Promise<Run | null> {
  const { authenticate, addressOf, counter } = options
  const { headers } = request
  const caller = await findCaller(authenticate, {
    authorization: headers.authorization ?? null,
    userAgent: headers['user-agent'] ?? null,
    address: addressOf(request),
    reachedAt: reachedAt(headers),
  })
  watched.userId = caller.viewer?.userId ?? null
  watched.address = caller.address
  counter.admit(caller, bytes.byteLength)
  const params = isUtf8(bytes) ? parseParameters(textOf(bytes), options.trusted) : null
  return params && prepareFor(options, { caller, params, watched })
}

/** The same for a caller that is known. */
async function prepareFor(
  { engine, schema, parts, waitForTurn, log }: FastPathOptions,
  { caller, params, watched }: { caller: Caller; params: Parameters; watched: WatchedOperation },
): Promise<Run | null> {
  const { query, operationName = null, variables: variableValues } = params
  watched.operationName = operationName
  await waitForTurn(query, caller)
  const { document, answerBytes } = engine.read(query, params, caller)
  watched.document = document
  const kind = getOperationAST(document, operationName)?.operation
  if (!kind || kind === 'subscription' || engine.validate(document, caller).length > 0) return null
  const contextValue = createContext(parts, caller)
  const args = { schema, document, operationName, variableValues, contextValue }
  return async () => masked(await engine.execute(args, { answerBytes, by: caller }), log)
}

function send(
  response: ServerResponse,
  { request, result, config }: { request: IncomingMessage; result: ExecutionResult; config: Config },
): void {
  const { accept, origin, host = null } = request.headers
  const text = JSON.stringify(result)
  // a long string would be encoded twice: to count its bytes, and by the write
  const body = text.length < connectionLimits.largeTextLength ? text : Buffer.from(text)
  const length = Buffer.byteLength(body)
  response.setHeader('content-type', answerType(accept) ?? 'application/json')
  response.setHeader('content-length', length)
  if (origin !== undefined && isAllowedOrigin(config, { origin, host })) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-expose-headers', exposedHeaders.join(', '))
  }
  // ASCII, as most responses are, is copied without being encoded
  response.end(body, length === text.length ? 'latin1' : 'utf8')
}
