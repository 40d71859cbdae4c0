// The codes of errors. transport/retry.ts decides after which of them something is tried again.

import type { ErrorCode } from './generated/operations.ts'

/** Why something failed: a code of the server, or one of the client. */
export type KabarErrorCode =
  | ErrorCode
  /** The server could not be reached, or did not answer in time. */
  | 'NETWORK'
  /** Something answered that is not Kabar: a wrong URL, a proxy, the sign-in page of a hotel. */
  | 'NOT_KABAR'
  /** The server is Kabar, but does not know what this client asks: it is older or newer. */
  | 'VERSION_MISMATCH'
  /** The caller has cancelled it, or closed the client. */
  | 'CANCELLED'
  /** Storage in this browser has failed; everything goes on in memory. */
  | 'STORAGE'

/** The one kind of error that this package throws. Its message says what to do. */
export class KabarError extends Error {
  /** For programs. */
  readonly code: KabarErrorCode
  /** Wait so long before trying again; null when waiting alone does not help. */
  readonly retryAfterMs: number | null
  /** Which inputs are wrong, for BAD_USER_INPUT. */
  readonly fields: readonly { readonly path: string; readonly message: string }[]
  /** Leads to the log of the server; null when there is none. */
  readonly requestId: string | null
  /** The whole answer of the server, with the values of fields that have not failed; null when there is none. */
  readonly answer: KabarAnswer | null

  constructor(code: KabarErrorCode, message: string, more: KabarErrorDetails = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'KabarError'
    this.code = code
    this.retryAfterMs = more.retryAfterMs ?? null
    this.fields = more.fields ?? []
    this.requestId = more.requestId ?? null
    this.answer = more.answer ?? null
  }
}

/** Details that an error may carry besides its code and message. */
export interface KabarErrorDetails {
  readonly retryAfterMs?: number | null
  readonly fields?: KabarError['fields']
  readonly requestId?: string | null
  readonly answer?: KabarAnswer | null
  readonly cause?: unknown
}

/** An answer with errors, as GraphQL has it. */
export interface KabarAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[]
}
