import pg from 'pg'
import { migrationLimits } from '../../config/database.ts'
import { StartError } from '../start-error.ts'

/** Opens a connection for work on the whole database. Throws StartError. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ connectionString: url, connectionTimeoutMillis: migrationLimits.connectMs, application_name: 'kabar-migrate' },
  })
  client.on('error', () => {}) // a connection that breaks also fails the query that is waited for
  try {
    await client.connect()
    return client
  } catch (cause) {
    const { host, port, user, database } = client
    throw new StartError(
      `Kabar cannot open its database "${database}" on ${host}:${port} as "${user}": ${describe(cause)}. Without it ` +
        'nothing works. Check DATABASE_URL, and that PostgreSQL is running and lets that user in.',
      { cause },
    )
  }
}

/** Gives the SQLSTATE of an error of PostgreSQL. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** Says what an error is, with its SQLSTATE. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(', ')
  const text = error instanceof Error ? error.message : String(error)
  const state = sqlState(error)
  return state === undefined ? text : `${text} (${state})`
}
