// Database errors that prevent the start of a server, explained for the operator.

import type { Config } from '../config/config.ts'
import { describeFault } from './faults.ts'
import { StartError } from './start-error.ts'

/** SQLSTATEs of a duplicate or missing prepared statement: another server's, behind a pooler. */
const statementStates = new Set(['42P05', '26000'])

/**
 * Converts errors that the operator can fix into a StartError.
 *
 * Other errors are returned unchanged.
 */
export function explainStart(error: unknown, { preparedStatements }: Pick<Config, 'preparedStatements'>): unknown {
  if (error instanceof StartError) return error
  const { sqlState, readOnly } = describeFault(error)
  if (readOnly) {
    return new StartError(
      'PostgreSQL is read-only: it is a standby, or set to read only. Point DATABASE_URL at the primary. `npm run kabar -- doctor` shows more.',
      { cause: error },
    )
  }
  if (preparedStatements && sqlState !== null && statementStates.has(sqlState)) {
    return new StartError(
      'Prepared statements are lost between Kabar and PostgreSQL, as behind a pooler in transaction mode that does not keep them (PgBouncer before 1.21). Set PREPARED_STATEMENTS=false, or point DATABASE_URL at PostgreSQL itself.',
      { cause: error },
    )
  }
  return error
}
