// The embedded PostgreSQL, for machines without one. Real server binaries from npm, data kept between runs, reachable
// only from this machine and with a random password.

import { readFile, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { embeddedLimits } from '../config/database.ts'
import { StartError } from '../database/start-error.ts'
import { chooseAccount, findBinaries } from './binaries.ts'
import { hasDatabase, initialise, prepareFolder, readPassword, removeUnfinished } from './data-folder.ts'
import { isLocked, lockFolder } from './folder-lock.ts'
import { type KeeperOptions, keepRunning } from './keeper.ts'
import { type Cluster, endOrphan, inUse, readPostmaster, startPostmaster } from './postmaster.ts'

/** Options of the embedded PostgreSQL. */
export type EmbeddedOptions = {
  /** Kept between runs: the database in `postgres/`, its password in `postgres-password`. */
  dataDir: string
  /** Receives every line of the PostgreSQL log. */
  log?: (line: string) => void
  /** Called when PostgreSQL exits without `close()`, with the reason and its last log lines: it is restarted. */
  onLost?: (reason: string) => void
  /** Called when it is running again. */
  onBack?: () => void
  /** Called once when it cannot be restarted, with the reason. */
  onExit?: (reason: string) => void
  /** False disables fsync, for fast tests: a crash of the machine may destroy the data. */
  durable?: boolean
}

/** A running PostgreSQL: how to reach it, and how to stop it. */
export type EmbeddedPostgres = { url: string; close(): Promise<void> }

/**
 * Starts PostgreSQL on a data folder, which it creates at the first start.
 *
 * The folder stays locked until `close()` resolves or this process exits. After a killed server its PostgreSQL is
 * restarted, and an unfinished first start is repeated. Throws StartError with a message for the operator.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log = () => {}, onLost = () => {}, onBack = () => {}, onExit = () => {}, durable = true } = options
  const binaries = await findBinaries()
  const dataDir = await prepareFolder(resolve(options.dataDir))
  const lock = await lockFolder(dataDir)
  if (!lock) throw inUse(dataDir, 'another Kabar process is running on it')
  try {
    await removeUnfinished(dataDir)
    const account = await chooseAccount(binaries, dataDir)
    const exists = await hasDatabase(dataDir, account)
    const password = await readPassword(dataDir)
    const cluster = { folder: join(dataDir, 'postgres'), binaries, account, password }
    if (exists) await endOrphan(cluster, log)
    else await initialise({ dataDir, binaries, account, password, durable })
    return await run(cluster, { log, onLost, onBack, onExit, durable, release: lock.release })
  } catch (error) {
    await lock.release()
    throw error
  }
}

/**
 * Finds the PostgreSQL that a running server embeds in a data folder.
 *
 * @returns its URL; null when there is none, or when it does not answer.
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | null> {
  const folder = await realpath(dataDir).catch(() => null)
  if (folder === null || !(await isLocked(folder))) return null
  const { port } = await readPostmaster(join(folder, 'postgres'))
  const password = await readFile(join(folder, 'postgres-password'), 'utf8').catch(() => '')
  if (!Number.isInteger(port) || password === '') return null
  const url = urlOf(password.trim(), port, 'kabar')
  return (await tryConnect(url)) === 'ok' ? url : null
}

type RunOptions = KeeperOptions & { release(): Promise<void> }

async function run(cluster: Cluster, { release, ...options }: RunOptions): Promise<EmbeddedPostgres> {
  const postmaster = await startPostmaster(cluster, options)
  const url = urlOf(cluster.password, postmaster.port, 'kabar')
  try {
    await createDatabase(url, urlOf(cluster.password, postmaster.port, 'postgres'))
  } catch (error) {
    await postmaster.stop()
    throw error
  }
  const keeper = keepRunning(postmaster, cluster, options)
  let closing: Promise<void> | undefined
  return {
    url,
    close() {
      closing ??= keeper.close().then(release)
      return closing
    },
  }
}

function urlOf(password: string, port: number, database: string): string {
  return `postgresql://kabar:${password}@127.0.0.1:${port}/${database}?sslmode=disable`
}

/** Creates the database `kabar` at the first start, or at the second when the first was killed before this. */
async function createDatabase(url: string, adminUrl: string): Promise<void> {
  const code = await tryConnect(url)
  if (code === 'ok') return
  if (code === '28P01') {
    throw new StartError(
      'The password in the file postgres-password is not that of the database beside it, so Kabar cannot open it. ' +
        'Put the right file back, or set KABAR_DATA to another folder.',
    )
  }
  if (code !== '3D000') throw new StartError(`The embedded PostgreSQL refuses connections (${code}).`)
  const admin = new pg.Client(adminUrl)
  admin.on('error', () => {}) // a broken connection also fails the pending query
  await admin.connect()
  try {
    await admin.query('create database kabar')
  } finally {
    await admin.end()
  }
}

async function tryConnect(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: embeddedLimits.connectMs })
  client.on('error', () => {}) // a failure is what connect() rejects with
  try {
    await client.connect()
    return 'ok'
  } catch (error) {
    return error instanceof pg.DatabaseError ? String(error.code) : String(error)
  } finally {
    await client.end().catch(() => {})
  }
}
