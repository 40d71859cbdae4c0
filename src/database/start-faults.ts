// What keeps a server from starting that its database says, for the person at the terminal.

import type { Config } from '../config/config.ts'
import { describeFault } from './faults.ts'
import { StartError } from './start-error.ts'

/** SQLSTATEs of a prepared statement that is there already, or is not there: another server's, behind a pooler. */
const statementStates = new Set(['42P05', '26000'])

/**
 * Makes a StartError of what the operator can do something about.
 *
 * Other faults of the database are given as they are.
 */
export function explainStart(error: unknown, { preparedStatements }: Pick<Config, 'preparedStatements'>): unknown {
  if (error instanceof StartError) return error
  const { sqlState, readOnly } = describeFault(error)
  if (readOnly) {
    return new StartError(
      'PostgreSQL takes no changes: it is a standby, or set to read only. Point DATABASE_URL at the primary. `npm run kabar -- doctor` says more.',
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
