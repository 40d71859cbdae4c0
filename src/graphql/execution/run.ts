// One execution of a planned operation: resolves fields, and puts their errors where the specification wants them.

import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  locatedError,
  type OperationDefinitionNode,
  responsePathAsArray,
} from 'graphql'

/** The variables of an operation, after coercion. */
export type VariableValues = GraphQLResolveInfo['variableValues']

/** A place in the response. */
export type Path = GraphQLResolveInfo['path']

/** One execution of an operation. */
export interface Run {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly context: unknown
  readonly rootValue: unknown
  readonly variables: VariableValues
  /** Once it is aborted, no further field is resolved. */
  readonly signal: AbortSignal | undefined
  /** The errors of nullable fields, whose value is null. */
  readonly errors: GraphQLError[]
  /** The keys of these values, by the path of what has them. Below them nothing is an error any more. */
  readonly nulled: Map<Path | undefined, Set<string | number>>
  /** Set once there is a result: nothing is added to it, and no further field is resolved. */
  isAnswered: boolean
  /** The arguments of fields that have variables, by the index of the field. */
  readonly args: (object | undefined)[]
}

/** Completes what a resolver has returned. Throws the error of a field that cannot have the value. */
export type Complete = (run: Run, value: unknown, prev: Path | undefined, key: string | number) => unknown

/** A field or an item of a list: where the error of a value ends up. */
export interface Guard {
  readonly complete: Complete
  readonly nodes: readonly FieldNode[]
  /** The type that has the field; undefined for an item. */
  readonly typename: string | undefined
  readonly isNonNull: boolean
}

/** A field of an object type, planned once for all objects. */
export interface PlannedField extends Guard {
  /** The name in the response. */
  readonly key: string
  readonly definition: GraphQLField<unknown, unknown>
  readonly parentType: GraphQLObjectType
  /** Null for the property of its name. */
  readonly resolve: GraphQLFieldResolver<unknown, unknown> | null
  /** False if the resolver declares three parameters or fewer, so that it cannot read `info`. */
  readonly takesInfo: boolean
  /** The arguments, where no variable is among them. */
  readonly constantArgs: object | null
  /** Its place in `Run.args`. */
  readonly index: number
}

/** Tells whether a value is a promise. Those of Prisma are not instances of `Promise`. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/**
 * Checks that an operation goes on, before a value is completed that was promised.
 *
 * @throws when it is answered already, because another field has failed.
 */
export function assertGoesOn(run: Run): void {
  if (run.isAnswered) throw new Error('The operation is answered already.')
}

/** Resolves fields of an object, all at once. */
export function resolveFields(
  run: Run,
  fields: readonly PlannedField[],
  source: unknown,
  path: Path | undefined,
): unknown {
  const results: Record<string, unknown> = {}
  const keys: string[] = []
  const waiting: PromiseLike<unknown>[] = []
  try {
    for (const field of fields) {
      const value = resolveField(run, field, source, path)
      results[field.key] = value
      if (!isPromise(value)) continue
      keys.push(field.key)
      waiting.push(value)
    }
  } catch (error) {
    hearAll(waiting)
    throw error
  }
  if (waiting.length === 0) return results
  return Promise.all(waiting).then((values) => {
    for (const [index, key] of keys.entries()) results[key] = values[index]
    return results
  })
}

/** Hears of the failures of values that nothing waits for any more. */
export function hearAll(values: readonly unknown[]): void {
  void Promise.allSettled(values)
}

/** Resolves the fields of a mutation, one after another. */
export async function resolveSerially(run: Run, fields: readonly PlannedField[]): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {}
  for (const field of fields) results[field.key] = await resolveField(run, field, run.rootValue, undefined)
  return results
}

function resolveField(run: Run, field: PlannedField, source: unknown, prev: Path | undefined): unknown {
  try {
    run.signal?.throwIfAborted()
    return completeGuarded(run, field, read(run, field, source, prev), prev, field.key)
  } catch (error) {
    return fail(run, field, error, prev, field.key)
  }
}

