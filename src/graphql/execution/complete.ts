// Values of resolvers become values of the response, by the type of their field: section 6.4.3 of the GraphQL specification.

import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import {
  type Complete,
  completeGuarded,
  type Guard,
  infoOf,
  isPromise,
  type Path,
  type PlannedField,
  type Run,
  resolveFields,
  throwAfter,
} from './run.ts'

/** Plans the fields that nodes select of an object type. */
export type PlanFields = (type: GraphQLObjectType, nodes: readonly FieldNode[]) => readonly PlannedField[]

/** The field that a completer is for. */
export interface Completed {
  /** Its plan, once there is one. */
  readonly field: () => PlannedField
  readonly nodes: readonly FieldNode[]
  /** Such as `Message.author`. */
  readonly coordinate: string
  readonly typename: string
  readonly planFields: PlanFields
}

/** Creates the completer of a type. */
export function completerOf(type: GraphQLOutputType, completed: Completed, isItem = false): Complete {
  if (isNonNullType(type)) {
    const complete = completerOf(type.ofType, completed, isItem)
    return (run, value, prev, key) => {
      const result = complete(run, value, prev, key)
      if (result === null) throw new Error(`Cannot return null for non-nullable field ${completed.coordinate}.`)
      return result
    }
  }
  const typename = isItem ? undefined : completed.typename
  const complete = isLeafType(type)
    ? leaf(type)
    : isListType(type)
      ? list(type, completed, typename)
      : isAbstractType(type)
        ? abstract(type, completed, typename)
        : object(type, completed, typename)
  return (run, value, prev, key) => {
    if (value === null || value === undefined) return null
    if (typeof value === 'object' && value instanceof Error) throw value
    return complete(run, value, prev, key)
  }
}

function leaf(type: GraphQLLeafType): Complete {
  return (_, value) => {
    const result = serialize(type, value)
    if (result !== null && result !== undefined) return result
    throw new Error(`Expected ${type.name} to serialize ${String(value)} to a value that is not null.`)
  }
}

/** Serializes a value. An error is of the server, and not of the document, as errors of GraphQL are. */
function serialize(type: GraphQLLeafType, value: unknown): unknown {
  try {
    return type.coerceOutputValue(value)
  } catch (error) {
    throw error instanceof GraphQLError ? new Error(error.message) : error
  }
}

function list(type: GraphQLList<GraphQLOutputType>, completed: Completed, typename: string | undefined): Complete {
  const { nodes, coordinate } = completed
  const item: Guard = {
    complete: completerOf(type.ofType, completed, true),
    nodes,
    typename: undefined,
    isNonNull: isNonNullType(type.ofType),
  }
  return (run, value, prev, key) => {
    if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) {
      throw new Error(`Expected Iterable, but did not find one for field "${coordinate}".`)
    }
    const path = { prev, key, typename }
    const results: unknown[] = []
    let waits = false
    try {
      for (const one of value as Iterable<unknown>) {
        const result = completeGuarded(run, item, one, path, results.length)
        results.push(result)
        waits ||= isPromise(result)
      }
    } catch (error) {
      return throwAfter(waits ? results : [], error)
    }
    return waits ? Promise.all(results) : results
  }
}

function object(type: GraphQLObjectType, completed: Completed, typename: string | undefined): Complete {
  const { isTypeOf } = type
  let fields: readonly PlannedField[] | null = null
  const resolve = (run: Run, value: unknown, path: Path) => {
    fields ??= completed.planFields(type, completed.nodes)
    return resolveFields(run, fields, value, path)
  }
  if (!isTypeOf) return (run, value, prev, key) => resolve(run, value, { prev, key, typename })
  const resolveIf = (is: boolean, run: Run, value: unknown, path: Path) => {
    if (!is) throw new Error(`Expected value of type "${type.name}".`)
    return resolve(run, value, path)
  }
  return (run, value, prev, key) => {
    const path = { prev, key, typename }
    const is = isTypeOf(value, run.context, infoOf(run, completed.field(), beforeField(prev, key)))
    return isPromise(is)
      ? is.then((settled) => resolveIf(settled === true, run, value, path))
      : resolveIf(is, run, value, path)
  }
}

/** Finds the place of the object that has a field, from the place before one of its values. */
function beforeField(prev: Path | undefined, key: string | number): Path | undefined {
  let [before, last] = [prev, key]
  // an item of its list, or of a list in that
  while (typeof last === 'number' && before) [before, last] = [before.prev, before.key]
  return before
}

function abstract(type: GraphQLAbstractType, completed: Completed, typename: string | undefined): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver
  const byName = new Map<string, Complete>()
  const ofName = (run: Run, name: unknown): Complete => {
    const known = byName.get(String(name))
    if (known) return known
    const found = typeof name === 'string' ? run.schema.getType(name) : undefined
    if (!isObjectType(found) || !run.schema.isSubType(type, found)) {
      throw new Error(
        `"${String(name)}" is not a possible type for "${type.name}", of field "${completed.coordinate}".`,
      )
    }
    const complete = object(found, completed, typename)
    byName.set(found.name, complete)
    return complete
  }
  return (run, value, prev, key) => {
    const info = infoOf(run, completed.field(), beforeField(prev, key))
    const name: unknown = resolveType(value, run.context, info, type)
    return isPromise(name)
      ? name.then((settled) => ofName(run, settled)(run, value, prev, key))
      : ofName(run, name)(run, value, prev, key)
  }
}
