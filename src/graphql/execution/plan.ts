// The plan of an operation: which fields it resolves of each type, found once for all its executions.

import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  isAbstractType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
  type ValueNode,
} from 'graphql'
import { invariant } from '../../errors.ts'
import { completerOf } from './complete.ts'
import { isIncluded } from './document.ts'
import type { PlannedField } from './run.ts'

/** The operation to plan. */
export interface Planned {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** The variables that decide about `@skip` and `@include`. */
  readonly conditions: Readonly<Record<string, unknown>>
  /** Called with the number of fields that were planned. */
  onPlanned(count: number): void
}

/**
 * Plans the root fields of an operation.
 *
 * The fields below them are planned when an object of their type is first resolved.
 */
export function planOperation(planned: Planned): readonly PlannedField[] {
  const { schema, operation, fragments, conditions, onPlanned } = planned
  const selection = { schema, fragments, conditions }
  let count = 0

  function planFields(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): readonly PlannedField[] {
    const nodesByKey = new Map<string, FieldNode[]>()
    const seen = new Set<string>()
    for (const set of sets) collect(selection, { type, set, nodesByKey, seen })
    const fields = [...nodesByKey].flatMap(([key, nodes]) => planField(type, key, nodes) ?? [])
    onPlanned(fields.length)
    return fields
  }

  function planField(parentType: GraphQLObjectType, key: string, nodes: readonly FieldNode[]): PlannedField | null {
    const [node] = nodes
    invariant(node, 'a field is there because of a node')
    const name = node.name.value
    const definition = name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : parentType.getFields()[name]
    // a document that was validated has no such field
    if (!definition) return null
    const resolve = definition === TypeNameMetaFieldDef ? () => parentType.name : (definition.resolve ?? null)
    const field: PlannedField = {
      ...{ key, nodes, definition, parentType, resolve, typename: parentType.name, index: count++ },
      takesInfo: resolve !== null && (resolve.length === 0 || resolve.length > 3) && name !== TypeNameMetaFieldDef.name,
      constantArgs: constantArgs(definition, node),
      isNonNull: isNonNullType(definition.type),
      complete: completerOf(definition.type, {
        ...{ field: () => field, nodes, coordinate: `${parentType.name}.${name}`, typename: parentType.name },
        planFields: (type, selecting) =>
          planFields(
            type,
            selecting.flatMap(({ selectionSet }) => selectionSet ?? []),
          ),
      }),
    }
    return field
  }

  const rootType = schema.getRootType(operation.operation)
  invariant(rootType, 'the schema has the root types of all operations')
  return planFields(rootType, [operation.selectionSet])
}

const none: object = Object.freeze({})

/** Returns the arguments of a field, where they are the same in each execution; null when a variable is among them. */
function constantArgs(definition: GraphQLField<unknown, unknown>, node: FieldNode): object | null {
  if (definition.args.length === 0) return none
  const given = node.arguments ?? []
  // a fault in them is one of each execution, and lists and objects are not shared by executions
  if (!given.every(({ value }) => isPlain(value)) || definition.args.some(({ name }) => isMissing(name))) return null
  return Object.freeze(getArgumentValues(definition, node))

  function isMissing(name: string): boolean {
    const argument = definition.args.find((one) => one.name === name)
    return isNonNullType(argument?.type) && !given.some((one) => one.name.value === name)
  }
}

function isPlain({ kind }: ValueNode): boolean {
  return kind !== Kind.VARIABLE && kind !== Kind.LIST && kind !== Kind.OBJECT
}

/** Where selections are collected. */
interface Collection {
  readonly type: GraphQLObjectType
  readonly set: SelectionSetNode
  readonly nodesByKey: Map<string, FieldNode[]>
  /** The fragments that are collected already. */
  readonly seen: Set<string>
}

/** Collects the fields that a selection set selects of a type: `CollectFields` of the specification. */
function collect(
  selection: Pick<Planned, 'schema' | 'fragments' | 'conditions'>,
  { type, set, nodesByKey, seen }: Collection,
): void {
  for (const one of set.selections) {
    if (!isIncluded(one, selection.conditions)) continue
    if (one.kind === Kind.FIELD) {
      const key = (one.alias ?? one.name).value
      const nodes = nodesByKey.get(key)
      if (nodes) nodes.push(one)
      else nodesByKey.set(key, [one])
      continue
    }
    const fragment = one.kind === Kind.INLINE_FRAGMENT ? one : takeFragment(selection.fragments, one.name.value, seen)
    if (!fragment || !applies(selection.schema, fragment, type)) continue
    collect(selection, { type, set: fragment.selectionSet, nodesByKey, seen })
  }
}

/** Returns a fragment the first time that it is spread into a selection; null after that. */
function takeFragment(fragments: Planned['fragments'], name: string, seen: Set<string>): FragmentDefinitionNode | null {
  if (seen.has(name)) return null
  seen.add(name)
  return fragments[name] ?? null
}

/** Tells whether a fragment is for objects of a type. */
function applies(
  schema: GraphQLSchema,
  { typeCondition }: Pick<FragmentDefinitionNode, 'typeCondition'> | { typeCondition?: undefined },
  type: GraphQLObjectType,
): boolean {
  if (!typeCondition || typeCondition.name.value === type.name) return true
  const condition = schema.getType(typeCondition.name.value)
  return isAbstractType(condition) && schema.isSubType(condition, type)
}
