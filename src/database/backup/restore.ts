// Reads the file of a backup into a database.

import type pg from 'pg'
import { backupLimits, migrationLimits } from '../../config/database.ts'
import { connect } from '../migrations/connect.ts'
import { compareMigrations, migrate } from '../migrations/migrate.ts'
import { StartError } from '../start-error.ts'
import { type BackupHeader, checkBackup, readBackup } from './format.ts'
import { quote, readTables, type Table } from './tables.ts'

/** The backup to restore, the database, and the receiver of the progress. */
export interface RestoreOptions {
  readonly url: string
  readonly file: string
  /** True if the data of the database may be deleted for it. */
  readonly force?: boolean
  /** Gets the rows until now, and how many there are. */
  readonly onProgress?: (rows: number, total: number) => void
}

/** The tables that have rows before anybody has used a database. */
const filledFromTheStart = ['categories', 'regions', 'signing_keys', 'media_keys', 'server_leases', 'rate_limits']

/**
 * Replaces what is in a database by a backup, all or nothing.
 *
 * The file is read and checked first. The backup may be of this release or of an older one: later migrations are applied
 * to its data. Throws StartError when the file is damaged or of a newer release, and when the database has data and
 * `force` is not set, is ahead of the backup, or is in use by a server.
 *
 * @returns how many rows were restored, and when the backup was taken.
 */
export async function restoreBackup(options: RestoreOptions): Promise<{ rows: number; takenAt: string }> {
  const { url, file } = options
  const { header, rows: total } = await checkBackup(file)
  await assertSameHistory(url, header)
  const client = await connect(url)
  try {
    await assertNoServer(client)
    if (!options.force) await assertEmpty(client)
    await migrate({ url, last: header.migrations.at(-1) ?? '' })
    const rows = await replaceAll(client, { ...options, onProgress: (done) => options.onProgress?.(done, total) })
    await migrate({ url })
    return { rows, takenAt: header.takenAt }
  } finally {
    await client.end().catch(() => {})
  }
}

async function assertSameHistory(url: string, { migrations }: BackupHeader): Promise<void> {
  const { missing, applied } = await compareMigrations({ url })
  const known = new Set([...applied, ...missing])
  const newer = migrations.filter((name) => !known.has(name))
  if (newer.length > 0) {
    throw new StartError(
      `The backup is of a newer release of Kabar (it has ${newer.join(', ')}). Nothing was changed. Restore it with that release.`,
    )
  }
  const later = applied.filter((name) => !migrations.includes(name))
  if (later.length === 0) return
  throw new StartError(
    `The backup is of an older release than this database (which has ${later.join(', ')}). Nothing was changed. Restore ` +
      'it into a new database, which is then brought up to date: set KABAR_DATA to a new folder, or DATABASE_URL to a ' +
      'new database.',
  )
}

async function assertNoServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    `/* assertNoServer */ select from pg_stat_activity
     where datname = current_database() and application_name in ('kabar', 'kabar listen')`,
  )
  if (rows.length === 0) return
  throw new StartError(
    'Servers are using this database, and would go on with what they remember of it. Nothing was changed. Stop all of ' +
      'them, and restore again.',
  )
}

async function assertEmpty(client: pg.Client): Promise<void> {
  const tables = (await readTables(client)).filter(({ name }) => !filledFromTheStart.includes(name))
  for (const { name } of tables) {
    const { rows } = await client.query(`/* assertEmpty */ select from ${quote(name)} limit 1`)
    if (rows.length === 0) continue
    throw new StartError(
      `The database has data already (in the table ${name}), and a restore deletes it. Nothing was changed. Restore into ` +
        'an empty database, or add --force to delete what is there.',
    )
  }
}

async function replaceAll(client: pg.Client, options: RestoreOptions): Promise<number> {
  await client.query('begin')
  await client.query(`set local lock_timeout = ${migrationLimits.tableLockMs}`)
  await client.query('set local statement_timeout = 0')
  try {
    const tables = await readTables(client)
    await client.query(`truncate ${tables.map(({ name }) => quote(name)).join(', ')}`)
    const rows = await withoutRules(client, tables, () => load(client, tables, options))
    await client.query('commit')
    await client.query('analyze')
    return rows
  } catch (error) {
    await client.query('rollback').catch(() => {}) // the connection may be what broke
    throw error
  }
}

/**
 * Takes foreign keys and triggers away for a while, since rows come in the order of their tables.
 *
 * The owner of the tables may do that; switching the checks off would take a superuser. Making a key again checks all rows.
 */
async function withoutRules<T>(client: pg.Client, tables: readonly Table[], work: () => Promise<T>): Promise<T> {
  const { rows: keys } = await client.query<{ table: string; name: string; definition: string }>(
    `/* withoutRules */ select relname::text as table, conname::text as name, pg_get_constraintdef(pg_constraint.oid) as definition
     from pg_constraint
     join pg_class on pg_class.oid = conrelid
     where contype = 'f' and relnamespace = current_schema()::regnamespace`,
  )
  const alter = async (name: string, change: string) => client.query(`alter table ${quote(name)} ${change}`)
  for (const { table, name } of keys) await alter(table, `drop constraint ${quote(name)}`)
  for (const { name } of tables) await alter(name, 'disable trigger user')
  const result = await work()
  for (const { name } of tables) await alter(name, 'enable trigger user')
  for (const { table, name, definition } of keys) await alter(table, `add constraint ${quote(name)} ${definition}`)
  return result
}

async function load(client: pg.Client, tables: readonly Table[], options: RestoreOptions): Promise<number> {
  const known = new Map(tables.map((table) => [table.name, table]))
  let current: Table | undefined
  let batch: string[] = []
  let total = 0
  const flush = async () => {
    if (!current || batch.length === 0) return
    const name = quote(current.name)
    const columns = current.written.map(quote).join(', ')
    await client.query(`/* load */ insert into ${name} (${columns}) select ${columns} from unnest($1::${name}[])`, [
      batch,
    ])
    total += batch.length
    options.onProgress?.(total, total)
    batch = []
  }
  for await (const item of readBackup(options.file)) {
    if (typeof item === 'string') {
      if (current) batch.push(item)
      if (batch.length >= backupLimits.rowsPerStep) await flush()
    } else {
      await flush()
      current = 'table' in item ? take(known.get(item.table), item) : undefined
    }
  }
  return total
}

/** The table of the database for one of the backup. */
function take(found: Table | undefined, said: { table: string; columns: readonly string[] }): Table {
  if (found && found.columns.join() === said.columns.join()) return found
  throw new StartError(
    `The backup has a table ${said.table} (${said.columns.join(', ')}) that this release does not make so: somebody has ` +
      'changed the tables of that database by hand. Nothing was changed.',
  )
}
