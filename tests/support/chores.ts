import { openClient } from './database.ts'

/** Chores that come every few seconds. */
type Chore = 'deleted rooms' | 'deleted accounts' | 'data exports' | 'guests' | 'expired messages'

/** Keeps the servers of a database from doing a chore by themselves: it is done when a test does it. Returns its end. */
export async function holdChore(databaseUrl: string, ...names: readonly Chore[]): Promise<() => Promise<void>> {
  const client = await openClient(databaseUrl)
  for (const name of names) {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`kabar chore ${name}`])
  }
  return () => client.end()
}
