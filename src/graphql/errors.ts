import { randomUUID } from 'node:crypto'
import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { operationLimits } from '../config/http.ts'
import { translateFault } from '../database/faults.ts'
import { AppError, type ErrorCode, errorCodes } from '../errors.ts'
import { requestId } from '../tracing/request.ts'

/** Unwraps an error that GraphQL has wrapped, any number of times. */
export function causeOf(error: unknown): unknown {
  let cause: unknown = error
  for (let depth = 0; depth < 8 && cause instanceof GraphQLError; depth++) {
    if (!cause.cause) break
    cause = cause.cause
  }
  return cause
}

/**
 * Converts an error into one that clients may see, with a code of the closed list.
 *
 * AppErrors and document errors keep their messages. Unknown errors are logged under a request id and masked.
 */
export function toClientError(error: unknown, log: Logger): GraphQLError {
  const cause = translateFault(causeOf(error))
  const place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  if (cause instanceof AppError) {
    if (cause.code === 'SERVICE_UNAVAILABLE')
      log.warn({ err: cause, requestId: requestId() }, 'an operation was unavailable')
    // a logged error is found by its id
    const loggedId = cause.code === 'SERVICE_UNAVAILABLE' ? requestId() : undefined
    const extensions = loggedId === undefined ? cause.extensions : { ...cause.extensions, requestId: loggedId }
    return new GraphQLError(cause.message, { ...place, extensions })
  }
  // an error of the document or its variables: graphql's errors have no cause
  if (cause instanceof GraphQLError) {
    const ofVariable = error instanceof GraphQLError ? variableError(error, cause) : null
    if (ofVariable) return ofVariable
    const code = cause.extensions.code
    return new GraphQLError(cause.message.slice(0, operationLimits.faultLengthMax), {
      nodes: cause.nodes,
      source: cause.source,
      positions: cause.positions,
      path: cause.path,
      extensions: { code: isErrorCode(code) ? code : 'BAD_USER_INPUT' },
    })
  }
  const id = requestId() ?? randomUUID()
  log.error({ err: cause, requestId: id }, 'an operation failed with an unexpected error')
  return new GraphQLError('Something went wrong on the server. Its log has the reason under the request id.', {
    ...place,
    extensions: { code: 'INTERNAL', requestId: id },
  })
}

/** Converts the errors of a result into ones that clients may see. */
export function masked(result: ExecutionResult, log: Logger): ExecutionResult {
  return result.errors ? { ...result, errors: result.errors.map((error) => toClientError(error, log)) } : result
}

/** The beginning of the message of an invalid variable: by graphql, or by the executor, which adds the value. */
const variablePrefix = /^Variable "\$(\w+)" (?:has invalid value([^:]*): |got invalid value )/

const missingVariable = /^Variable "\$(\w+)" of .*(was not provided|must not be null)\.$/

/** Creates the error of an invalid variable, with the path of the wrong value; null for all other errors. */
function variableError(error: GraphQLError, { message }: GraphQLError): GraphQLError | null {
  const [, missing, why = ''] = missingVariable.exec(message) ?? []
  if (missing) {
    const fields = [{ path: missing, message: why }]
    return new GraphQLError(message, { nodes: error.nodes, extensions: { code: 'BAD_USER_INPUT', fields } })
  }
  const [, name = '', named] = variablePrefix.exec(error.message) ?? []
  if (name === '' || error.message === message) return null
  // the path is behind the value, which may have any text
  const place = error.message.slice(0, -`; ${message}`.length)
  const path = named?.replace(/^ at /, '') ?? / at "\w+([^"]*)"$/.exec(place)?.[1] ?? ''
  // it is told twice
  const reason = message.slice(0, operationLimits.faultLengthMax / 2)
  return new GraphQLError(`Variable "$${name}" has invalid value${path && ` at ${path}`}: ${reason}`, {
    nodes: error.nodes,
    extensions: { code: 'BAD_USER_INPUT', fields: [{ path: path.replace(/^\./, '') || name, message: reason }] },
  })
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code)
}
