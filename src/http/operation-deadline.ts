import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql'
import { type AppError, unavailable } from '../errors.ts'
import type { Context } from '../graphql/context.ts'

type Execute = (args: ExecutionArgs & { signal: AbortSignal }) => Promise<ExecutionResult> | ExecutionResult

/**
 * Creates the function that executes an operation within its time.
 *
 * It aborts operations that take too long with SERVICE_UNAVAILABLE. Operations aborted for another reason are answered with
 * that reason. No further fields are resolved, and running resolvers start no further statement or transaction. PostgreSQL
 * ends the running statement (`statementTimeoutMs`). Committed changes stay.
 */
export function createDeadline(
  operationMs: number,
): (execute: Execute, args: ExecutionArgs) => Promise<ExecutionResult> {
  return (execute, args) => {
    // the context of `createContext`, to which Yoga adds properties
    const { giveUp, signal } = args.contextValue as Context
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        giveUp(unavailable(`The operation took longer than ${operationMs} ms. Request less, or try again.`))
      }, operationMs)
      const answerAborted = () => {
        clearTimeout(timer)
        resolve(resultOf(signal.reason))
      }
      signal.addEventListener('abort', answerAborted, { once: true })
      // an operation that was aborted is answered already
      void run(execute, { ...args, signal })
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
  }
}

/** Executes, and rejects also when the executor throws. */
async function run(execute: Execute, args: ExecutionArgs & { signal: AbortSignal }): Promise<ExecutionResult> {
  return execute(args)
}

/** Makes the result of an aborted operation. It has `data`, because a part may have been executed. */
function resultOf(error: AppError): ExecutionResult {
  return { data: null, errors: [new GraphQLError(error.message, { cause: error })] }
}
