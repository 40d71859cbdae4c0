import { createHash } from 'node:crypto'
import type pg from 'pg'
import { memoize } from '../concurrency/lru.ts'
import { databaseLimits } from '../config/database.ts'
import { Prisma, type PrismaClient } from '../generated/prisma/client.ts'

/** Runs a statement of Prisma's `sql` tag on its connection or transaction. */
export type Sql = <Row>(statement: Prisma.Sql) => Promise<Row[]>

/** Returns the name of a prepared statement; undefined for an unprepared one. */
export type NameStatement = (text: string) => string | undefined

/**
 * Creates the names of prepared statements, equal for equal texts.
 *
 * PostgreSQL then parses and plans a statement once per connection.
 */
export function nameStatements(): (text: string) => string {
  return memoize((text) => createHash('sha1').update(text).digest('base64url'), {
    max: databaseLimits.statementNamesMax,
  })
}

/** Statements on a connection or pool of node-postgres. 8-byte integers arrive as text. */
export function sqlOf(client: pg.Pool | pg.ClientBase, nameOf: NameStatement): Sql {
  return async <Row>({ text, values }: Prisma.Sql) => {
    const name = nameOf(text)
    const result = await client.query(name === undefined ? { text, values } : { name, text, values })
    return result.rows as Row[]
  }
}

/**
 * Creates the condition that a column is one of some ids.
 *
 * PostgreSQL caches the plan for one id, but plans again for each short list, which takes longer than the read itself.
 */
export function isAnyOf(column: Prisma.Sql, ids: readonly string[]): Prisma.Sql {
  return ids.length === 1 ? Prisma.sql`${column} = ${ids[0]}::uuid` : Prisma.sql`${column} = any(${ids}::uuid[])`
}

/** Builds the pattern of LIKE for a text, folded as names are. Folding comes first: it makes `%` of its wide form. */
export function foldedPattern(text: string): Prisma.Sql {
  return Prisma.sql`regexp_replace(fold_name(${text}), '[\\\\%_]', '\\\\\\&', 'g')`
}

/** Statements in a transaction of Prisma. 8-byte integers arrive as bigint. */
export function sqlOfPrisma(db: Pick<PrismaClient, '$queryRaw'>): Sql {
  return <Row>(statement: Prisma.Sql) => db.$queryRaw<Row[]>(statement)
}

/** Sets the word similarity threshold of this transaction: 1 means equal. */
export async function tolerateTypingErrors(sql: Sql, similarityMin: number): Promise<void> {
  await sql(Prisma.sql`
    -- tolerateTypingErrors: no rows; a setting of pg_trgm, whose operator takes no other bound
    select set_config('pg_trgm.word_similarity_threshold', ${String(similarityMin)}, true)`)
}
