// The cost of validating a document, counted before graphql compares its fields pair by pair.

import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql'

/** The amount of work of a validation. */
export interface Overlaps {
  /** Selections of all operations and fragments; those of a fragment count once per spread. */
  readonly selections: number
  /** Pairs of fields with the same response name, and of sibling fragments and fields. */
  readonly comparisons: number
  /** Nested fields, including introspection. */
  readonly depth: number
  /** Characters of the longest response name. */
  readonly nameLength: number
}

/** Limits at which counting ends. */
export interface OverlapBounds {
  readonly selectionsMax: number
  readonly comparisonsMax: number
  readonly depthMax: number
}

/** One level of a response: the fields that several selection sets request of one object. */
interface Level {
  /** For each response name, how often it is requested, and the selections of its value. */
  readonly names: Map<string, { count: number; readonly below: SelectionSetNode[] }>
  spreads: number
}

/**
 * Counts the comparisons of a validation.
 *
 * The document may have unknown or cyclic fragments. Counting stops above a limit, so that its time is bounded: the
 * returned count is then above the limit.
 */
export function countOverlaps(document: DocumentNode, bounds: OverlapBounds): Overlaps {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  }
  const counted = { selections: 0, comparisons: 0, depth: 0, nameLength: 0 }

  function collect({ selections }: SelectionSetNode, level: Level, spread: Set<string>): void {
    for (const selection of selections) {
      counted.selections += 1
      if (counted.selections > bounds.selectionsMax) return
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        counted.nameLength = Math.max(counted.nameLength, name.length)
        const known = level.names.get(name) ?? { count: 0, below: [] }
        level.names.set(name, known)
        known.count += 1
        if (selection.selectionSet) known.below.push(selection.selectionSet)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet, level, spread)
      else {
        level.spreads += 1
        const { value } = selection.name
        const fragment = fragments.get(value)
        if (!fragment || spread.has(value)) continue
        spread.add(value)
        collect(fragment.selectionSet, level, spread)
      }
    }
  }

  function count(sets: readonly SelectionSetNode[], depth: number): void {
    counted.depth = Math.max(counted.depth, depth)
    if (depth > bounds.depthMax) return
    const level: Level = { names: new Map(), spreads: 0 }
    const spread = new Set<string>()
    for (const set of sets) collect(set, level, spread)
    counted.comparisons += pairsOf(level.spreads) + level.spreads * level.names.size
    for (const name of level.names.values()) counted.comparisons += pairsOf(name.count)
    for (const { below } of level.names.values()) {
      if (counted.selections > bounds.selectionsMax || counted.comparisons > bounds.comparisonsMax) return
      if (below.length > 0) count(below, depth + 1)
    }
  }

  for (const node of document.definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION || node.kind === Kind.FRAGMENT_DEFINITION) count([node.selectionSet], 1)
  }
  return counted
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2
}
