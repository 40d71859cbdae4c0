// The weight of operations: limited before they run, and counted against their callers.

import type { DocumentNode, GraphQLSchema } from 'graphql'
import { operationLimits } from '../config/http.ts'
import { type Amount, type DocumentMeasure, measureDocument } from '../graphql/complexity.ts'
import { countOverlaps, type Overlaps } from '../graphql/overlaps.ts'
import type { CountedCaller, OperationCounter } from './operation-counter.ts'
import { tooComplex } from './parsing.ts'
import { boundValues } from './variable-limits.ts'

/** Options of the operation limits. */
export interface OperationLimitOptions {
  readonly schema: GraphQLSchema
  readonly counter: OperationCounter
}

/** The name and the variables of an operation, as its client sent them. */
export interface OperationParams {
  readonly operationName?: string | null | undefined
  readonly variables?: Record<string, unknown> | null | undefined
}

/** The caller that an operation counts against; null for the server itself. */
type CountedBy = CountedCaller | null

/** Weighs operations before they run: see `createOperationLimits`. */
export interface OperationLimits {
  /** Counts an operation that has arrived, and limits its variables. */
  begin(by: CountedBy, variables: unknown): void
  /** Counts a text that was parsed. */
  chargeText(by: CountedBy, read: { tokens: number; characters: number }): void
  /** Refuses an operation that is too large, and counts it by its size. Returns the maximum bytes of its response. */
  weigh(by: CountedBy, document: DocumentNode, params: OperationParams): number
  /** Counts the validation of a document. */
  chargeValidation(by: CountedBy, document: DocumentNode): void
}

/**
 * Creates the limits of operations, which count them against their callers.
 *
 * @throws AppError RATE_LIMITED and OPERATION_TOO_COMPLEX, from the returned functions.
 */
export function createOperationLimits({ schema, counter }: OperationLimitOptions): OperationLimits {
  const weightOf = createWeigher(schema)
  return {
    begin(by, variables) {
      if (by) counter.take(by, 1)
      boundValues(variables)
    },
    chargeText(by, { tokens, characters }) {
      if (by) counter.charge(by, textCount(tokens, characters))
    },
    weigh(by, document, params) {
      const weight = weightOf(document)
      if (weight.fault !== null) throw tooComplex(weight.fault)
      const { width, cost } = sizeOf(schema, { document, weight, params })
      const fault = costFault(cost)
      if (fault !== null) throw tooComplex(fault)
      if (by) counter.take(by, Math.max(width, Math.floor(cost.fields / operationLimits.fieldsPerCount)) - 1)
      return cost.bytes
    },
    chargeValidation(by, document) {
      const { comparisons } = weightOf(document)
      if (by) counter.charge(by, Math.floor(comparisons / operationLimits.comparisonsPerCount))
    },
  }
}

/** The count of parsing and validating a new document, in addition to the operation itself. */
function textCount(tokens: number, characters: number): number {
  const { tokensPerCount, charactersPerCount } = operationLimits
  return Math.floor(tokens / tokensPerCount + characters / charactersPerCount)
}

/** The size of an operation. */
interface Size {
  /** The number of root fields. */
  readonly width: number
  readonly cost: Amount
}

/** Measures of a document, computed once for all its operations. */
interface Weight {
  /** Why no operation of the document may run; null when it may. */
  readonly fault: string | null
  /** Pairs of fields that validation compares. */
  readonly comparisons: number
  /** The largest size of all operations, with the largest pages that variables could request. */
  readonly largest: Size
  readonly measure: DocumentMeasure
}

/** Creates the function that weighs documents. It caches the weights of cached documents. */
function createWeigher(schema: GraphQLSchema): (document: DocumentNode) => Weight {
  const weights = new WeakMap<DocumentNode, Weight>()
  const { selectionsMax, comparisonsMax, nestingMax } = operationLimits
  return (document) => {
    const known = weights.get(document)
    if (known) return known
    const overlaps = countOverlaps(document, { selectionsMax, comparisonsMax, depthMax: nestingMax })
    const measure = measureDocument(schema, document, null)
    const fault = overlapFault(overlaps) ?? structureFault(measure)
    const weight = { fault, comparisons: overlaps.comparisons, largest: largestOf(measure, null), measure }
    weights.set(document, weight)
    return weight
  }
}

function overlapFault({ selections, comparisons, depth, nameLength }: Overlaps): string | null {
  const { selectionsMax, comparisonsMax, nestingMax, nameLengthMax } = operationLimits
  if (depth > nestingMax) return `Fields may be nested ${nestingMax} levels deep; these are deeper.`
  if (nameLength > nameLengthMax) return `Response names may have ${nameLengthMax} characters.`
  if (selections > selectionsMax)
    return `A document may have ${selectionsMax} selections, including those of its fragments.`
  if (comparisons > comparisonsMax)
    return 'Too many fields with the same response name, or sibling fragments: write each once.'
  return null
}

function structureFault({ operations, fragments }: DocumentMeasure): string | null {
  const { depthMax, aliasesMax, directivesMax, rootFieldsMax } = operationLimits
  for (const { depth, aliases, directives } of [...operations, ...fragments]) {
    if (depth > depthMax) return `Fields may be nested ${depthMax} levels deep; these are ${depth}.`
    if (aliases > aliasesMax) return `An operation may have ${aliasesMax} aliases; this has ${aliases}.`
    if (directives > directivesMax) return `An operation may have ${directivesMax} directives; this has ${directives}.`
  }
  const widest = Math.max(0, ...operations.map(({ width }) => width))
  if (widest <= rootFieldsMax) return null
  return `An operation may have ${rootFieldsMax} root fields; this has ${widest}.`
}

interface Asked {
  readonly document: DocumentNode
  readonly weight: Weight
  readonly params: OperationParams
}

/**
 * Returns the size of an operation.
 *
 * Most operations are cheap even with the largest pages; the others are measured with their requested page sizes.
 */
function sizeOf(schema: GraphQLSchema, { document, weight, params }: Asked): Size {
  const operationName = params.operationName || null
  const isOnly = weight.measure.operations.length === 1
  const largest = isOnly ? weight.largest : largestOf(weight.measure, operationName)
  const isCheap = largest.cost.fields < operationLimits.fieldsPerCount
  return isCheap ? largest : largestOf(measureDocument(schema, document, params.variables ?? {}), operationName)
}

/** Returns the largest size of the operations of a name; of all of them for null. */
function largestOf({ operations }: DocumentMeasure, operationName: string | null): Size {
  const asked = operations.filter(({ node }) => operationName === null || node.name?.value === operationName)
  return {
    width: Math.max(1, ...asked.map(({ width }) => width)),
    cost: {
      fields: Math.max(0, ...asked.map(({ cost }) => cost.fields)),
      bytes: Math.max(0, ...asked.map(({ cost }) => cost.bytes)),
    },
  }
}

function costFault({ fields }: Amount): string | null {
  const { costMax } = operationLimits
  if (fields <= costMax) return null
  return `An operation may request ${costMax} fields, counted for each row of its pages; this requests ${fields}. Use smaller pages.`
}
