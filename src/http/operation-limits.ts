import { type DocumentNode, GraphQLError, type GraphQLSchema, parse } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { operationLimits } from '../config/edge.ts'
import { AppError, invariant } from '../errors.ts'
import { type DocumentMeasure, measureDocument } from '../graphql/complexity.ts'
import type { Caller, Context } from '../graphql/context.ts'
import type { CountOperation } from './quotas.ts'

/** What parsing gets to know of an operation. */
interface Parsing {
  /** Yoga puts the parameters of the request there, and others those of the frame or body. */
  params?: GraphQLParams
  /** Who asks: of a request that came to Yoga, or of an operation whose caller was known. */
  caller?: Caller
  socketContext?: Context
}

/**
 * Counts operations by their callers, and refuses those that ask for too much.
 *
 * With RATE_LIMITED and OPERATION_TOO_COMPLEX, before they are validated, which takes time too. It belongs to parsing,
 * which operations of every transport pass.
 */
export function useOperationLimits(schema: GraphQLSchema, count: CountOperation): Plugin {
  const measures = new WeakMap<DocumentNode, DocumentMeasure>()

  function measure(document: DocumentNode): DocumentMeasure {
    const known = measures.get(document)
    if (known) return known
    const measured = measureDocument(schema, document, null)
    measures.set(document, measured)
    return measured
  }

  return {
    onParse({ context, setParseFn }) {
      const { params = {}, caller, socketContext } = context as Parsing
      const by = socketContext ?? caller
      invariant(by, 'the caller of an operation is known before it is parsed')
      count(by, 1)
      setParseFn(parseBounded)
      return ({ result, replaceParseResult }) => {
        if (result === null || result instanceof Error) return
        const measured = measure(result)
        const { width, cost } = costOf(schema, { document: result, measured, params })
        const fault = structureFault(measured) ?? costFault(cost)
        if (fault) replaceParseResult(tooComplex(fault))
        else count(by, Math.max(width, Math.floor(cost / operationLimits.fieldsPerCount)) - 1)
      }
    },
  }
}

/** Parses up to `tokensMax` tokens. */
function parseBounded(...[source, options]: Parameters<typeof parse>): DocumentNode {
  const { tokensMax } = operationLimits
  try {
    return parse(source, { ...options, maxLexicalTokens: tokensMax })
  } catch (error) {
    if (!(error instanceof GraphQLError) || !error.message.includes(`more than ${tokensMax} tokens`)) throw error
    throw tooComplex(`A document may have ${tokensMax} tokens. Send less at once.`, error)
  }
}

function tooComplex(message: string, cause?: unknown): AppError {
  return new AppError('OPERATION_TOO_COMPLEX', message, { cause })
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
function costOf(schema: GraphQLSchema, { document, measured, params }: Asked): { width: number; cost: number } {
  const { operationName = null, variables } = params
  const most = ({ operations }: DocumentMeasure) => {
    const asked = operations.filter(({ node }) => operationName === null || node.name?.value === operationName)
    return {
      width: Math.max(1, ...asked.map(({ width }) => width)),
      cost: Math.max(0, ...asked.map(({ cost }) => cost)),
    }
  }
  const largest = most(measured)
  const isCheap = largest.cost < operationLimits.fieldsPerCount
  return isCheap ? largest : most(measureDocument(schema, document, variables ?? {}))
}

function costFault(cost: number): string | null {
  const { costMax } = operationLimits
  if (cost <= costMax) return null
  return `An operation may ask for ${costMax} fields, counted for each row of its pages; this asks for ${cost}. Take smaller pages.`
}

/** Keeps the parsed documents that were used last, up to a length of their texts. */
export function createDocumentCache(textMax: number = operationLimits.keptTextMax) {
  const documents = new Map<string, DocumentNode>()
  let length = 0
  return {
    get(text: string): DocumentNode | undefined {
      const document = documents.get(text)
      if (document) {
        documents.delete(text)
        documents.set(text, document)
      }
      return document
    },
    set(text: string, document: DocumentNode): void {
      if (!documents.has(text)) length += text.length
      documents.set(text, document)
      for (const oldest of documents.keys()) {
        if (length <= textMax) break
        documents.delete(oldest)
        length -= oldest.length
      }
    },
  }
}
