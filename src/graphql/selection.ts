import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

/** Tells whether an operation selects a field of the object that is being resolved. Directives are ignored. */
export function asksFor(info: GraphQLResolveInfo, fieldName: string): boolean {
  const asks = (selectionSet: SelectionSetNode | undefined): boolean =>
    selectionSet?.selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value === fieldName
      if (selection.kind === Kind.INLINE_FRAGMENT) return asks(selection.selectionSet)
      return asks(info.fragments[selection.name.value]?.selectionSet)
    }) ?? false
  return info.fieldNodes.some((node) => asks(node.selectionSet))
}

/** Tells whether an operation has a fragment on a type. Directives are ignored. */
export function asksOf(info: GraphQLResolveInfo, typeName: string): boolean {
  const asks = (selectionSet: SelectionSetNode | undefined): boolean =>
    selectionSet?.selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return false
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value]
      return fragment?.typeCondition?.name.value === typeName || asks(fragment?.selectionSet)
    }) ?? false
  return info.fieldNodes.some((node) => asks(node.selectionSet))
}
