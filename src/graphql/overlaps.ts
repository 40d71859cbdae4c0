// What a document costs to validate, counted before graphql compares its fields pair by pair.

import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql'

/** What validation has to look at. */
export interface Overlaps {
  /** Of all operations and fragments, those of a fragment as often as it is spread. */
  readonly selections: number
  /** Pairs of fields that answer to one name, and of fragments beside each other and beside fields. */
  readonly comparisons: number
  /** Fields within each other, those that describe the schema too. */
  readonly depth: number
  /** Characters of the longest name in the answer. */
  readonly nameLength: number
}

/** Where counting ends. */
export interface OverlapBounds {
  readonly selectionsMax: number
  readonly comparisonsMax: number
  readonly depthMax: number
}

/** One level of an answer: the fields that several selection sets ask of one object. */
interface Level {
  /** For each name in the answer, how often it is asked for, and what is asked of its value. */
  readonly names: Map<string, { count: number; readonly below: SelectionSetNode[] }>
  spreads: number
}

/**
 * Counts what validation has to compare.
 *
 * The document may spread what does not exist, or itself. Counting ends past a bound, so that it takes no longer than
 * the bounds allow: what it has counted by then is more than the bound.
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
