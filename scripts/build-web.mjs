// Builds the web client into web/dist when its sources have changed: `node scripts/build-web.mjs`.
//
// `npm start` runs this beside the server, which answers meanwhile. Any number of processes may do so at once: one
// builds, the others wait. A build that fails leaves the one before in place.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { hashOf, lock, root, say } from './prepare.mjs'

const web = join(root, 'web')
const dist = join(web, 'dist')
const stamp = join(dist, 'sources.txt')
const program = join(root, 'node_modules/vite/bin/vite.js')

/** Tells whether the pages are built from the sources as they are. Where there is no Vite, what is there is taken as it is. */
export function isWebBuilt() {
  if (!existsSync(program)) return true
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesHash()
}

/** Builds the pages unless they are fresh. Throws what the build says when it fails. */
export async function buildWeb() {
  if (isWebBuilt()) return
  const release = await lock('web')
  try {
    if (isWebBuilt()) return
    const hash = sourcesHash()
    const made = `dist-${process.pid}`
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'build', web, '--logLevel', 'warn'], {
      cwd: web,
      encoding: 'utf8',
      env: { ...process.env, NODE_ENV: 'production', KABAR_WEB_OUT: made },
    })
    if (status !== 0) {
      rmSync(join(web, made), { recursive: true, force: true })
      throw new Error(`The pages could not be built.\n${stdout}${stderr}`)
    }
    writeFileSync(join(web, made, 'sources.txt'), hash)
    replace(join(web, made))
  } finally {
    release()
  }
}

/** Puts a new build into the place of the one before: at no time is half of one there. */
function replace(made) {
  const before = `${made}-before`
  if (existsSync(dist)) renameSync(dist, before)
  else mkdirSync(web, { recursive: true })
  renameSync(made, dist)
  rmSync(before, { recursive: true, force: true })
}

function sourcesHash() {
  return hashOf([
    'package-lock.json',
    ...['index.html', 'package.json', 'vite.config.ts', 'tsconfig.json'].map((name) => `web/${name}`),
    ...['web/src', 'web/public', 'client/src'].flatMap(filesIn),
  ])
}

function filesIn(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.includes('/generated/'))
    .sort()
}

if (import.meta.main) {
  setPriority(10) // the server that starts comes first
  const isFirst = !existsSync(dist)
  if (!isWebBuilt()) {
    if (isFirst) say('building the pages, which takes some seconds …')
    try {
      await buildWeb()
      if (isFirst) say('the pages are ready')
    } catch (error) {
      say(error.message)
      process.exitCode = 1
    }
  }
}
