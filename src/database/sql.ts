import type pg from 'pg'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Db } from './client.ts'

/** Runs one statement written with Prisma's `sql` tag, where it is bound to. */
export type Sql = <Row>(statement: Prisma.Sql) => Promise<Row[]>

/** Statements on a connection or pool of node-postgres. 8-byte integers arrive as text. */
export function sqlOf(client: pg.Pool | pg.ClientBase): Sql {
  return async <Row>(statement: Prisma.Sql) => {
    const result = await client.query(statement.text, statement.values)
    return result.rows as Row[]
  }
}

/** Statements in a transaction of Prisma. 8-byte integers arrive as bigint. */
export function sqlOfPrisma(db: Db): Sql {
  return <Row>(statement: Prisma.Sql) => db.$queryRaw<Row[]>(statement)
}
