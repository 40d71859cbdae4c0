// Brings a database to the schema of this release when a server starts: prisma/migrations in order, in Prisma's own
// table and under Prisma's own lock, so that the `prisma migrate` commands agree with it.

import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { migrationLimits } from '../../config/database.ts'
import { StartError } from '../start-error.ts'
import { connect, describe, sqlState } from './connect.ts'
import { releaseMigrationLock, takeMigrationLock } from './lock.ts'

/** The oldest major version of PostgreSQL that has all that Kabar uses. */
export const serverVersionMin = 15

/** The database, and where the migrations are if not in this project. */
export type MigrateOptions = {
  url: string
  directory?: string
  /** The last migration to apply, if not all. */
  last?: string
  /** Gets what an operator should know and nothing has to wait for. */
  warn?: (message: string) => void
}

/**
 * Applies the migrations that a database lacks, and returns their names in order.
 *
 * Any number of servers may call it at once: one applies, the others wait up to five minutes and apply nothing. Each
 * migration and its record are one transaction, unless it holds a statement that cannot run in one. A database with
 * migrations newer than this release is accepted with a warning, since a rolling deploy runs old servers on it. Throws
 * StartError.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { last } = options
  const all = await readMigrations(options.directory)
  const migrations = last === undefined ? all : all.filter(({ name }) => name <= last)
  const client = await connect(options.url)
  try {
    await checkVersion(client)
    return await locked(options.url, async () => {
      await client.query(createTable)
      const applied = await readApplied(client)
      const missing = findMissing(migrations, applied)
      warnOfNewer(all, applied, options.warn)
      for (const migration of missing) await apply(client, migration)
      return missing.map((migration) => migration.name)
    })
  } finally {
    await client.end().catch(() => {})
  }
}

async function locked<T>(url: string, work: () => Promise<T>): Promise<T> {
  const keeper = await connect(url)
  try {
    await takeMigrationLock(keeper)
    const result = await work()
    await releaseMigrationLock(keeper)
    return result
  } finally {
    await keeper.end().catch(() => {}) // this also gives the lock back
  }
}

/**
 * Says which migrations a database lacks and which it has, and changes nothing.
 *
 * Throws StartError, as `migrate` does.
 */
export async function compareMigrations({
  url,
  directory,
}: Pick<MigrateOptions, 'url' | 'directory'>): Promise<Comparison> {
  const client = await connect(url)
  try {
    return await compareOn(client, directory)
  } finally {
    await client.end().catch(() => {})
  }
}

/** The names of the migrations that a database lacks, and of those that it has. */
export type Comparison = { missing: string[]; applied: string[] }

/** Does the same as `compareMigrations` on an open connection. */
export async function compareOn(client: pg.ClientBase, directory?: string): Promise<Comparison> {
  const migrations = await readMigrations(directory)
  const { rows } = await client.query(
    `/* compareMigrations */ select from pg_tables where schemaname = current_schema() and tablename = '_prisma_migrations'`,
  )
  const applied = rows.length > 0 ? await readApplied(client) : new Map<string, Applied>()
  const missing = findMissing(migrations, applied)
  return { missing: missing.map(({ name }) => name), applied: [...applied.keys()] }
}

type Migration = { name: string; sql: string; checksum: string }
type Applied = { name: string; checksum: string; finished: boolean }

// Prisma's definition, to the letter.
const createTable = `/* createTable */ create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`

async function readMigrations(
  directory: string = join(import.meta.dirname, '../../../prisma/migrations'),
): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names.sort().map(async (name) => {
      const file = await readFile(join(directory, name, 'migration.sql'))
      return { name, sql: file.toString('utf8'), checksum: createHash('sha256').update(file).digest('hex') }
    }),
  )
}

async function checkVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `/* checkVersion */ select current_setting('server_version_num')::int as number,
       current_setting('server_version') as name`,
  )
  const [version] = rows
  if (version && version.number >= serverVersionMin * 10_000) return
  throw new StartError(
    `The database is PostgreSQL ${version?.name}, and Kabar uses what came with ${serverVersionMin}. Upgrade it, or set ` +
      `DATABASE_URL to a PostgreSQL ${serverVersionMin} or newer.`,
  )
}

