import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** The size of a deployment. */
export interface Figures {
  readonly users: number
  readonly rooms: number
  readonly messages: number
  readonly openReports: number
  readonly servers: number
  readonly databaseBytes: number
}

/** Reads the size of the deployment. Rows are estimated by PostgreSQL: counting them takes too long. */
export async function readFigures(sql: Sql, openReportsMax: number): Promise<Figures | null> {
  const [row] = await sql<Figures>(Prisma.sql`
    -- readFigures: pg_class_relname_nsp_index; reports_open_idx, openReportsMax rows; as many rows as there are connections
    -- and servers. Those that hear of each other by a bus do not LISTEN, and those without users have no lease.
    select ${rowsOf('users')} as users, ${rowsOf('rooms')} as rooms, ${rowsOf('messages')} as messages,
      (
        select count(*)::integer
        from (select 1 from reports where resolved_at is null limit ${openReportsMax}) as open
      ) as "openReports",
      greatest(
        (
          select count(*)::integer
          from pg_stat_activity
          where application_name = 'kabar listen' and datname = current_database()
        ),
        (select count(*)::integer from server_leases where expires_at > now())
      ) as servers,
      pg_database_size(current_database())::float8 as "databaseBytes"`)
  return row ?? null
}

const rowsOf = (table: string) =>
  Prisma.sql`(select greatest(reltuples, 0)::float8 from pg_class where oid = ${table}::regclass)`
