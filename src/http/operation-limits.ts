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

/** The state of an operation from parsing to execution. */
export interface Weighing {
  /** The parameters of the request, set by Yoga, or of the frame or body. */
  params?: GraphQLParams
  /** The caller, from Yoga's request or known before. */
  caller?: Caller
  socketContext?: Context
  /** The maximum bytes of the response. */
  answerBytes?: number
  /** True when the server itself asks: nobody's operations are counted then. */
  isOwn?: boolean
}

/** Measures of a document, computed once for all its operations. */
interface Weight {
  /** With the largest pages that variables could request. */
  readonly measure: DocumentMeasure
  readonly overlaps: Overlaps
}

/** Options of the operation limits. */
export interface OperationLimitOptions {
  readonly schema: GraphQLSchema
  readonly counter: OperationCounter
  /** True if validation errors contain "Did you mean", which reveals names of the schema. */
  readonly hints: boolean
}

/**
 * Weighs operations before they run, and counts them against their callers.
 *
 * Refuses excess with RATE_LIMITED and OPERATION_TOO_COMPLEX. It hooks into parsing and validation, which operations of
 * every transport pass. Parsing that a cached document saves is not counted.
 */
export function useOperationLimits({ schema, counter, hints }: OperationLimitOptions): Plugin {
  const weigh = createWeigher(schema)
  return {
    onParse({ context, setParseFn }) {
      const { params = {}, isOwn } = context as Weighing
      const by = callerOf(context)
      const counted = isOwn ? uncounted : counter
      counted.take(by, 1)
      boundValues(params.variables)
      setParseFn((source, options) =>
        parseBounded(source, {
          options,
          onRead: (tokens, characters) => counted.charge(by, textCount(tokens, characters)),
        }),
      )
      return ({ result, replaceParseResult }) => {
        if (result === null || result instanceof Error) return
        const weight = weigh(result)
        const { width, cost } = costOf(schema, { document: result, measured: weight.measure, params })
        const fault = overlapFault(weight.overlaps) ?? structureFault(weight.measure) ?? costFault(cost)
        if (fault) replaceParseResult(tooComplex(fault))
        else counted.take(by, Math.max(width, Math.floor(cost.fields / operationLimits.fieldsPerCount)) - 1)
        Object.assign(context, { answerBytes: cost.bytes } satisfies Weighing)
      }
    },
    onValidate({ context, setValidationFn }) {
      const counted = (context as Weighing).isOwn ? uncounted : counter
      // called for a document that was not validated before
      setValidationFn((asked: GraphQLSchema, document: DocumentNode, rules) => {
        const { comparisons } = weigh(document).overlaps
        counted.charge(callerOf(context), Math.floor(comparisons / operationLimits.comparisonsPerCount))
        return validate(asked, document, rules, { maxErrors: operationLimits.faultsMax, hideSuggestions: !hints })
      })
    },
    onExecute: ({ args }) => void Object.assign(args, { hideSuggestions: !hints }),
    onSubscribe: ({ args }) => void Object.assign(args, { hideSuggestions: !hints }),
  }
}

const uncounted: Pick<OperationCounter, 'take' | 'charge'> = { take() {}, charge() {} }

/** The caller that an operation counts against. */
export function callerOf({ socketContext, caller }: Weighing): Pick<Caller, 'viewer' | 'address'> {
  const by = socketContext ?? caller
  invariant(by, 'the caller of an operation is known before it is parsed')
  return by
}

/** The count of parsing and validating a new document, in addition to the operation itself. */
function textCount(tokens: number, characters: number): number {
  const { tokensPerCount, charactersPerCount } = operationLimits
  return Math.floor(tokens / tokensPerCount + characters / charactersPerCount)
}

/** Creates the function that weighs documents. It caches the weights of cached documents. */
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
  document: DocumentNode
  /** With the largest pages that variables could request. */
  measured: DocumentMeasure
  params: GraphQLParams
}

/**
 * Computes the cost of an operation and its number of root fields.
 *
 * Most operations are cheap even with the largest pages; the others are measured with their requested page sizes.
 */
function costOf(schema: GraphQLSchema, { document, measured, params }: Asked): { width: number; cost: Amount } {
  const { variables } = params
  const operationName = params.operationName || null
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
  return `An operation may request ${costMax} fields, counted for each row of its pages; this requests ${fields}. Use smaller pages.`
}
