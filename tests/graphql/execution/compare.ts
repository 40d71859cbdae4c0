// Executes an operation by our executor and by that of graphql, and compares what comes of it.

import { execute as executeByTools } from '@graphql-tools/executor'
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { expect } from 'vitest'
import { createExecutor, type Execute } from '../../../src/graphql/execution/executor.ts'
import { type Play, schema } from './schema.ts'

/** An operation to compare. */
export interface Compared {
  readonly source: string
  readonly variables?: Record<string, unknown>
  readonly operationName?: string
  readonly seed?: number
  readonly faultShare?: number
  /** True if the operation is refused as a whole, with the errors of `@graphql-tools/executor`. */
  readonly isRefused?: boolean
}

/** Faults of resolvers, of which clients never hear: each executor has its own words for them. */
const misfit = /^(Expected|Abstract type|Runtime Object|"?\w+"? is not a possible type|Support for returning)/

/**
 * Describes an error.
 *
 * Which of several errors below the same null are told depends on which of them comes first: of these only the null is.
 */
function describeError({ message, path = [], locations, extensions }: GraphQLError, data: unknown): string {
  if (data === null && path.length > 0) return JSON.stringify({ below: [] })
  let value = data
  for (const [index, key] of path.slice(0, -1).entries()) {
    value = Object(value)[key]
    if (value === null) return JSON.stringify({ below: path.slice(0, index + 1) })
  }
  return JSON.stringify({ message: misfit.test(message) ? 'a misfit' : message, path, locations, extensions })
}

/** Describes a result: the text of its data, with the order of fields, and its errors in the order of their places. */
function describe({ data, errors, ...rest }: ExecutionResult) {
  expect(rest).toEqual({})
  const described = new Set(errors?.map((error) => describeError(error, data)))
  return { data: JSON.stringify(data), errors: errors && [...described].toSorted() }
}

/** One for each text, as servers have them: plans are kept for documents. */
const documents = new Map<string, DocumentNode>()

const play = ({ seed = 1, faultShare = 0 }: Compared): Play => ({ seed, faultShare, calls: [] })

/**
 * Compares two executions by our executor, the second by the plan of the first, with one by graphql.
 *
 * @returns the result.
 */
export async function compare(compared: Compared, ours: Execute = createExecutor()): Promise<ExecutionResult> {
  const { source, variables: variableValues = {}, operationName, isRefused = false } = compared
  const document = documents.get(source) ?? parse(source)
  documents.set(source, document)
  expect(validate(schema, document, specifiedRules).map(({ message }) => message)).toEqual([])
  const args = { schema, document, variableValues, operationName, rootValue: { root: true } } as const
  const reference = play(compared)
  const given = { ...args, contextValue: reference }
  const wanted = await (isRefused ? (executeByTools(given) as ExecutionResult) : execute(given))
  expect('data' in wanted).toBe(!isRefused)
  for (const contextValue of [play(compared), play(compared)]) {
    const result = await ours({ ...args, contextValue })
    expect(describe(result)).toEqual(describe(wanted))
    // a field beside one that fails may be resolved or not
    if (!wanted.errors) expect(contextValue.calls.toSorted()).toEqual(reference.calls.toSorted())
  }
  return wanted
}
