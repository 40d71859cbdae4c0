// Makes errors that say what to do, of all that a server or something in its place may answer.

import { KabarError, type KabarErrorCode } from '../errors.ts'

/** One error of a GraphQL answer. */
export interface GraphqlFault {
  readonly message: string
  readonly extensions?: {
    readonly code?: string
    readonly retryAfterMs?: number
    readonly fields?: KabarError['fields']
    readonly requestId?: string
  }
}

/** An answer of a GraphQL server. */
export interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly GraphqlFault[]
}

const advice: Partial<Record<string, string>> = {
  UNAUTHENTICATED: 'Sign in first.',
  SESSION_EXPIRED: 'Sign in again.',
  RATE_LIMITED: 'Wait retryAfterMs and try again.',
  SLOW_MODE: 'Wait retryAfterMs and try again.',
  SERVICE_UNAVAILABLE: 'Wait retryAfterMs and try again.',
  INTERNAL: 'Try again; the operator finds requestId in the log of the server.',
}

const unknownParts = /^(?:Cannot query field|Unknown (?:argument|type|directive)|Field ".*" is not defined by type)/

/** Makes a KabarError of the first error of an answer, which it carries. */
function errorOfFault({ message, extensions = {} }: GraphqlFault, answer: GraphqlAnswer | null = null): KabarError {
  const { code = 'INTERNAL', retryAfterMs, fields, requestId } = extensions
  if (unknownParts.test(message)) {
    const text = `This server does not know what the client asks (${message}). Use the version of kabar-client that belongs to it.`
    return new KabarError('VERSION_MISMATCH', text)
  }
  const hint = advice[code]
  return new KabarError(code as KabarErrorCode, hint ? `${message.replace(/[^.]$/, '$&.')} ${hint}` : message, {
    retryAfterMs: retryAfterMs ?? null,
    fields: fields ?? [],
    requestId: requestId ?? null,
    answer,
  })
}

/** Takes the data of an answer. Throws a KabarError where there are errors, or it is no answer of GraphQL. */
export function dataOf(answer: unknown, url: string): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null) throw notKabar(url, 'it answered with JSON that is no GraphQL')
  const { data, errors } = answer as GraphqlAnswer
  const fault = errors?.[0]
  if (errors && typeof fault?.message !== 'string') throw notKabar(url, 'its errors are not those of GraphQL')
  if (fault) throw errorOfFault(fault, { data: data ?? null, errors: errors ?? [] })
  if (!data) throw notKabar(url, 'it answered with JSON that is no GraphQL')
  return data
}

/** Says that something else than Kabar has answered. */
export function notKabar(url: string, what: string, cause?: unknown): KabarError {
  const text = `${url} is not a Kabar server: ${what}. Check the URL; a network that wants a sign-in, such as that of a hotel, also does this.`
  return new KabarError('NOT_KABAR', text, { cause })
}

/** Says that the server could not be reached. */
export function unreachable(url: string, cause?: unknown, retryAfterMs: number | null = null): KabarError {
  const text = `${url} could not be reached. Check the network and that the server runs; it is tried again.`
  return new KabarError('NETWORK', text, { cause, retryAfterMs })
}

/** Says that the caller has given something up. */
export function cancelled(what: string, cause?: unknown): KabarError {
  return new KabarError('CANCELLED', `The caller has cancelled ${what}.`, { cause })
}

/** Makes a KabarError of whatever was thrown. */
export function toKabarError(thrown: unknown, url: string): KabarError {
  if (thrown instanceof KabarError) return thrown
  if (Array.isArray(thrown) && thrown[0]) return errorOfFault(thrown[0] as GraphqlFault)
  return unreachable(url, thrown)
}
