// Takes documents apart: operations, fragments, and the variables that decide which fields are executed.

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'

/** The parts of a document, found once. */
export interface DocumentParts {
  readonly operations: readonly OperationDefinitionNode[]
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** The names of the variables that decide which fields are executed, in the order of the document. */
  readonly conditions: readonly string[]
}

/** Directives of which the plan depends on the variables. */
const conditional: ReadonlySet<string> = new Set(['skip', 'include'])

/**
 * Takes a document apart.
 *
 * @returns null when it has something rare that no plan is made for: introspection, other directives than `@skip` and
 * `@include`, or a field with the response name `__proto__`.
 */
export function takeApart(document: DocumentNode): DocumentParts | null {
  const operations: OperationDefinitionNode[] = []
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null)
  const conditions = new Set<string>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition)
    else if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
    else return null
    if ((definition.directives?.length ?? 0) > 0 || !isPlannable(definition.selectionSet, conditions)) return null
  }
  return { operations, fragments, conditions: [...conditions] }
}

/** Checks all selections, and collects the variables of their conditions. */
function isPlannable({ selections }: SelectionSetNode, conditions: Set<string>): boolean {
  return selections.every((selection) => {
    for (const { name, arguments: given = [] } of selection.directives ?? []) {
      if (!conditional.has(name.value)) return false
      for (const { value } of given) if (value.kind === Kind.VARIABLE) conditions.add(value.name.value)
    }
    if (selection.kind === Kind.FIELD && !isPlannableField(selection)) return false
    return !('selectionSet' in selection && selection.selectionSet) || isPlannable(selection.selectionSet, conditions)
  })
}

function isPlannableField({ name, alias }: FieldNode): boolean {
  return (name.value === '__typename' || !name.value.startsWith('__')) && alias?.value !== '__proto__'
}

/** Tells whether a selection is executed, by its `@skip` and `@include`. */
export function isIncluded(selection: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  return (selection.directives ?? []).every(({ name, arguments: given = [] }) => {
    const condition = given.some(({ value }) => isTrue(value, variables))
    return name.value === 'skip' ? !condition : condition
  })
}

function isTrue(value: ValueNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (value.kind === Kind.VARIABLE) return variables[value.name.value] === true
  return value.kind === Kind.BOOLEAN && value.value
}
