import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type AppError, unavailable } from '../errors.ts'
import type { Context } from '../graphql/context.ts'

/**
 * Answers operations that take too long with SERVICE_UNAVAILABLE.
 *
 * Those that are given up for another reason are answered with it.
 *
 * None of their fields is resolved any more, and what is being resolved begins no other statement or transaction. The
 * statement that runs is ended by PostgreSQL (`statementTimeoutMs`). What was committed stays.
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
  // the context that `createContext` made, among what Yoga adds to it
  const { giveUp, signal } = args.contextValue as Context
  const givenUp = Promise.withResolvers<ExecutionResult>()
  signal.addEventListener('abort', () => givenUp.resolve(resultOf(signal.reason)), { once: true })
  const timer = setTimeout(() => {
    giveUp(unavailable(`The operation took longer than ${operationMs} ms. Ask for less, or try again.`))
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

/** With data, because the operation was executed, at least in part. */
function resultOf(error: AppError): ExecutionResult {
  return { data: null, errors: [new GraphQLError(error.message, { cause: error })] }
}