async function readApplied(client: pg.ClientBase): Promise<Map<string, Applied>> {
  const { rows } = await client.query<Applied>(
    `/* readApplied */ select migration_name as name, checksum, finished_at is not null as finished
     from _prisma_migrations
     where rolled_back_at is null
     order by started_at`,
  )
  return new Map(rows.map((row) => [row.name, row]))
}

function findMissing(migrations: Migration[], applied: Map<string, Applied>): Migration[] {
  const missing = migrations.filter((migration) => !isApplied(migration, applied))
  const [oldest] = applied.keys()
  if (oldest === undefined || missing.length === 0 || missing[0] !== migrations[0]) return missing
  throw new StartError(
    `This database was made by a version of Kabar from before the first release (its migrations begin with ${oldest}), ` +
      'and no release can bring it up to date. Start with an empty one: set KABAR_DATA to a new folder, or DATABASE_URL ' +
      'to a new database. The old one was left as it is; remove it if you do not need what is in it.',
  )
}

function isApplied({ name, checksum }: Migration, applied: Map<string, Applied>): boolean {
  const known = applied.get(name)
  if (!known) return false
  if (!known.finished) {
    throw new StartError(
      `The migration ${name} failed in this database before, and may have done half of its work. Read its row in the ` +
        'table _prisma_migrations, repair the schema by hand, tell Prisma (`npx prisma migrate resolve --rolled-back ' +
        `${name}\` to try it again, \`--applied ${name}\` if it is done), and start again.`,
    )
  }
  if (known.checksum !== checksum) {
    throw new StartError(
      `The migration ${name} is not the one that was applied to this database: its file has changed since, so the schema ` +
        'is not what this release expects. Restore the file (`git checkout prisma/migrations`) and put the change into a ' +
        'new migration.',
    )
  }
  return true
}

function warnOfNewer(migrations: Migration[], applied: Map<string, Applied>, warn?: (message: string) => void): void {
  const ours = new Set(migrations.map((migration) => migration.name))
  const others = [...applied.keys()].filter((name) => !ours.has(name))
  if (others.length === 0) return
  warn?.(
    `the database has migrations that this release does not know, so a newer release uses it: ${others.join(', ')}`,
  )
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(`set local lock_timeout = ${migrationLimits.tableLockMs}`)
    const id = await recordStart(client, migration)
    await client.query(migration.sql)
    await recordEnd(client, id)
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => {}) // the connection may be what broke
    // active_sql_transaction: a statement such as `create index concurrently` wants to be alone
    if (sqlState(cause) === '25001') return applyAlone(client, migration)
    throw failure(migration.name, 'Nothing of it was kept', cause)
  }
}

/**
 * Prisma's way: the record first, so that a failure halfway is seen by the next start.
 *
 * A statement that runs outside of a transaction blocks no user of the table, so that it may wait as long as it takes.
 */
async function applyAlone(client: pg.Client, migration: Migration): Promise<void> {
  const id = await recordStart(client, migration)
  try {
    await client.query(migration.sql)
  } catch (cause) {
    await client.query('/* applyAlone */ update _prisma_migrations set logs = $2 where id = $1', [id, describe(cause)])
    throw failure(migration.name, 'Part of it may have been kept', cause)
  }
  await recordEnd(client, id)
}

async function recordStart(client: pg.Client, { name, checksum }: Migration): Promise<string> {
  const id = randomUUID()
  await client.query(
    `/* recordStart */ insert into _prisma_migrations (id, checksum, migration_name, started_at)
     values ($1, $2, $3, clock_timestamp())`,
    [id, checksum, name],
  )
  return id
}

async function recordEnd(client: pg.Client, id: string): Promise<void> {
  await client.query(
    `/* recordEnd */ update _prisma_migrations
     set finished_at = clock_timestamp(), applied_steps_count = 1
     where id = $1`,
    [id],
  )
}

function failure(name: string, kept: string, cause: unknown): StartError {
  const busy = sqlState(cause) === '55P03' ? ' A table was in use for too long: starting again may be enough.' : ''
  return new StartError(
    `The migration ${name} failed, so the schema is not what this release needs: ${describe(cause)}. ${kept}.${busy} ` +
      'Remove the cause and start again.',
    { cause },
  )
}
