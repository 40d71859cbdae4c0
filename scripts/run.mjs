// Runs `npm start`, `npm test` and the other npm scripts: `node scripts/run.mjs <file.ts | program> [arguments]`.
//
// Plain JavaScript without dependencies, for any Node from 20 on, since nothing is installed yet on a fresh clone. It
// installs and generates what is missing (prepare.mjs), picks a Node that is new enough, and runs the target with it.
// `--generate` in place of a target makes the generated code afresh.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { bundledNode, prepare, root, say } from './prepare.mjs'

/** Room for the short life of a request, in MB: the server spends a tenth less CPU on collecting what is dead. */
const serverFlags = ['--max-semi-space-size=32']

/** Compiled code of earlier runs, which spares a start a fifth of its CPU. Node goes without where it cannot write. */
const compileCache = join(root, 'node_modules/.cache/compiled')

const forwardAgainMs = 1_000
const parentPollMs = 250

await main().catch((error) => {
  say(error.message)
  process.exitCode = 1
})

async function main() {
  const [target, ...args] = process.argv.slice(2)
  if (target === undefined) throw new Error('Nothing to run: node scripts/run.mjs <file.ts | program> [arguments]')
  const isForced = target === '--generate'
  await prepare({ runtimeOf, run, isForced, needsTestTypes: !/^(src|bench|chaos|attack|lab|upgrades)\//.test(target) })
  if (isForced) return
  const isServer = target === 'src/main.ts'
  const flags = isServer ? serverFlags : []
  if ((isServer && process.env.WEB !== 'false') || target === 'lab/main.ts') buildWebBeside()
  const command = target.endsWith('.ts') ? [runtimeOf(), ...flags, target] : commandOf(target)
  await run([...command, ...args])
}

/** The Node to run with: the one that npm installed, or else ours if it is new enough. */
function runtimeOf() {
  const bundled = bundledNode()
  if (bundled) return bundled
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 2)) return process.execPath
  throw new Error(
    `Kabar runs on Node 24.2 or newer. This is Node ${process.versions.node}, and npm has installed none for ` +
      `${process.platform}-${process.arch} beside it (an optional package). Install a newer Node, or run ` +
      '`npm ci --include=optional` where there is a package for this system.',
  )
}

/** Builds the pages while the server starts and serves, and ends with it. */
function buildWebBeside() {
  const builder = spawn(runtimeOf(), [join(root, 'scripts/build-web.mjs')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  builder.on('error', (error) => say(`the pages cannot be built: ${error.message}`))
  process.once('exit', () => builder.kill())
}

/** A program of node_modules with the Node that must run it: its first line alone could find an older one. */
function commandOf(name) {
  const manifest = join(root, 'node_modules', name, 'package.json')
  const bin = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).bin : undefined
  const path = typeof bin === 'string' ? bin : bin?.[name]
  const link = join(root, 'node_modules/.bin', name)
  const file = path ? join(root, 'node_modules', name, path) : existsSync(link) ? realpathSync(link) : undefined
  if (!file) throw new Error(`There is no program "${name}" in node_modules. It may be one for development: npm ci`)
  const isScript = /\.[cm]?js$/.test(file) || /^#!.*\bnode\b/.test(readFileSync(file, 'latin1').slice(0, 100))
  return isScript ? [runtimeOf(), file] : [file]
}

/**
 * Runs a command to its end with our streams, and ends as it does when that was not 0 or when it is the last one.
 * With `capture` its output is shown only on failure.
 */
function run([program, ...args], { capture = false, env = {} } = {}) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env[pathName] ?? ''}`
  const child = spawn(program, args, {
    cwd: root,
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, [pathName]: path, ...env },
    stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    // npm is a script (npm.cmd) on Windows
    shell: process.platform === 'win32' && program === 'npm',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data))
  const stopForwarding = forwardSignals(child)
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`Cannot run ${program}: ${error.message}`)))
    child.once('close', (code, signal) => {
      stopForwarding()
      if (code === 0) return resolve()
      process.stderr.write(output)
      if (signal) process.kill(process.pid, signal)
      else process.exit(code)
    })
  })
}

/**
 * Hands our signals down. Not SIGINT from Ctrl-C, which the terminal has already sent to the child too; and not the
 * same signal again within a second, since npm hands on what the process group has got already. A signal to npm alone
 * ends at the shell between npm and us: we notice that one of the two is gone.
 */
function forwardSignals(child) {
  const sentAt = {}
  const parents = findParents()
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handle = () => {
      const isRepeated = Date.now() - (sentAt[signal] ?? 0) < forwardAgainMs
      sentAt[signal] = Date.now()
      if (!isRepeated && !(signal === 'SIGINT' && isTerminalOurs())) child.kill(signal)
    }
    process.on(signal, handle)
    return [signal, handle]
  })
  const endWithParent = () => {
    if (!process.env.npm_lifecycle_event || isSame(parents, findParents())) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }
  const timer = setInterval(endWithParent, parentPollMs)
  return () => {
    clearInterval(timer)
    for (const [signal, handle] of handlers) process.off(signal, handle)
  }
}

/** The process ids of the shell that runs us and, where the system tells, of the npm that runs the shell. */
function findParents() {
  try {
    const npm = readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]
    return { shell: process.ppid, npm }
  } catch {
    return { shell: process.ppid, npm: undefined }
  }
}

function isSame(before, now) {
  return before.shell === now.shell && (before.npm === now.npm || now.npm === undefined)
}

/** Tells whether Ctrl-C in the terminal reaches our process group, and so the child in it. */
function isTerminalOurs() {
  try {
    // /proc/self/stat after the name: state, parent, group, session, terminal, the terminal's foreground group
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ')
    return fields[2] === fields[5]
  } catch {
    return process.stdin.isTTY === true
  }
}
