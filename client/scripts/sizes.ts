// Measures what each entry adds to a page, minified and compressed, and fails above its bound: `npm run sizes -w kabar-client`.
//
// It also fails where client/size-report.txt says something else, so that a change of a size is seen in a diff: --write
// writes that file.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type OutputChunk, rolldown } from 'rolldown'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const report = join(root, 'size-report.txt')
const bytesOfKb = 1_024
/** Sizes that differ by less are not worth a new report. */
const changeMax = 0.02

/** An entry: what a page imports of it, what it has already, and its bound in KB. */
interface Measured {
  readonly name: string
  readonly code: string
  readonly external: readonly (string | RegExp)[]
  readonly kbMax: number
  /** Modules that are counted although they are loaded later, on first use; `all` for all of them. Default: none. */
  readonly later?: readonly string[] | 'all'
}

const source = (path: string) => JSON.stringify(join(root, 'src', path))
/** Modules that come with `kabar-client` itself. */
const core = /\/errors\.ts$/
const create = `export { createKabar } from ${source('index.ts')}`
/** Modules that a page loads when somebody is signed in and opens a room. */
const ofRoom = ['account.ts', 'tabs/shared-source.ts', 'transport/socket.ts']
/** Modules that it loads besides, to keep rooms and for the first message that is sent. */
const ofSending = [...ofRoom, 'persistence/guarded.ts', 'sync/room-keep.ts', 'outbox/perform.ts']

const entries: readonly Measured[] = [
  { name: 'kabar-client', code: create, external: [], kbMax: 12.5 },
  { name: 'kabar-client, in a room', code: create, external: [], kbMax: 34, later: ofRoom },
  { name: 'kabar-client, all of it', code: create, external: [], kbMax: 42, later: 'all' },
  {
    name: 'kabar-client with indexedDb()',
    code: `export { createKabar, indexedDb } from ${source('index.ts')}`,
    external: [],
    kbMax: 13.25,
  },
  {
    name: 'kabar-client, as the web client',
    code: `export { createKabar, indexedDb } from ${source('index.ts')}\nexport * from ${source('react/index.ts')}`,
    external: ['react'],
    kbMax: 38,
    later: ofSending,
  },
  {
    name: 'kabar-client/react',
    code: `export * from ${source('react/index.ts')}`,
    external: ['react', core],
    kbMax: 3,
  },
  {
    name: 'kabar-client/urql',
    code: `export * from ${source('urql/index.ts')}`,
    external: ['@urql/core', core],
    kbMax: 3,
  },
  {
    name: 'kabar-client/apollo',
    code: `export * from ${source('apollo/index.ts')}`,
    external: ['@apollo/client', 'graphql', core],
    kbMax: 3,
  },
]

const isWriting = process.argv.includes('--write')
const known = isWriting ? '' : readFileSync(report, 'utf8')
const scratch = mkdtempSync(join(tmpdir(), 'kabar-sizes-'))
try {
  const lines: string[] = []
  for (const entry of entries) {
    const kb = (await measure(entry)) / bytesOfKb
    const line = `${entry.name.padEnd(32)} ${kb.toFixed(2).padStart(6)} KB gz of ${entry.kbMax}`
    const isFine = kb <= entry.kbMax
    console.log(`${isFine ? '✓' : '✗'} ${line}`)
    if (!isFine) process.exitCode = 1
    lines.push(line)
    // not where the report has no such number, either
    if (isWriting || Math.abs(kb - reported(entry)) <= changeMax * kb) continue
    console.log(`✗ client/size-report.txt is not of now. Write it: npm run sizes -w kabar-client -- --write`)
    process.exitCode = 1
  }
  if (isWriting) writeFileSync(report, `${lines.join('\n')}\n`)
} finally {
  rmSync(scratch, { recursive: true })
}

/** The size of an entry in KB as the report has it; NaN where it has none, or one of another bound. */
function reported({ name, kbMax }: Measured): number {
  const line = known.split('\n').find((text) => text.startsWith(name.padEnd(32)) && text.endsWith(` KB gz of ${kbMax}`))
  return Number.parseFloat(line?.slice(32) ?? '')
}

async function measure({ name, code, external, later = [] }: Measured): Promise<number> {
  const input = join(scratch, `${name.replaceAll(/\W/g, '-')}.js`)
  writeFileSync(input, code)
  const bundle = await rolldown({ input, external: [...external], platform: 'browser' })
  const { output } = await bundle.generate({ format: 'es', minify: true })
  const chunks = output.filter((chunk): chunk is OutputChunk => chunk.type === 'chunk')
  const paths = later === 'all' ? [] : later.map((path) => join(root, 'src', path))
  const absent = paths.find((path) => !chunks.some(({ facadeModuleId: id }) => id === path))
  if (absent !== undefined) throw new Error(`${absent} is no chunk of "${name}": it is loaded at once, or not at all.`)
  const isLater = ({ facadeModuleId: id }: OutputChunk) => later === 'all' || (id !== null && paths.includes(id))
  const counted = new Set(chunks.filter((chunk) => chunk.isEntry || isLater(chunk)))
  for (const chunk of counted) {
    for (const other of chunks) if (chunk.imports.includes(other.fileName)) counted.add(other)
  }
  // each chunk is compressed alone, as browsers get them
  return [...counted].reduce((sum, { code: text }) => sum + gzipSync(text, { level: 9 }).length, 0)
}
