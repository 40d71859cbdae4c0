// The size of responses: limited, and counted against the caller.

import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { createFairSemaphore } from '../concurrency/fair-semaphore.ts'
import { heavyPlaces, operationLimits } from '../config/http.ts'
import { AppError, unavailable } from '../errors.ts'
import { answerTooLarge } from '../graphql/context.ts'
import { causeOf } from '../graphql/errors.ts'
import { type TakeTurn, turnKeyOf } from './fair-scheduler.ts'
import type { CountedCaller, OperationCounter } from './operation-counter.ts'

/** Bytes that an error counts as: message, locations and path. */
const bytesOfError = 256

/** Options of the limits of responses. */
export interface AnswerLimits {
  /** Bytes of one response. */
  readonly bytesMax: number
  readonly counter: OperationCounter
  readonly takeTurn: TakeTurn
}

/** An operation, as far as its response is limited. */
export interface AnsweredOperation {
  /** The maximum bytes of its response. */
  readonly answerBytes: number
  readonly by: CountedCaller
}

/**
 * Creates the function that runs executions within the limits of responses.
 *
 * Bytes of responses are counted against the caller: the maximum before the execution, and the unused rest is refunded.
 * Executions that may become large share a few slots, and large responses are written in turns.
 */
export function createAnswerLimits({
  bytesMax,
  counter,
  takeTurn,
}: AnswerLimits): (operation: AnsweredOperation, run: () => Promise<ExecutionResult>) => Promise<ExecutionResult> {
  const waitToWrite = createAnswerTurns(takeTurn)
  const acquire = createFairSemaphore(heavyPlaces)
  return async ({ answerBytes, by }, run) => {
    const counted = countOf(Math.min(answerBytes, bytesMax))
    counter.charge(by, counted)
    const isHeavy = answerBytes > operationLimits.heavyAnswerBytes
    const claimant = { userId: turnKeyOf(by), address: by.address ?? '' }
    let bytes = 0
    let result: ExecutionResult
    let bounded: ExecutionResult
    try {
      result = await (isHeavy ? acquire(claimant, run).catch(toResult) : run())
      ;({ bounded, bytes } = boundAnswer(result, bytesMax))
    } finally {
      counter.charge(by, countOf(bytes) - counted)
    }
    if (bounded !== result || bytes <= operationLimits.largeAnswerBytes) return bounded
    const turn = waitToWrite(turnKeyOf(by), bytes)
    // what a mutation did is done: the client must not take this for a refusal
    if (!turn) return failed(unavailable('The operation was executed, but the server has too many responses to write.'))
    await turn
    return bounded
  }
}

/** Limits the bytes of each event of Yoga's streams. */
export function useEventLimits(bytesMax: number): Plugin {
  return {
    onSubscribe: () => ({
      onSubscribeResult: () => ({
        onNext({ result, setResult }) {
          const { bounded } = boundAnswer(result, bytesMax)
          if (bounded !== result) setResult(bounded)
        },
      }),
    }),
  }
}

/**
 * Replaces a response that is too large by an error, before it is serialized.
 *
 * @returns the response or OPERATION_TOO_COMPLEX, and the bytes that were made: at most the limit and one value.
 */
export function boundAnswer(
  result: ExecutionResult,
  bytesMax: number,
): { readonly bounded: ExecutionResult; readonly bytes: number } {
  // the executor continues for a moment after the response has become too large
  const tooLarge = result.errors?.map(causeOf).find(isTooLarge)
  if (tooLarge) return { bounded: failed(tooLarge), bytes: bytesMax }
  const bytes = bytesOf(result.data, (result.errors?.length ?? 0) * bytesOfError, bytesMax)
  return { bounded: bytes > bytesMax ? failed(answerTooLarge(bytesMax)) : result, bytes }
}

/** Makes a response of an error for clients. Throws every other error again. */
function toResult(error: unknown): ExecutionResult {
  if (error instanceof AppError) return failed(error)
  throw error
}

/** Has `data`, because the operation may have been executed. */
function failed(error: AppError): ExecutionResult {
  return { data: null, errors: [new GraphQLError(error.message, { cause: error })] }
}

function isTooLarge(cause: unknown): cause is AppError {
  return cause instanceof AppError && cause.code === 'OPERATION_TOO_COMPLEX'
}

/** Creates the queue of large responses. The returned function returns null when too many bytes wait. */
export function createAnswerTurns(takeTurn: TakeTurn): (key: string, bytes: number) => Promise<void> | null {
  const { callerAnswerBytesWaitingMax, answerBytesWaitingMax } = operationLimits
  const bytesOfCaller = new Map<string, number>()
  let total = 0
  const add = (key: string, bytes: number) => {
    total += bytes
    const sum = (bytesOfCaller.get(key) ?? 0) + bytes
    if (sum > 0) bytesOfCaller.set(key, sum)
    else bytesOfCaller.delete(key)
  }
  return (key, bytes) => {
    const sum = (bytesOfCaller.get(key) ?? 0) + bytes
    if (sum > callerAnswerBytesWaitingMax || total + bytes > answerBytesWaitingMax) return null
    add(key, bytes)
    return takeTurn(key).finally(() => add(key, -bytes))
  }
}

function countOf(bytes: number): number {
  return Math.floor(bytes / operationLimits.answerBytesPerCount)
}

/** Shorter texts count one byte per character: measuring them would take longer than sending them. */
const shortText = 100

/** Adds the bytes of a value to a total, and stops above the limit. */
function bytesOf(value: unknown, before: number, bytesMax: number): number {
  if (typeof value === 'string')
    return before + 2 + (value.length < shortText ? value.length : Buffer.byteLength(value))
  if (typeof value !== 'object' || value === null) return before + 5
  let bytes = before + 2
  if (Array.isArray(value)) {
    for (const item of value) {
      bytes = bytesOf(item, bytes + 1, bytesMax)
      if (bytes > bytesMax) return bytes
    }
    return bytes
  }
  // a list of its entries would take longer than to count them: objects of responses inherit nothing
  for (const name in value) {
    bytes = bytesOf(Reflect.get(value, name), bytes + name.length + 4, bytesMax)
    if (bytes > bytesMax) return bytes
  }
  return bytes
}
