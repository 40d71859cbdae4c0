// The cost of a document, measured before validation: each selection set once, for any number of spreads.

import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { limits } from '../config/config.ts'
import { operationLimits } from '../config/http.ts'
import { bytesOfField } from './field-bytes.ts'

type Variables = Readonly<Record<string, unknown>>

/** The amount of requested data. */
export interface Amount {
  readonly fields: number
  /** Their maximum bytes in the response, including names. */
  readonly bytes: number
}

/** The cost of one operation or fragment, including its spreads. */
export interface Measure {
  /** Nested fields. */
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /** Fields directly in the selection set. */
  readonly width: number
  /** The data requested once. */
  readonly fixed: Amount
  /** The data requested for each row of the connection of this selection set. */
  readonly perRow: Amount
}

/** An operation and its cost. */
export interface MeasuredOperation extends Measure {
  readonly node: OperationDefinitionNode
  /** The requested data: each field counts once for every row that its connection can have. */
  readonly cost: Amount
}

/** Measures of all operations and fragments of a document. */
export interface DocumentMeasure {
  readonly operations: readonly MeasuredOperation[]
  /** Includes unused fragments, because they are validated too. */
  readonly fragments: readonly Measure[]
}

const none: Amount = { fields: 0, bytes: 0 }
const nothing: Measure = { depth: 0, aliases: 0, directives: 0, width: 0, fixed: none, perRow: none }

/** Introspection fields: graphql's MaxIntrospectionDepthRule limits their depth. */
const introspection = new Set(['__schema', '__type'])

/**
 * Measures a document before it is validated.
 *
 * So it may use unknown names and cyclic fragments. Takes time linear in the length of the document. `@skip` and
 * `@include` are ignored: all fields count. Lists without pages count as `listCostRows` rows.
 *
 * @param variables null assumes the largest pages.
 */
export function measureDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables | null,
): DocumentMeasure {
  const definitions = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) definitions.set(node.name.value, node)
  }
  const measured = new Map<string, Measure>()
  let sizes = variables

  function measureFragment(name: string): Measure {
    const known = measured.get(name)
    if (known) return known
    const node = definitions.get(name)
    if (!node) return nothing
    measured.set(name, nothing) // a fragment cycle, which validation refuses, ends here
    const type = schema.getType(node.typeCondition.name.value)
    const measure = withDirectives(measureSelections(node.selectionSet, type), node.directives)
    measured.set(name, measure)
    return measure
  }

  function measureSelections(selectionSet: SelectionSetNode, type: GraphQLNamedType | undefined): Measure {
    return selectionSet.selections
      .map((selection) => {
        if (selection.kind === Kind.FIELD) return measureField(selection, type)
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          return withDirectives(measureFragment(selection.name.value), selection.directives)
        }
        const { typeCondition, directives } = selection
        const inner = typeCondition ? schema.getType(typeCondition.name.value) : type
        return withDirectives(measureSelections(selection.selectionSet, inner), directives)
      })
      .reduce(together, nothing)
  }

  function measureField(node: FieldNode, parent: GraphQLNamedType | undefined): Measure {
    const name = node.name.value
    const field = fieldOf(parent, name)
    const type = field && getNamedType(field.type)
    const inner = node.selectionSet ? measureSelections(node.selectionSet, type) : nothing
    const own = {
      depth: 1 + (introspection.has(name) ? 0 : inner.depth),
      aliases: inner.aliases + (node.alias ? 1 : 0),
      directives: inner.directives + (node.directives?.length ?? 0),
      width: 1,
    }
    if (introspection.has(name)) {
      const { introspectionCost: fields, introspectionBytes: bytes } = operationLimits
      return { ...own, fixed: product(1 + inner.aliases, { fields, bytes }), perRow: none }
    }
    const itself = { fields: 1, bytes: bytesOfField(node, parent) }
    const rows = sum(inner.fixed, product(rowsOf(node, field, sizes), inner.perRow))
    if (!field || !isListType(getNullableType(field.type))) return { ...own, fixed: sum(itself, rows), perRow: none }
    const ids = argumentOf(node, 'ids')
    if (ids) return { ...own, fixed: sum(itself, product(countOf(ids, sizes), rows)), perRow: none }
    return { ...own, fixed: itself, perRow: rows }
  }

  const operations = document.definitions.flatMap((node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return []
    const root = schema.getRootType(node.operation) ?? undefined
    sizes = variables && { ...defaultsOf(node), ...variables }
    measured.clear()
    const measure = withDirectives(measureSelections(node.selectionSet, root), node.directives)
    return [{ ...measure, node, cost: sum(measure.fixed, product(operationLimits.listCostRows, measure.perRow)) }]
  })
  return { operations, fragments: [...definitions.keys()].map(measureFragment) }
}

/** Adds up the measures of sibling selections. */
function together(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    width: a.width + b.width,
    fixed: sum(a.fixed, b.fixed),
    perRow: sum(a.perRow, b.perRow),
  }
}

function withDirectives(measure: Measure, directives: readonly DirectiveNode[] = []): Measure {
  return directives.length === 0 ? measure : { ...measure, directives: measure.directives + directives.length }
}

function fieldOf(type: GraphQLNamedType | undefined, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
}

function defaultsOf(node: OperationDefinitionNode): Variables {
  const values: Record<string, unknown> = {}
  for (const { variable, defaultValue } of node.variableDefinitions ?? []) {
    if (defaultValue?.kind === Kind.INT) values[variable.name.value] = Number(defaultValue.value)
  }
  return values
}

/** The rows of the lists directly in a field: the page size if it has one. */
function rowsOf(
  node: FieldNode,
  field: GraphQLField<unknown, unknown> | undefined,
  variables: Variables | null,
): number {
  if (!field?.args.some(({ name }) => name === 'first')) return operationLimits.listCostRows
  const sizes = [argumentOf(node, 'first'), argumentOf(node, 'last')].flatMap((size) => {
    if (size?.kind === Kind.INT) return [pageSizeOf(Number(size.value))]
    if (size?.kind !== Kind.VARIABLE) return []
    return [variables ? pageSizeOf(variables[size.name.value]) : limits.pageSizeMax]
  })
  return sizes.length > 0 ? Math.max(...sizes) : limits.pageSizeDefault
}

/** Clamps a page size: the field itself refuses one out of range. */
function pageSizeOf(size: unknown): number {
  if (size === undefined || size === null) return limits.pageSizeDefault
  return typeof size === 'number' ? Math.min(Math.max(size, 1), limits.pageSizeMax) : limits.pageSizeMax
}

function countOf(ids: ValueNode, variables: Variables | null): number {
  if (ids.kind === Kind.LIST) return ids.values.length
  if (ids.kind !== Kind.VARIABLE) return 1
  const values = variables?.[ids.name.value]
  return Array.isArray(values) ? values.length : limits.nodesMax
}

function argumentOf(node: FieldNode, name: string): ValueNode | undefined {
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value
  return value?.kind === Kind.NULL ? undefined : value
}

/** Caps sums and products, so that they stay comparable numbers. */
const amountMax = 1e15

function sum(a: Amount, b: Amount): Amount {
  return { fields: Math.min(a.fields + b.fields, amountMax), bytes: Math.min(a.bytes + b.bytes, amountMax) }
}

function product(count: number, { fields, bytes }: Amount): Amount {
  return { fields: Math.min(count * fields, amountMax), bytes: Math.min(count * bytes, amountMax) }
}
