// Writes client/api-report.txt: what the package exports, as declarations without comments. With --check it only compares.
// A change of the public surface is seen in this file.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const report = join(root, 'api-report.txt')
/** The files whose declarations are public. Types of operations follow from schema.graphql. */
const isPublic = (path: string) =>
  /^(?:api|react|node|urql|apollo)\/|^(?:index|errors|kabar)\.|^persistence\/(?:persistence|indexed-db)\.|^session\/storage\./.test(
    path,
  )

const scratch = mkdtempSync(join(tmpdir(), 'kabar-api-'))
try {
  const compiler = join(root, '../node_modules/typescript/bin/tsc')
  const options = ['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--declarationMap', 'false']
  const { status } = spawnSync(process.execPath, [compiler, ...options, '--outDir', scratch], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The client does not compile.')
  const files = readdirSync(scratch, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))
  const text = files
    .filter((path) => path.endsWith('.d.ts') && isPublic(path))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => `── ${path}\n${withoutComments(readFileSync(join(scratch, path), 'utf8'))}\n`)
    .join('\n')
  if (!process.argv.includes('--check')) writeFileSync(report, text)
  else if (text !== readFileSync(report, 'utf8')) {
    console.log('client/api-report.txt is not what the package exports. Write it: npm run api -w kabar-client')
    process.exitCode = 1
  }
} finally {
  rmSync(scratch, { recursive: true })
}

function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\n\s*\n+/g, '\n')
    .trim()
}