/** Calls the resolver. Without one it reads the property, and calls it where it is a function. */
function read(run: Run, field: PlannedField, source: unknown, prev: Path | undefined): unknown {
  const { resolve, definition, takesInfo } = field
  if (resolve) {
    // a resolver that cannot read `info` is not given any: to make it takes longer than most resolvers
    const info = takesInfo ? infoOf(run, field, prev) : (undefined as unknown as GraphQLResolveInfo)
    return resolve(source, argsOf(run, field), run.context, info)
  }
  if (source === null || (typeof source !== 'object' && typeof source !== 'function')) return undefined
  const property: unknown = Reflect.get(source, definition.name)
  if (typeof property !== 'function') return property
  return property.call(source, argsOf(run, field), run.context, infoOf(run, field, prev))
}

function argsOf(run: Run, { constantArgs, definition, nodes, index }: PlannedField): object {
  if (constantArgs) return constantArgs
  const known = run.args[index]
  if (known) return known
  const args = getArgumentValues(definition, nodes[0] as FieldNode, run.variables) // a field has a node
  run.args[index] = args
  return args
}

/** Makes the `info` that tells of what type a value is. For an item it is that of the field with the list. */
export function infoOfValue(
  run: Run,
  field: PlannedField,
  prev: Path | undefined,
  key: string | number,
): GraphQLResolveInfo {
  if (typeof key === 'string') return infoOf(run, field, prev)
  let path = prev
  while (path && typeof path.key === 'number') path = path.prev
  return infoOf(run, field, path?.prev)
}

/** Makes the fourth argument of resolvers. */
function infoOf(run: Run, field: PlannedField, prev: Path | undefined): GraphQLResolveInfo {
  const { schema, operation, fragments, rootValue, variables, signal } = run
  return {
    ...{ schema, operation, fragments, rootValue, variableValues: variables },
    fieldName: field.definition.name,
    fieldNodes: field.nodes,
    returnType: field.definition.type,
    parentType: field.parentType,
    path: { prev, key: field.key, typename: field.typename },
    getAbortSignal: () => signal,
    getAsyncHelpers: () => ({ promiseAll: (values) => Promise.all(values), track: hearAll }),
  }
}

/** Completes a value, or the one that is promised. Its error is recorded, or thrown where the type is non-null. */
export function completeGuarded(
  run: Run,
  guard: Guard,
  value: unknown,
  prev: Path | undefined,
  key: string | number,
): unknown {
  try {
    const completed = isPromise(value)
      ? // thenables of libraries may not return promises
        Promise.resolve(value).then((settled) => {
          assertGoesOn(run)
          return guard.complete(run, settled, prev, key)
        })
      : guard.complete(run, value, prev, key)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error: unknown) => fail(run, guard, error, prev, key))
  } catch (error) {
    return fail(run, guard, error, prev, key)
  }
}

/**
 * Records the error of a value, which becomes null, unless it is below one that has become so.
 *
 * @throws the error, with its place, where the type is non-null: the parent fails with it.
 */
function fail(run: Run, guard: Guard, cause: unknown, prev: Path | undefined, key: string | number): null {
  const path = responsePathAsArray({ prev, key, typename: guard.typename })
  const error = locatedError(cause, guard.nodes, path)
  if (guard.isNonNull) throw error
  if (run.isAnswered || isBelowNull(run, prev, key)) return null
  run.errors.push(error)
  const keys = run.nulled.get(prev)
  if (keys) keys.add(key)
  else run.nulled.set(prev, new Set([key]))
  return null
}

function isBelowNull(run: Run, prev: Path | undefined, key: string | number): boolean {
  if (run.nulled.get(prev)?.has(key)) return true
  return prev !== undefined && isBelowNull(run, prev.prev, prev.key)
}
