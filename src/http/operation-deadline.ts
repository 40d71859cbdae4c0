import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type AppError, unavailable } from '../errors.ts'
import type { Context } from '../graphql/context.ts'

/**
 * Aborts operations that take too long with SERVICE_UNAVAILABLE.
 *
 * Operations aborted for another reason are answered with that reason.
 *
 * No further fields are resolved, and running resolvers start no further statement or transaction. PostgreSQL ends the
 * running statement (`statementTimeoutMs`). Committed changes stay.
 */
export function useDeadline(operationMs: number): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => executeInTime(executeFn, args, operationMs))
    },
  }
}

type Execute = (args: ExecutionArgs & { signal: AbortSignal }) => Promise<ExecutionResult> | ExecutionResult

async function executeInTime(execute: Execute, args: ExecutionArgs, operationMs: number): Promise<ExecutionResult> {
  // the context of `createContext`, with the properties that Yoga adds
  const { giveUp, signal } = args.contextValue as Context
  const givenUp = Promise.withResolvers<ExecutionResult>()
  signal.addEventListener('abort', () => givenUp.resolve(resultOf(signal.reason)), { once: true })
  const timer = setTimeout(() => {
    giveUp(unavailable(`The operation took longer than ${operationMs} ms. Request less, or try again.`))
  }, operationMs)
  try {
    const result = Promise.resolve(execute({ ...args, signal }))
    return await Promise.race([result, givenUp.promise])
  } catch (error) {
    if (signal.aborted) return await givenUp.promise
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Has `data`, because the operation was executed, at least in part. */
function resultOf(error: AppError): ExecutionResult {
  return { data: null, errors: [new GraphQLError(error.message, { cause: error })] }
}
