/** The closed list of error codes, as `extensions.code` of a GraphQL error. */
export const errorCodes = {
  UNAUTHENTICATED: 'You are not signed in, or the access token is not valid.',
  FORBIDDEN: 'You are signed in but may not do this.',
  NOT_FOUND: 'It does not exist, or you may not see it.',
  BAD_USER_INPUT: 'An argument is invalid; `extensions.fields` lists each error.',
  CONFLICT: 'It conflicts with the current state, for example pinning a deleted message.',
  USERNAME_TAKEN: 'Another account has this username.',
  BAD_CREDENTIALS: 'The username or the password is wrong.',
  ACCOUNT_SUSPENDED: 'An operator of the server has suspended the account.',
  SESSION_EXPIRED: 'The session has ended: sign in again.',
  GUESTS_DISABLED: 'The operator of this server does not allow guests.',
  PASSWORDLESS_DISABLED: 'The operator of this server does not allow accounts without a password.',
  WRONG_ROOM_PASSWORD: 'The password of the room is wrong or missing.',
  ROOM_FULL: 'The room has its maximum number of members.',
  ROOM_ARCHIVED: 'The room is archived and read-only.',
  ROOM_DELETION_DISABLED: 'The operator of this server does not allow rooms to be deleted.',
  BANNED: 'You are banned from the room.',
  MUTED: 'You are muted in the room.',
  SLOW_MODE: 'The room is in slow mode: wait `extensions.retryAfterMs`.',
  BLOCKED: 'In a direct room: one of the two has blocked the other, so that neither can write there.',
  INVITE_INVALID: 'The invite does not exist, has expired, was revoked or is used up.',
  NONCE_REUSED: 'The nonce was used for a message with other content.',
  EDIT_WINDOW_CLOSED: 'The message is too old to be edited.',
  UPLOAD_TOO_LARGE: 'The file is larger than allowed, or the total of your files.',
  UNSUPPORTED_MEDIA: 'The file is of a type that is not allowed.',
  RATE_LIMITED: 'Too many requests: wait `extensions.retryAfterMs`.',
  TOO_MANY_SUBSCRIPTIONS: 'The socket or the user has its maximum number of subscriptions.',
  OPERATION_TOO_COMPLEX: 'The operation is too deep, too wide or too costly.',
  RESYNC_REQUIRED: 'The cursor cannot be continued: read the room again and subscribe after its `eventCursor`.',
  SERVICE_UNAVAILABLE: 'The server cannot do this now: retry after `extensions.retryAfterMs`.',
  INTERNAL: 'An internal server error; find it in the log by `extensions.requestId`.',
} as const

/** One of the closed list of error codes. */
export type ErrorCode = keyof typeof errorCodes

/** An error of one argument: the path of the input field and its problem. */
export interface FieldFault {
  path: string
  message: string
}

/** Details of an error in addition to its code. */
export interface ErrorDetails {
  /** All errors of the input, for BAD_USER_INPUT. */
  fields?: readonly FieldFault[]
  /** Milliseconds to wait before a retry can succeed. */
  retryAfterMs?: number
  cause?: unknown
}

/** The error class of all expected failures: clients see its code and message. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly fields: readonly FieldFault[] | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, { fields, retryAfterMs, cause }: ErrorDetails = {}) {
    super(message, { cause })
    this.code = code
    this.fields = fields
    this.retryAfterMs = retryAfterMs
  }

  /** The `extensions` of the GraphQL error. */
  get extensions(): Record<string, unknown> {
    return {
      code: this.code,
      ...(this.fields && { fields: this.fields }),
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
    }
  }
}

/** Creates a BAD_USER_INPUT error for one argument. */
export function badInput(path: string, message: string): AppError {
  return new AppError('BAD_USER_INPUT', `${path}: ${message}`, { fields: [{ path, message }] })
}

/** Creates a NOT_FOUND error. It is the same for missing objects and for objects that the viewer may not see. */
export function notFound(what: string): AppError {
  return new AppError('NOT_FOUND', `This ${what} does not exist, or you may not see it.`)
}

/** Creates a SERVICE_UNAVAILABLE error: a retry is safe. */
export function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('SERVICE_UNAVAILABLE', message, { retryAfterMs: 1_000, cause })
}

/** Throws when an invariant is broken: a bug of Kabar, never a client error. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`)
}
