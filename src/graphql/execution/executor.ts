import { execute as executeAny } from '@graphql-tools/executor'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql'
import { operationLimits } from '../../config/http.ts'
import { type DocumentParts, takeApart } from './document.ts'
import { planOperation } from './plan.ts'
import { type PlannedField, type Run, resolveFields, resolveSerially } from './run.ts'

/** Executes an operation, or a stream item of a subscription. The schema has no `@defer`. */
export type Execute = (args: ExecutionArgs & { signal?: AbortSignal }) => ExecutionResult | Promise<ExecutionResult>

/** The plans of a document: for each operation and each choice of its conditions. */
interface DocumentPlans {
  readonly parts: DocumentParts
  readonly plans: Map<string, readonly PlannedField[]>
}

/**
 * Creates the executor of a server.
 *
 * It follows the specification as `execute` of graphql does, with which tests compare it. What it does not do again for each
 * operation is found once for each document: the fields of each type, their resolvers, arguments and completion. A page of
 * 50 messages takes half of the time so. Documents with something rare are executed by `@graphql-tools/executor`.
 */
export function createExecutor(): Execute {
  /** Null for a document that is not planned. */
  let plansOf = new WeakMap<DocumentNode, DocumentPlans | null>()
  let planned = 0

  function onPlanned(count: number): void {
    planned += count
    if (planned <= operationLimits.plannedFieldsMax) return
    // executions under way go on with theirs
    plansOf = new WeakMap()
    planned = 0
  }

  function findPlans(document: DocumentNode): DocumentPlans | null {
    const known = plansOf.get(document)
    if (known !== undefined) return known
    const parts = takeApart(document)
    const plans = parts && { parts, plans: new Map<string, readonly PlannedField[]>() }
    plansOf.set(document, plans)
    return plans
  }

  return (args) => {
    const { schema, document, operationName, rootValue, contextValue: context, signal } = args
    const found = findPlans(document)
    const operation = found && findOperation(found.parts, operationName)
    const given = args.variableValues ?? {}
    const variables = operation && getVariableValues(schema, operation.variableDefinitions ?? [], given).variableValues
    // the other executor says what is wrong with the operation or the variables
    if (!found || !operation || !variables || hasNull(found.parts, variables.coerced))
      return executeAny(args) as ExecutionResult | Promise<ExecutionResult>
    signal?.throwIfAborted()
    const { fragments, conditions } = found.parts
    const key = `${operationName ?? ''} ${conditions.map((name) => (variables.coerced[name] === true ? 1 : 0)).join('')}`
    let fields = found.plans.get(key)
    if (!fields) {
      if (found.plans.size >= operationLimits.plansPerDocumentMax) found.plans.clear()
      fields = planOperation({ schema, operation, fragments, conditions: variables.coerced, onPlanned })
      found.plans.set(key, fields)
    }
    const errors: GraphQLError[] = []
    return execute(fields, {
      schema,
      operation,
      fragments,
      context,
      rootValue,
      variables,
      signal,
      errors,
      nulled: new Map(),
      isAnswered: false,
      args: [],
    })
  }
}

/** Finds the operation to execute; null when there is none of that name, or several without one. */
function findOperation({ operations }: DocumentParts, name: string | null | undefined): OperationDefinitionNode | null {
  const [only, ...others] = operations
  if (name === null || name === undefined) return others.length === 0 ? (only ?? null) : null
  return operations.find((operation) => operation.name?.value === name) ?? null
}

/** Tells whether a condition is null: a variable with a default may be. */
function hasNull({ conditions }: DocumentParts, variables: Readonly<Record<string, unknown>>): boolean {
  return conditions.some((name) => variables[name] === null)
}

function execute(fields: readonly PlannedField[], run: Run): ExecutionResult | Promise<ExecutionResult> {
  const fail = (error: GraphQLError) => {
    run.errors.push(error)
    return toResult(run, null)
  }
  try {
    const data =
      run.operation.operation === 'mutation'
        ? resolveSerially(run, fields)
        : resolveFields(run, fields, run.rootValue, undefined)
    return data instanceof Promise ? data.then((settled) => toResult(run, settled), fail) : toResult(run, data)
  } catch (error) {
    // only errors of fields come here
    return fail(error as GraphQLError)
  }
}

function toResult(run: Run, data: unknown): ExecutionResult {
  run.isAnswered = true
  const { errors } = run
  // the data of an operation is an object
  const result = { data: data as Record<string, unknown> | null }
  return errors.length === 0 ? result : { errors, ...result }
}
