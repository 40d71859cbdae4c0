// The PostgreSQL that Kabar brings along, for a machine that has none. Real server binaries from npm, data kept between
// runs, reachable from this machine alone and with a random password.

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

/** What an embedded PostgreSQL needs to know. */
export type EmbeddedOptions = {
  /** Kept between runs: the database in `postgres/`, its password in `postgres-password`. */
  dataDir: string
  /** Gets every line that PostgreSQL writes to its log. */
  log?: (line: string) => void
  /** Is called when PostgreSQL ends without `close()`, with the reason and its last lines: it is started again. */
  onLost?: (reason: string) => void
  /** Is called when it runs again. */
  onBack?: () => void
  /** Is called once when it cannot be started again, with the reason. */
  onExit?: (reason: string) => void
  /** False lets a crash of the machine destroy the data, for tests that need it fast. */
  durable?: boolean
}

/** A running PostgreSQL: how to reach it, and how to stop it. */
export type EmbeddedPostgres = { url: string; close(): Promise<void> }

/**
 * Starts PostgreSQL on a data folder, which it makes at the first start.
 *
 * The folder stays locked until `close()` has resolved or this process is gone. A server that was killed is repaired:
 * its PostgreSQL is stopped and started anew, and a first start that it did not finish is done again. Throws StartError
 * with a message for the operator.
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
 * @returns its URL; null when there is none, or one that does not answer yet or any more.
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
  admin.on('error', () => {}) // a connection that breaks also fails the query that is waited for
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
