// Writes all tables into a file. It needs no program of PostgreSQL, which the embedded one does not bring along.

import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type pg from 'pg'
import { backupLimits } from '../../config/database.ts'
import { connect } from '../migrations/connect.ts'
import { fileMode } from '../private-files.ts'
import { StartError } from '../start-error.ts'
import type { BackupHeader, BackupLine } from './format.ts'
import { quote, readTables, type Table } from './tables.ts'

/** Where to back up to, and who is told how far it is. */
export interface BackupOptions {
  readonly url: string
  readonly file: string
  /** Gets the rows until now, and about how many there are. */
  readonly onProgress?: (rows: number, total: number) => void
}

/**
 * Writes a backup of the database, while servers go on.
 *
 * All rows are of one moment: they are read in one transaction. The file appears once it is complete, only its owner
 * may read it, and one that is there is never replaced. It holds the keys that sign tokens. Throws StartError.
 *
 * @returns how many rows it holds.
 */
export async function writeBackup({ url, file, onProgress = () => {} }: BackupOptions): Promise<number> {
  if (await stat(file).catch(() => null)) throw new StartError(`There is a file ${file}. Give the backup another name.`)
  const client = await connect(url)
  const partial = `${file}.partial`
  let rows = 0
  try {
    await client.query('begin isolation level repeatable read, read only')
    await client.query(settings)
    await assertMigrated(client)
    const total = await estimateRows(client)
    const lines = toLines(client, (count) => {
      rows = count
      onProgress(count, total)
    })
    const text = Readable.from(inChunks(lines))
    await pipeline(text, createGzip(), createWriteStream(partial, { flags: 'w', mode: fileMode }))
    await keep(partial, file)
    return rows
  } catch (cause) {
    await rm(partial, { force: true })
    const code = cause instanceof Error && 'syscall' in cause && 'code' in cause ? String(cause.code) : null
    if (code === null) throw cause
    throw new StartError(`Kabar cannot write the backup ${file} (${code}). No part of it was kept.`, { cause })
  } finally {
    await client.end().catch(() => {})
  }
}

/** Text of rows that reads the same everywhere, and no end for a transaction that takes long. */
const settings = `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local bytea_output = 'hex';
  set local extra_float_digits = 1; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0`

async function assertMigrated(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`/* assertMigrated */ select where to_regclass('_prisma_migrations') is not null`)
  if (rows.length === 0) throw new StartError('This database has no tables of Kabar: there is nothing to back up.')
}

/** About how many rows there are, as PostgreSQL last counted. */
async function estimateRows(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ total: number }>(
    `/* estimateRows */ select coalesce(sum(greatest(reltuples, n_live_tup, 0)), 0)::float8 as total
     from pg_stat_user_tables
     join pg_class on pg_class.oid = relid
     where schemaname = current_schema()`,
  )
  return rows[0]?.total ?? 0
}

async function* toLines(
  client: pg.Client,
  onProgress: (rows: number) => void,
): AsyncGenerator<BackupLine | BackupHeader | { end: true; rows: Record<string, number> }> {
  const { rows: applied } = await client.query<{ name: string; at: string }>(
    `/* toLines */ select migration_name as name, now()::text as at
     from _prisma_migrations
     where finished_at is not null and rolled_back_at is null
     order by migration_name collate "C"`,
  )
  yield { format: 'kabar-backup-1', takenAt: applied[0]?.at ?? '', migrations: applied.map(({ name }) => name) }
  const counts: Record<string, number> = {}
  let total = 0
  const tables = await readTables(client)
  // a server that starts meanwhile waits with its migrations
  await client.query(`lock table ${tables.map(({ name }) => quote(name)).join(', ')} in access share mode`)
  for (const table of tables) {
    yield { table: table.name, columns: [...table.columns] }
    let count = 0
    for await (const row of rowsOf(client, table)) {
      yield row
      count += 1
      onProgress(++total)
    }
    counts[table.name] = count
  }
  yield { end: true, rows: counts }
}

async function* rowsOf(client: pg.Client, { name }: Table): AsyncGenerator<string> {
  await client.query(
    `/* rowsOf */ declare backup no scroll cursor for select whole_row::text as row from only ${quote(name)} as whole_row`,
  )
  for (;;) {
    const { rows } = await client.query<{ row: string }>(`fetch ${backupLimits.rowsPerStep} from backup`)
    for (const { row } of rows) yield row
    if (rows.length < backupLimits.rowsPerStep) break
  }
  await client.query('close backup')
}

/** Joins lines: a chunk for each would cost more than what is in it. */
async function* inChunks(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  let chunk = ''
  for await (const line of lines) {
    chunk += `${JSON.stringify(line)}\n`
    if (chunk.length < backupLimits.chunkLength) continue
    yield chunk
    chunk = ''
  }
  yield chunk
}

/** Gives a complete file its name, once it is on the disk. */
async function keep(partial: string, file: string): Promise<void> {
  await sync(partial)
  await rename(partial, file)
  if (process.platform !== 'win32') await sync(dirname(file))
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
