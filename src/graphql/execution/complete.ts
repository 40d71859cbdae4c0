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
  assertGoesOn,
  type Complete,
  completeGuarded,
  type Guard,
  hearAll,
  infoOfValue,
  isPromise,
  type Path,
  type PlannedField,
  type Run,
  resolveFields,
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
    const items = (value as Iterable<unknown>)[Symbol.iterator]()
    try {
      for (let next = items.next(); !next.done; next = items.next()) {
        const result = completeGuarded(run, item, next.value, path, results.length)
        results.push(result)
        waits ||= isPromise(result)
      }
    } catch (error) {
      hearAll([...results, ...restOf(items)])
      throw error
    }
    return waits ? Promise.all(results) : results
  }
}

/** Takes the items that are left, up to one that cannot be had. */
function restOf(items: Iterator<unknown>): unknown[] {
  const rest: unknown[] = []
  try {
    for (let next = items.next(); !next.done; next = items.next()) rest.push(next.value)
  } catch {
    // the list has failed already
  }
  return rest
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
    const is = isTypeOf(value, run.context, infoOfValue(run, completed.field(), prev, key))
    return isPromise(is)
      ? Promise.resolve(is).then((settled) => {
          assertGoesOn(run)
          return resolveIf(Boolean(settled), run, value, path)
        })
      : resolveIf(is, run, value, path)
  }
}

function abstract(type: GraphQLAbstractType, completed: Completed, typename: string | undefined): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver
  const byName = new Map<unknown, Complete>()
  const ofName = (run: Run, name: unknown): Complete => {
    const known = byName.get(name)
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
    const name: unknown = resolveType(value, run.context, infoOfValue(run, completed.field(), prev, key), type)
    return isPromise(name)
      ? Promise.resolve(name).then((settled) => {
          assertGoesOn(run)
          return ofName(run, settled)(run, value, prev, key)
        })
      : ofName(run, name)(run, value, prev, key)
  }
}
