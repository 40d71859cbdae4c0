import { AppError, type ErrorCode, unavailable } from '../errors.ts'

/** The constraints that a request can violate, with the error for the client. */
const constraints: Record<string, readonly [ErrorCode, string]> = {
  users_username_key: ['USERNAME_TAKEN', 'This username is taken. Choose another.'],
  // only operator commands violate these: users cannot verify contacts
  users_email_verified_key: ['CONFLICT', 'Another account has verified this e-mail address.'],
  users_phone_verified_key: ['CONFLICT', 'Another account has verified this phone number.'],
  // only an import gives ids
  topics_pkey: ['CONFLICT', 'Another account or room has this id.'],
  members_direct_pair: ['CONFLICT', 'A direct room keeps exactly its two members.'],
  invites_uses_range: ['INVITE_INVALID', 'The invite is used up.'],
}

/** SQLSTATEs after which the same transaction can succeed: serialization failure and deadlock. */
const retryable = new Set(['40001', '40P01'])

/** SQLSTATE classes of an unreachable, full or stopping database: connection, resources, operator. */
const unavailableClasses = new Set(['08', '53', '57', '58'])

/** The SQLSTATE of a write that a standby or a read-only database refuses. */
export const readOnlyState = '25006'

/** How PostgreSQL says that a standby cannot even read something: 0A000, for tables that are not in the log. */
const duringRecovery = /during recovery/

/** Socket errors and pool time-outs: PostgreSQL could not be reached. */
const unreachable =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|Connection terminated|timeout exceeded when trying to connect|timeout expired|Can't reach database|Unable to start a transaction|Client has encountered a connection error|not queryable|pool after calling end|Server has closed the connection/i

/** The cause of an error of PostgreSQL, node-postgres or Prisma. */
export interface DatabaseFault {
  sqlState: string | null
  constraint: string | null
  retryable: boolean
  unavailable: boolean
  /** PostgreSQL is read-only: a standby, or set so. This counts as unavailable too. */
  readOnly: boolean
}

/** Tells whether an error of PostgreSQL says that it is read-only. */
export function isReadOnlyError({ code, message }: { code?: unknown; message?: unknown }): boolean {
  return code === readOnlyState || (code === '0A000' && duringRecovery.test(String(message)))
}

/** Finds SQLSTATE and constraint in an error, at any depth of causes. */
export function describeFault(error: unknown): DatabaseFault {
  let sqlState: string | null = null
  let constraint: string | null = null
  let away = false
  let readOnly = false
  const seen = new Set<unknown>()
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > 6 || seen.has(value)) return
    seen.add(value)
    const record = value as Record<string, unknown>
    for (const code of [record.originalCode, record.code]) {
      if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('P2')) sqlState ??= code
      if (code === 'P2024' || code === 'P2028' || code === 'P1001' || code === 'P1017') away = true
      if (code === 'P2034') sqlState ??= '40001'
    }
    const codes = [record.originalCode, record.code]
    const texts = [record.originalMessage, record.message]
    readOnly ||= codes.some((code, index) => isReadOnlyError({ code, message: texts[index] }))
    if (typeof record.constraint === 'string') constraint ??= record.constraint
    if (value instanceof Error && unreachable.test(`${String(record.code)} ${value.message}`)) away = true
    for (const text of [record.message, record.originalMessage]) {
      constraint ??= typeof text === 'string' ? (/constraint "(\w+)"/.exec(text)?.[1] ?? null) : null
    }
    for (const key of ['cause', 'meta', 'driverAdapterError', 'constraint', 'originalError'])
      look(record[key], depth + 1)
  }
  look(error, 0)
  const state = sqlState as string | null
  return {
    sqlState: state,
    constraint,
    retryable: state !== null && retryable.has(state),
    readOnly,
    unavailable: away || readOnly || (state !== null && unavailableClasses.has(state.slice(0, 2))),
  }
}

/**
 * Translates an error of the database into an error for the client.
 *
 * Unknown errors are returned unchanged, to be logged and masked.
 *
 * @param advice what the client should do when the database is unreachable or read-only.
 */
export function translateFault(error: unknown, advice = 'Try again in a moment.'): unknown {
  if (error instanceof AppError) return error
  const fault = describeFault(error)
  const known = fault.constraint === null ? undefined : constraints[fault.constraint]
  if (known) return new AppError(known[0], known[1], { cause: error })
  if (fault.sqlState === '22021') {
    return new AppError('BAD_USER_INPUT', 'Text may not contain the character U+0000.', { cause: error })
  }
  if (fault.retryable) return unavailable('Too many concurrent changes. Nothing was changed: try again.', error)
  if (fault.readOnly) {
    return unavailable(`The database is read-only at the moment. Nothing was changed. ${advice}`, error)
  }
  if (fault.unavailable) return unavailable(`The database cannot be reached. ${advice}`, error)
  return error
}
