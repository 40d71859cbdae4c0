// The folder of the embedded PostgreSQL: creates it at the first start, and checks an existing one.

import { randomBytes, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chmod, mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileMode, makeDataFolder } from '../database/private-files.ts'
import { StartError } from '../database/start-error.ts'
import { type Account, type Binaries, nobodyId } from './binaries.ts'

/** The major version of the PostgreSQL that the npm packages hold. */
const majorVersion = '18'

const elsewhere = 'set KABAR_DATA to another folder, or DATABASE_URL to your own PostgreSQL'
const unfinished = 'postgres.new-'

/**
 * Creates the data folder if it is missing, and returns its real path.
 *
 * Throws a StartError when this user may not write in it.
 */
export async function prepareFolder(dataDir: string): Promise<string> {
  try {
    await makeDataFolder(dataDir)
    await readdir(dataDir)
    await access(dataDir, constants.W_OK | constants.X_OK)
    return await realpath(dataDir)
  } catch (cause) {
    const owner = await stat(dataDir).catch(() => null)
    const whose = owner && owner.uid !== process.getuid?.() ? `; it belongs to ${describeUser(owner.uid)}` : ''
    throw new StartError(
      `Kabar cannot write in its data folder ${dataDir} (${codeOf(cause)}${whose}), so it has no place for its ` +
        `database. Give it to ${describeUser(process.getuid?.() ?? 0)} (\`chown -R\`), or ${elsewhere}.`,
      { cause },
    )
  }
}

/**
 * Reads the password of the database user, or creates one at the first start.
 *
 * The file is complete or missing, even when the process is killed, and only its owner can read it.
 */
export async function readPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'postgres-password')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') {
      const reason = `Kabar cannot read ${file} (${codeOf(cause)}), and without the password it cannot use its database.`
      throw new StartError(`${reason} Start it as the user who owns that file, or ${elsewhere}.`, { cause })
    }
  }
  if (await stat(join(dataDir, 'postgres')).catch(() => null)) {
    throw new StartError(
      `The password file ${file} is missing but there is a database beside it, which opens with that password alone. ` +
        `Put the file back, or ${elsewhere}.`,
    )
  }
  const password = randomBytes(24).toString('base64url')
  await writeFile(`${file}.new`, `${password}\n`, { mode: fileMode })
  await chmod(`${file}.new`, fileMode)
  await rename(`${file}.new`, file)
  return password
}

/**
 * Tells whether `<dataDir>/postgres` holds a database for this PostgreSQL.
 *
 * False means that there is none; anything that is neither throws a StartError that names the fault.
 */
export async function hasDatabase(dataDir: string, account: Account): Promise<boolean> {
  const folder = join(dataDir, 'postgres')
  const found = await stat(folder).catch((cause: unknown) => {
    if (codeOf(cause) !== 'ENOENT')
      throw new StartError(`Kabar cannot look at ${folder} (${codeOf(cause)}).`, { cause })
  })
  if (!found) return false
  if (!found.isDirectory()) throw foreign(folder, 'is not a folder')
  const isOurs = process.platform === 'win32' || found.uid === account.uid
  if (isOurs || process.getuid?.() === 0) {
    const files = await readdir(folder)
    if (files.length === 0) return false
    if (!files.includes('PG_VERSION')) throw foreign(folder, 'holds files but no PostgreSQL database')
  }
  if (!isOurs) throw wrongOwner(folder, found.uid, account.uid)
  const version = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim()
  if (version !== majorVersion) {
    throw new StartError(
      `The database in ${folder} was made by PostgreSQL ${version}, and Kabar brings PostgreSQL ${majorVersion}, which ` +
        `cannot read it. Dump it with the older version and restore it (pg_dump, psql), or ${elsewhere}.`,
    )
  }
  if (!(await stat(join(folder, 'global', 'pg_control')).catch(() => null))) {
    throw foreign(folder, 'is damaged: global/pg_control is missing')
  }
  return true
}

/**
 * Creates a new database in `<dataDir>/postgres`.
 *
 * It is built beside it and renamed at the end, so that a kill leaves only temporary files that the next start removes.
 */
export async function initialise(options: {
  dataDir: string
  binaries: Binaries
  account: Account
  password: string
  durable: boolean
}): Promise<void> {
  const { dataDir, binaries, account, password, durable } = options
  const work = join(dataDir, `${unfinished}${randomUUID()}`)
  const [passwordFile, data] = [join(work, 'password'), join(work, 'data')]
  try {
    await mkdir(work, { mode: 0o700 })
    await writeFile(passwordFile, password, { mode: fileMode })
    await account.own(passwordFile)
    await account.own(work)
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const safety = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--data-checksums']
    const speed = durable ? [] : ['--no-sync']
    await runInitdb(account, binaries.initdb, ['-D', data, '-U', 'kabar', ...locale, ...safety, ...speed])
    await rename(data, join(dataDir, 'postgres'))
    if (durable && process.platform !== 'win32') await syncFolder(dataDir)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Removes temporary files of killed starts. */
export async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(unfinished)) await rm(join(dataDir, name), { recursive: true, force: true })
  }
}

async function runInitdb(account: Account, initdb: string, args: string[]): Promise<void> {
  const child = account.spawn(initdb, args, { cwd: dirname(initdb), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text))
  const result = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `it ended with ${signal ?? code}`))
  })
  if (result === '') return
  throw new StartError(
    `PostgreSQL's initdb could not make the database (${result}). It said:\n${output.slice(-2000).trim()}\n` +
      `Remove the cause and start again, or ${elsewhere}.`,
  )
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function foreign(folder: string, fault: string): StartError {
  return new StartError(
    `${folder} ${fault}. Kabar does not touch it, since it may be somebody's data. Move it away or restore it from a ` +
      `backup, or ${elsewhere}.`,
  )
}

function wrongOwner(folder: string, owner: number, wanted: number): StartError {
  const isRoot = process.getuid?.() === 0
  const reason = isRoot ? 'started as root, PostgreSQL runs as' : 'PostgreSQL would run as'
  return new StartError(
    `The database in ${folder} belongs to ${describeUser(owner)}, but ${reason} ${describeUser(wanted)}, and PostgreSQL ` +
      `opens only what its user owns. Start Kabar as the user who started it before, or give all of it away once ` +
      `(\`chown -R ${wanted} ${isRoot ? folder : dirname(folder)}\` as root), or ${elsewhere}.`,
  )
}

function describeUser(uid: number): string {
  if (uid === 0) return 'root'
  if (uid === nobodyId) return `nobody (uid ${nobodyId})`
  return uid === process.getuid?.() ? `the user who started this (uid ${uid})` : `uid ${uid}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
