import type pg from 'pg'
import { databaseLimits } from '../config/database.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { type NameStatement, type Sql, sqlOf } from './sql.ts'

/** A statement that waits for the end of the turn. */
interface Waiting {
  send(sql: Sql): Promise<void>
  fail(error: unknown): void
}

/**
 * Creates the statements that share connections.
 *
 * Those of one turn of the event loop are sent in one write, some on each connection. PostgreSQL executes them in their
 * order, each with its own snapshot; one that fails does not affect the others. A round trip costs more than a small read:
 * a busy server does a quarter less work so. A slow statement would hold up those behind it: this is only for reads of some
 * rows by an index.
 */
export function createLookups(pool: pg.Pool, nameOf: NameStatement): Sql {
  let waiting: Waiting[] = []

  function sendAll(): void {
    const statements = waiting
    waiting = []
    const { lookupsTogetherMax: count } = databaseLimits
    for (let start = 0; start < statements.length; start += count) {
      void sendTogether(pool, nameOf, statements.slice(start, start + count))
    }
  }

  return <Row>(statement: Prisma.Sql) =>
    new Promise<Row[]>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(sendAll)
      waiting.push({ send: (sql) => sql<Row>(statement).then(resolve, reject), fail: reject })
    })
}

/** Sends statements on one connection. */
async function sendTogether(pool: pg.Pool, nameOf: NameStatement, statements: readonly Waiting[]): Promise<void> {
  let client: pg.PoolClient
  try {
    client = await pool.connect()
  } catch (error) {
    for (const { fail } of statements) fail(error)
    return
  }
  const sql = sqlOf(client, nameOf)
  const { stream } = client.connection
  stream.cork()
  const answers = statements.map(({ send }) => send(sql))
  stream.uncork()
  await Promise.all(answers)
  // the pool removes a connection that was lost
  client.release()
}
