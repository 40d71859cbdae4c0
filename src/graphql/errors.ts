import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { operationLimits } from '../config/http.ts'
import { translateFault } from '../database/faults.ts'
import { AppError, type ErrorCode, errorCodes } from '../errors.ts'

/** The id of the current HTTP request. The response has it too. */
export const requestIds = new AsyncLocalStorage<string>()

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
    if (cause.code === 'SERVICE_UNAVAILABLE') log.warn({ err: cause }, 'an operation was unavailable')
    return new GraphQLError(cause.message, { ...place, extensions: cause.extensions })
  }
  // an error of the document or its variables: graphql's errors have no cause
  if (cause instanceof GraphQLError) {
    const code = cause.extensions.code
    return new GraphQLError(cause.message.slice(0, operationLimits.faultLengthMax), {
      nodes: cause.nodes,
      source: cause.source,
      positions: cause.positions,
      path: cause.path,
      extensions: { code: isErrorCode(code) ? code : 'BAD_USER_INPUT' },
    })
  }
  const requestId = requestIds.getStore() ?? randomUUID()
  log.error({ err: cause, requestId }, 'an operation failed with an unexpected error')
  return new GraphQLError('Something went wrong on the server. Its log has the reason under the request id.', {
    ...place,
    extensions: { code: 'INTERNAL', requestId },
  })
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code)
}
