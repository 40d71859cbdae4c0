import type { IncomingMessage } from 'node:http'
import { GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { limits } from '../config/config.ts'
import { operationLimits } from '../config/http.ts'
import { AppError } from '../errors.ts'
import { type TrustedDocuments, withText } from './trusted-documents.ts'

/**
 * Accepts GraphQL requests as JSON or in the URL only.
 *
 * A body has up to `requestBytesMax` bytes. Form and plain text bodies are refused: pages of any origin may send them
 * without a preflight (CSRF).
 */
export function useStrictRequests(trusted: TrustedDocuments): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (request.method === 'POST') {
        refuseEncoding(request)
        setRequestParser(async (source) => resolveText(trusted, await readJson(source)))
      } else if (request.method === 'GET' && requestParser) {
        setRequestParser(async (source) => {
          if (!isUtf8Url(source.url)) throw refusal(400, 'The URL is not valid UTF-8.')
          try {
            const documentId = new URL(source.url).searchParams.get('documentId')
            const params = await requestParser(source)
            if (documentId === null || Array.isArray(params) || params instanceof Response) return params
            return resolveText(trusted, Object.assign({ documentId }, params))
          } catch (error) {
            if (error instanceof GraphQLError) throw error
            throw refusal(400, '`variables` and `extensions` of the URL must be JSON objects.', error)
          }
        })
      }
    },
    onParams({ params, setParams }) {
      // clients of persisted queries send the text after this
      if (!params.query && params.extensions?.persistedQuery) {
        throw refusal(200, 'PersistedQueryNotSupported')
      }
      const { operationName, ...rest } = params
      if (operationName === '') setParams(rest)
    },
    onValidate: () => (validation) => {
      if (validation.valid) return
      for (const error of validation.result as GraphQLError[]) {
        error.extensions.code = 'BAD_USER_INPUT'
        error.message = error.message.slice(0, operationLimits.faultLengthMax)
      }
    },
  }
}

/** Tells whether `Accept` names a media type of answers, or any. */
export function acceptsAnswer({ headers: { accept = '*/*' } }: Pick<IncomingMessage, 'headers'>): boolean {
  return /\*\/\*|application\/(?:\*|json|graphql-response\+json)|text\/(?:\*|event-stream)|multipart\/(?:\*|mixed)/i.test(
    accept,
  )
}

/** Tells whether `Accept` names the event stream media type. */
export function asksForStream({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.accept?.toLowerCase().includes('text/event-stream') ?? false
}

/**
 * Tells whether the first media type of `Accept` is the event stream.
 *
 * Clients that send queries name it last, if at all.
 */
export function prefersStream({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return /^\s*text\/event-stream/i.test(headers.accept ?? '')
}

/** The path of a request, as it was sent. */
export function pathOf({ url = '/' }: { url?: string | undefined }): string {
  const [path = '/'] = url.split('?', 1)
  return path
}

/** Creates the error of a request without an operation, with its HTTP status. */
function refusal(status: number, message: string, reason?: unknown): GraphQLError {
  const cause = new AppError('BAD_USER_INPUT', message, { cause: reason })
  return new GraphQLError(message, { cause, extensions: { http: { status } } })
}

/** Refuses a body that is not plain JSON in UTF-8. */
function refuseEncoding({ headers }: Request): void {
  const [mediaType = '', ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';')
  if (mediaType.trim() !== 'application/json') {
    throw refusal(415, 'A POST request must be JSON: send `content-type: application/json`.')
  }
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='))
  if (charset && !/^charset="?utf-?8"?$/.test(charset)) {
    throw refusal(415, 'A body must be UTF-8: send `content-type: application/json; charset=utf-8`.')
  }
  if (!/^(identity)?$/i.test(headers.get('content-encoding') ?? '')) {
    throw refusal(415, 'A body must not be compressed: send it without `content-encoding`.')
  }
}

/** Puts the text of `documentId` into the parameters. */
function resolveText(trusted: TrustedDocuments, params: GraphQLParams): GraphQLParams {
  try {
    return withText(trusted, params)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new GraphQLError(error.message, { cause: error, extensions: { http: { status: 200 } } })
  }
}

async function readJson(request: Request): Promise<GraphQLParams> {
  const text = await readText(request).catch((error: unknown) => {
    // a client that disconnects is not a database error, and not logged
    throw error instanceof GraphQLError ? error : refusal(400, 'The body is incomplete.', error)
  })
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    throw refusal(400, 'The body is not valid JSON.', error)
  }
  if (Array.isArray(body)) throw refusal(400, 'Send one operation per request: batching is not supported.')
  if (typeof body !== 'object' || body === null) throw refusal(400, 'The body must be a JSON object with a `query`.')
  return body
}

/** Reads the body, and stops when it is too large. Node.js enforces the announced content length. */
async function readText(request: Request): Promise<string> {
  const announced = request.headers.get('content-length')
  if (announced !== null) {
    if (Number(announced) > limits.requestBytesMax) throw tooLarge()
    return decode(new TextDecoder('utf-8', { fatal: true }), await request.arrayBuffer())
  }
  if (!request.body) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  // not cancelled when it is too large: that would close the connection before the answer
  const reader = request.body.getReader()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decode(decoder)
    bytes += value.byteLength
    if (bytes > limits.requestBytesMax) throw tooLarge()
    text += decode(decoder, value, { stream: true })
  }
}

/** Decodes a body as strict UTF-8. */
function decode(decoder: TextDecoder, ...part: Parameters<TextDecoder['decode']>): string {
  try {
    return decoder.decode(...part)
  } catch (error) {
    throw refusal(400, 'The body is not valid UTF-8.', error)
  }
}

function isUtf8Url(url: string): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

function tooLarge(): GraphQLError {
  return refusal(413, `A request body may have ${limits.requestBytesMax} bytes.`)
}
