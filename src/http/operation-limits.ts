import { type DocumentNode, type GraphQLSchema, validate } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { operationLimits } from '../config/http.ts'
import { invariant } from '../errors.ts'
import { type Amount, type DocumentMeasure, measureDocument } from '../graphql/complexity.ts'
import type { Caller, Context } from '../graphql/context.ts'
import { countOverlaps, type Overlaps } from '../graphql/overlaps.ts'
import type { OperationCounter } from './operation-counter.ts'
import { parseBounded, tooComplex } from './parsing.ts'
import { boundValues } from './values.ts'

/** What an operation brings, and what is known of it once it is parsed. */
export interface Weighing {
  /** Yoga puts the parameters of the request there, and others those of the frame or body. */
  params?: GraphQLParams
  /** Who asks: of a request that came to Yoga, or of an operation whose caller was known. */
  caller?: Caller
  socketContext?: Context
  /** The bytes that the answer can have. */
  answerBytes?: number
}

/** A document as it was found to be, once for all its operations. */
interface Weight {
  /** With the largest pages that variables could ask for. */
  readonly measure: DocumentMeasure
  readonly overlaps: Overlaps
}

/** What the limits of operations need. */
export interface OperationLimitOptions {
  readonly schema: GraphQLSchema
  readonly counter: OperationCounter
  /** Whether faults of a document come with "Did you mean", which tells the names of the schema. */
  readonly hints: boolean
}

/**
 * Weighs operations before anything is done for them.
 *
 * They are counted by their callers, and those that ask too much are refused with RATE_LIMITED and
 * OPERATION_TOO_COMPLEX. It belongs to parsing and validation, which operations of every transport pass. Work that a
 * known document spares is not counted.
 */
export function useOperationLimits({ schema, counter, hints }: OperationLimitOptions): Plugin {
  const weigh = createWeigher(schema)
  return {
    onParse({ context, setParseFn }) {
      const { params = {} } = context as Weighing
      const by = callerOf(context as Weighing)
      counter.take(by, 1)
      boundValues(params.variables)
      setParseFn((source, options) =>
        parseBounded(source, {
          options,
          onRead: (tokens, characters) => counter.charge(by, textCount(tokens, characters)),
        }),
      )
      return ({ result, replaceParseResult }) => {
        if (result === null || result instanceof Error) return
        const weight = weigh(result)
        const { width, cost } = costOf(schema, { document: result, measured: weight.measure, params })
        const fault = overlapFault(weight.overlaps) ?? structureFault(weight.measure) ?? costFault(cost)
        if (fault) replaceParseResult(tooComplex(fault))
        else counter.take(by, Math.max(width, Math.floor(cost.fields / operationLimits.fieldsPerCount)) - 1)
        Object.assign(context, { answerBytes: cost.bytes } satisfies Weighing)
      }
    },
    onValidate({ context, setValidationFn }) {
      // called for a document that was not validated before
      setValidationFn((asked: GraphQLSchema, document: DocumentNode, rules) => {
        const { comparisons } = weigh(document).overlaps
        counter.charge(callerOf(context as Weighing), Math.floor(comparisons / operationLimits.comparisonsPerCount))
        return validate(asked, document, rules, { maxErrors: operationLimits.faultsMax, hideSuggestions: !hints })
      })
    },
    onExecute: ({ args }) => void Object.assign(args, { hideSuggestions: !hints }),
    onSubscribe: ({ args }) => void Object.assign(args, { hideSuggestions: !hints }),
  }
}

/** Who is counted for an operation. */
export function callerOf({ socketContext, caller }: Weighing): Pick<Caller, 'viewer' | 'address'> {
  const by = socketContext ?? caller
  invariant(by, 'the caller of an operation is known before it is parsed')
  return by
}

/** What reading and checking a new text counts as, beside the operation itself. */
function textCount(tokens: number, characters: number): number {
  const { tokensPerCount, charactersPerCount } = operationLimits
  return Math.floor(tokens / tokensPerCount + characters / charactersPerCount)
}

/** Makes the function that weighs documents. It remembers those that are kept elsewhere. */
function createWeigher(schema: GraphQLSchema): (document: DocumentNode) => Weight {
  const weights = new WeakMap<DocumentNode, Weight>()
  const { selectionsMax, comparisonsMax, nestingMax } = operationLimits
  return (document) => {
    const known = weights.get(document)
    if (known) return known
    const overlaps = countOverlaps(document, { selectionsMax, comparisonsMax, depthMax: nestingMax })
    const weight = { measure: measureDocument(schema, document, null), overlaps }
    weights.set(document, weight)
    return weight
  }
}

function overlapFault({ selections, comparisons, depth, nameLength }: Overlaps): string | null {
  const { selectionsMax, comparisonsMax, nestingMax, nameLengthMax } = operationLimits
  if (depth > nestingMax) return `Fields may be ${nestingMax} deep within each other; these are deeper.`
  if (nameLength > nameLengthMax) return `Names in the answer may have ${nameLengthMax} characters.`
  if (selections > selectionsMax) return `A document may have ${selectionsMax} selections, with those of its fragments.`
  if (comparisons > comparisonsMax)
    return 'Too many fields of one name, or fragments, beside each other: write each once.'
  return null
}

function structureFault({ operations, fragments }: DocumentMeasure): string | null {
  const { depthMax, aliasesMax, directivesMax, rootFieldsMax } = operationLimits
  for (const { depth, aliases, directives } of [...operations, ...fragments]) {
    if (depth > depthMax) return `Fields may be ${depthMax} deep within each other; these are ${depth}.`
    if (aliases > aliasesMax) return `An operation may have ${aliasesMax} aliases; this has ${aliases}.`
    if (directives > directivesMax) return `An operation may have ${directivesMax} directives; this has ${directives}.`
  }
  const widest = Math.max(0, ...operations.map(({ width }) => width))
  if (widest <= rootFieldsMax) return null
  return `An operation may have ${rootFieldsMax} fields at its root; this has ${widest}.`
}

interface Asked {
  document: DocumentNode
  /** With the largest pages that variables could ask for. */
  measured: DocumentMeasure
  params: GraphQLParams
}

/**
 * Finds what an operation costs, and the fields at its root.
 *
 * Most cost little with the largest pages; the others are measured with those that they ask for.
 */
function costOf(schema: GraphQLSchema, { document, measured, params }: Asked): { width: number; cost: Amount } {
  const { operationName = null, variables } = params
  const most = ({ operations }: DocumentMeasure) => {
    const asked = operations.filter(({ node }) => operationName === null || node.name?.value === operationName)
    return {
      width: Math.max(1, ...asked.map(({ width }) => width)),
      cost: {
        fields: Math.max(0, ...asked.map(({ cost }) => cost.fields)),
        bytes: Math.max(0, ...asked.map(({ cost }) => cost.bytes)),
      },
    }
  }
  const largest = most(measured)
  const isCheap = largest.cost.fields < operationLimits.fieldsPerCount
  return isCheap ? largest : most(measureDocument(schema, document, variables ?? {}))
}

function costFault({ fields }: Amount): string | null {
  const { costMax } = operationLimits
  if (fields <= costMax) return null
  return `An operation may ask for ${costMax} fields, counted for each row of its pages; this asks for ${fields}. Take smaller pages.`
}
