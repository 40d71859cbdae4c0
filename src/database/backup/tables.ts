import pg from 'pg'

/** A table with its columns, in their order. */
export interface Table {
  readonly name: string
  readonly columns: readonly string[]
  /** Those that are not generated from others. */
  readonly written: readonly string[]
}

/** Quotes the names of tables and columns. */
export const quote = (name: string): string => pg.escapeIdentifier(name)

/**
 * Reads the tables of the database in order of their names.
 *
 * Leaves out those of extensions, and Prisma's own.
 */
export async function readTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `/* readTables */ select relname::text as name, array_agg(attname::text order by attnum) as columns,
       array_agg(attname::text order by attnum) filter (where attgenerated = '') as written
     from pg_class
     join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
     where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname <> '_prisma_migrations'
       and not exists (
         select from pg_depend
         where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e'
       )
     group by relname
     order by relname`,
  )
  return rows
}
