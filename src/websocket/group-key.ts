// Groups of subscriptions that share executions: equal ones, except for the cursor where each starts.

import { type DocumentNode, type FieldNode, getOperationAST, Kind, type SelectionSetNode, visit } from 'graphql'

/** The parts of a group key. */
export interface KeyedOperation {
  readonly document: DocumentNode
  /** The text that the document was parsed from. */
  readonly text: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * Computes a key that is equal for operations with equal results.
 *
 * It consists of text, name and variables, without the start cursor.
 */
export function groupKeyOf({ document, text, operationName, variables }: KeyedOperation): string {
  const ignored = placeVariable(document, operationName)
  const rest = Object.entries(variables)
    .filter(([name]) => name !== ignored)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([text, operationName, rest])
}

const placeVariables = new WeakMap<object, string | null>()

/** The variable of the start cursor, if the operation uses it for nothing else. */
function placeVariable(document: DocumentNode, operationName: string | null): string | null {
  const operation = getOperationAST(document, operationName)
  if (!operation) return null
  const known = placeVariables.get(operation)
  if (known !== undefined) return known
  const roots = rootFields(document, operation.selectionSet)
  const places = roots.map(placeOf)
  const [place = null] = places
  const isPlace = place !== null && places.every((name) => name === place)
  // unused fragments count too: that can split a group, but never merges different ones
  const name = isPlace && countUses(document, place) === roots.length ? place : null
  placeVariables.set(operation, name)
  return name
}

/** The root fields of the operation, including those in fragments. */
function rootFields(document: DocumentNode, { selections }: SelectionSetNode): FieldNode[] {
  return selections.flatMap((selection): FieldNode[] => {
    if (selection.kind === Kind.FIELD) return [selection]
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(document, selection.selectionSet)
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? rootFields(document, fragment.selectionSet) : []
  })
}

function placeOf({ arguments: given = [] }: FieldNode): string | null {
  const after = given.find(({ name }) => name.value === 'after')?.value
  return after?.kind === Kind.VARIABLE ? after.name.value : null
}

/** Counts the uses of a variable, without its declaration. */
function countUses(document: DocumentNode, variable: string): number {
  let uses = 0
  visit(document, {
    VariableDefinition: () => false,
    Variable(node) {
      if (node.name.value === variable) uses += 1
    },
  })
  return uses
}
