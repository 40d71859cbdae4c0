import { type DocumentNode, GraphQLError, type GraphQLSchema, parse } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { operationLimits } from '../config/edge.ts'
import { AppError } from '../errors.ts'
import { type DocumentMeasure, measureDocument } from '../graphql/complexity.ts'

/**
 * Refuses documents that ask for too much with OPERATION_TOO_COMPLEX.
 *
 * Before they are validated, which takes time too. It belongs to parsing, which operations of every transport pass.
 */
export function useOperationLimits(schema: GraphQLSchema): Plugin {
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
      setParseFn(parseBounded)
      return ({ result, replaceParseResult }) => {
        if (result === null || result instanceof Error) return
        // Yoga puts the parameters of the request there, and websocket.ts those of the frame
        const { params = {} } = context as { params?: GraphQLParams }
        const measured = measure(result)
        const fault = structureFault(measured) ?? costFault(schema, { document: result, measured, params })
        if (fault) replaceParseResult(tooComplex(fault))
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

/** Most operations cost little with the largest pages; the others are measured with those that they ask for. */
function costFault(schema: GraphQLSchema, { document, measured, params }: Asked): string | null {
  const { costMax } = operationLimits
  const { operationName = null, variables } = params
  const costIn = ({ operations }: DocumentMeasure) =>
    Math.max(
      0,
      ...operations
        .filter(({ node }) => operationName === null || node.name?.value === operationName)
        .map(({ cost }) => cost),
    )
  if (costIn(measured) <= costMax) return null
  const cost = costIn(measureDocument(schema, document, variables ?? {}))
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
