// Executes an operation by graphql and by an executor of the server, and shows all that may differ.

import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphQL,
  GraphQLError,
  parse,
  validate,
} from 'graphql'
import { causeOf } from '../../src/graphql/errors.ts'
import { takeApart } from '../../src/graphql/execution/document.ts'
import { createExecutor } from '../../src/graphql/execution/executor.ts'
import { createSchema, type Seen } from './comparison-schema.ts'

/** An operation to compare. */
export interface Case {
  readonly document: string
  /** Makes the root value of each execution. */
  readonly root?: () => unknown
  /** The variables of executions of the same document, one after another. */
  readonly variables?: readonly Readonly<Record<string, unknown>>[]
  readonly operationName?: string
  /** True for a document that has no plan. */
  readonly isRare?: boolean
  /** True where the document does not pass validation. */
  readonly isInvalid?: boolean
  /** Where errors have other words than those of graphql; and are of the server, where those are of the document. */
  readonly errors?: 'other words' | 'of the server'
}

export const schema = createSchema()

/** Resolves to a value after turns of the event loop. */
export async function later<T>(value: T | (() => T), turns = 1): Promise<T> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
  return typeof value === 'function' ? (value as () => T)() : value
}

/** Returns a function that throws. */
export function throws(error: unknown): () => never {
  return () => {
    throw error
  }
}

type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => unknown

/** Makes a promise like those of libraries, which are no instances of `Promise`. Its `then` returns no promise. */
export function thenable(then: Then): object {
  const made = {}
  Reflect.set(made, 'then', then)
  return made
}

/** Makes a thenable that settles in the next turn of the event loop. */
export function foreign(settle: () => unknown): object {
  return thenable((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(settle())
      } catch (error) {
        reject(error)
      }
    })
  })
}

type Execute = (args: ExecutionArgs) => ExecutionResult | PromiseLike<ExecutionResult>

/** The results of a case for each of its variables. */
export interface Comparison {
  /** Those of graphql. */
  readonly expected: readonly unknown[]
  /** Those by new plans. */
  readonly first: readonly unknown[]
  /** Those by plans that were kept. */
  readonly again: readonly unknown[]
}

/** Executes a case as graphql does, and twice by an executor. */
export async function compare(one: Case): Promise<Comparison> {
  const document = parse(one.document)
  const faults = validate(schema, document).map(({ message }) => message)
  if (one.isInvalid ? faults.length === 0 : faults.length > 0) throw new Error(`Validation says: ${faults.join(' ')}`)
  if ((takeApart(document) === null) !== (one.isRare ?? false)) throw new Error('isRare is not what the document is')
  const execute = createExecutor()
  return {
    expected: await showAll(one, document, executeByGraphQL),
    first: await showAll(one, document, execute),
    again: await showAll(one, document, execute),
  }
}

async function showAll(one: Case, document: DocumentNode, execute: Execute): Promise<unknown[]> {
  const shown = []
  for (const variableValues of one.variables ?? [undefined]) {
    const { operationName, root } = one
    const rootValue = root?.()
    const contextValue: Seen = { calls: [], infos: [], root: rootValue }
    const args = { schema, document, operationName, variableValues, rootValue, contextValue }
    shown.push(await show(execute, args, one))
  }
  return shown
}

/** Turns of the event loop after which nothing of an operation goes on. */
const turnsMax = 24

async function show(execute: Execute, args: ExecutionArgs, one: Case): Promise<unknown> {
  const result = await run(execute, args)
  const text = JSON.stringify(result)
  // errors that come too late must not be added
  await later(undefined, turnsMax)
  const errors = result.errors?.map((error) => describeError(error, one))
  if (one.errors === 'of the server' && execute !== executeByGraphQL) assertOfServer(result)
  const { calls, infos } = args.contextValue as Seen
  const shown = one.errors ? { data: result.data } : { text, late: JSON.stringify(result) }
  return { ...shown, errors, calls, infos }
}

async function run(execute: Execute, args: ExecutionArgs): Promise<ExecutionResult> {
  try {
    return await execute(args)
  } catch (error) {
    return { data: null, errors: [error as GraphQLError] }
  }
}

function describeError(error: GraphQLError, one: Case): unknown {
  const { message, path, locations, extensions, nodes } = error
  const place = { path, locations, nodes: nodes?.map(({ loc }) => loc?.start) }
  const cause = causeOf(error)
  return one.errors ? place : { ...place, message, extensions, cause: String(cause), kind: cause?.constructor.name }
}

function assertOfServer({ errors = [] }: ExecutionResult): void {
  const shown = errors.filter((error) => causeOf(error) instanceof GraphQLError)
  if (shown.length > 0) throw new Error(`Clients would see: ${shown.join(', ')}`)
}
