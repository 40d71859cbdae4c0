import { type DocumentNode, type ExecutionArgs, type ExecutionResult, type GraphQLError, validate } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Config } from '../config/config.ts'
import { operationLimits } from '../config/http.ts'
import { invariant } from '../errors.ts'
import { createExecutor, type Execute } from '../graphql/execution/executor.ts'
import { type AnswerLimits, createAnswerLimits } from './answers.ts'
import type { DocumentCache } from './document-cache.ts'
import type { CountedCaller } from './operation-counter.ts'
import { createDeadline } from './operation-deadline.ts'
import { createOperationLimits, type OperationLimitOptions, type OperationParams } from './operation-limits.ts'
import { parseBounded } from './parsing.ts'
import type { RequestContext } from './request-context.ts'
import { assertTrusted, type TrustedDocuments } from './trusted-documents.ts'

/** An operation whose document was read. */
export interface ReadOperation {
  readonly document: DocumentNode
  /** The maximum bytes of its response. */
  readonly answerBytes: number
}

/** Reads and executes the operations of all transports: see `createGraphQLEngine`. */
export interface GraphQLEngine {
  /**
   * Parses and weighs the document of an operation, and counts the operation against its caller.
   *
   * @param by null for the server itself, whose operations are not counted.
   * @throws AppError RATE_LIMITED, OPERATION_TOO_COMPLEX, FORBIDDEN for a document that is not trusted; a GraphQLError when
   * the syntax is invalid.
   */
  read(text: string, params: OperationParams, by: CountedCaller | null): ReadOperation
  /** Returns the errors of a document that was read. */
  validate(document: DocumentNode, by: CountedCaller | null): readonly GraphQLError[]
  /** Executes a query or mutation, within its time and the bytes of a response. Its errors are not masked yet. */
  execute(args: ExecutionArgs, operation: { answerBytes: number; by: CountedCaller }): Promise<ExecutionResult>
  /** Executes a subscription for one stream item. Its errors are not masked yet. */
  readonly executeItem: Execute
}

/** Options of the engine. */
export interface EngineOptions extends OperationLimitOptions, Omit<AnswerLimits, 'bytesMax'> {
  readonly config: Config
  /** The cache of parsed documents. */
  readonly documents: DocumentCache
  readonly trusted: TrustedDocuments
}

/**
 * Creates the engine.
 *
 * Yoga calls it through `useGraphQLEngine`. The fast path and WebSockets call it directly: Yoga's layers around each operation would take
 * a sixth of the CPU time of a send.
 */
export function createGraphQLEngine({
  schema,
  config,
  counter,
  documents,
  takeTurn,
  trusted,
}: EngineOptions): GraphQLEngine {
  const hideSuggestions = config.production
  const { operationMs, answerBytesMax } = config.edge
  const operationLimit = createOperationLimits({ schema, counter })
  const inTime = createDeadline(operationMs)
  const execute = createExecutor()
  const limited = createAnswerLimits({ bytesMax: answerBytesMax, counter, takeTurn })
  const faultsOf = new WeakMap<DocumentNode, readonly GraphQLError[]>()

  function parse(text: string, by: CountedCaller | null): DocumentNode {
    const known = documents.get(text)
    if (known) return known
    const document = parseBounded(text, {
      onRead: (tokens, characters) => operationLimit.chargeText(by, { tokens, characters }),
    })
    documents.set(text, document)
    return document
  }

  return {
    read(text, params, by) {
      if (config.documents.onlyTrusted) assertTrusted(trusted, text)
      operationLimit.begin(by, params.variables)
      const document = parse(text, by)
      return { document, answerBytes: operationLimit.weigh(by, document, params) }
    },
    validate(document, by) {
      const known = faultsOf.get(document)
      if (known) return known
      operationLimit.chargeValidation(by, document)
      const faults = validate(schema, document, undefined, { maxErrors: operationLimits.faultsMax, hideSuggestions })
      faultsOf.set(document, faults)
      return faults
    },
    execute: (args, operation) => limited(operation, () => inTime(execute, { ...args, hideSuggestions })),
    executeItem: execute,
  }
}

/** The part of Yoga's context that the engine uses. */
interface EngineContext extends RequestContext {
  readonly params?: OperationParams
  /** The maximum bytes of the response, once the operation is read. */
  answerBytes?: number
}

function callerOf({ caller }: EngineContext): CountedCaller {
  invariant(caller, 'the caller of a request is known before it is parsed')
  return caller
}

/** Makes Yoga read and execute with the engine. */
export function useGraphQLEngine(engine: GraphQLEngine, { production }: Pick<Config, 'production'>): Plugin {
  const hideSuggestions = production
  return {
    onParse({ context, setParseFn }) {
      setParseFn((source) => {
        const asked = context as EngineContext
        const text = typeof source === 'string' ? source : source.body
        const { document, answerBytes } = engine.read(text, asked.params ?? {}, callerOf(asked))
        asked.answerBytes = answerBytes
        return document
      })
    },
    onValidate({ context, setValidationFn }) {
      setValidationFn((_: unknown, document: DocumentNode) => engine.validate(document, callerOf(context)))
    },
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => {
        const context = args.contextValue as EngineContext
        return engine.execute(args, { answerBytes: context.answerBytes ?? 0, by: callerOf(context) })
      })
    },
    onSubscribe: ({ args }) => void Object.assign(args, { hideSuggestions }),
  }
}
