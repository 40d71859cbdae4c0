// `npm run sbom`: writes kabar.cdx.json, or the file that is given: all packages of a server and its pages, in CycloneDX.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Bom, type Lock, productionBom } from './production-bom.ts'

const root = join(import.meta.dirname, '..')
const bytesMax = 64 * 1_048_576
const [given = 'kabar.cdx.json'] = process.argv.slice(2)
// npm runs commands in the folder of the project, and says where it was called
const file = resolve(process.env.INIT_CWD ?? '.', given)

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
const bom = productionBom(JSON.parse(askNpm()) as Bom, lock)
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
console.log(`${bom.components.length} packages: ${file}`)

/** Asks npm for everything that is installed. It needs no network. */
function askNpm(): string {
  const npm = process.env.npm_execpath ?? ''
  const [program = 'npm', ...first] = /npm-cli\.[cm]?js$/.test(npm) ? [process.execPath, npm] : ['npm']
  return execFileSync(program, [...first, 'sbom', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: bytesMax,
    // npm is a script (npm.cmd) on Windows
    shell: process.platform === 'win32' && program === 'npm',
  })
}
