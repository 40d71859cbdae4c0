// Measures what each entry adds to a page, minified and compressed, and fails above its bound: `npm run sizes -w kabar-client`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type OutputChunk, rolldown } from 'rolldown'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bytesOfKb = 1_024

/** An entry: what a page imports of it, what it has already, and its bound in KB. */
interface Measured {
  readonly name: string
  readonly code: string
  readonly external: readonly (string | RegExp)[]
  readonly kbMax: number
  /** True to count also what is loaded later, on first use. */
  readonly isWhole?: true
}

const source = (path: string) => JSON.stringify(join(root, 'src', path))
/** Modules that come with `kabar-client` itself. */
const core = /\/errors\.ts$/

const entries: readonly Measured[] = [
  { name: 'kabar-client', code: `export { createKabar } from ${source('index.ts')}`, external: [], kbMax: 24.25 },
  {
    name: 'kabar-client, all of it',
    code: `export { createKabar } from ${source('index.ts')}`,
    external: [],
    kbMax: 33,
    isWhole: true,
  },
  {
    name: 'kabar-client with indexedDb()',
    code: `export { createKabar, indexedDb } from ${source('index.ts')}`,
    external: [],
    kbMax: 25,
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

const scratch = mkdtempSync(join(tmpdir(), 'kabar-sizes-'))
try {
  for (const entry of entries) {
    const bytes = await measure(entry)
    const isFine = bytes <= entry.kbMax * bytesOfKb
    const size = (bytes / bytesOfKb).toFixed(2).padStart(6)
    console.log(`${isFine ? '✓' : '✗'} ${entry.name.padEnd(32)} ${size} KB gz of ${entry.kbMax}`)
    if (!isFine) process.exitCode = 1
  }
} finally {
  rmSync(scratch, { recursive: true })
}

async function measure({ name, code, external, isWhole }: Measured): Promise<number> {
  const input = join(scratch, `${name.replaceAll(/\W/g, '-')}.js`)
  writeFileSync(input, code)
  const bundle = await rolldown({ input, external: [...external], platform: 'browser' })
  const { output } = await bundle.generate({ format: 'es', minify: true })
  const chunks = output.filter((chunk): chunk is OutputChunk => chunk.type === 'chunk')
  // what is loaded when it is needed first, such as the socket, is not part of a page's start
  const atStart = new Set(chunks.filter((chunk) => isWhole || chunk.isEntry))
  for (const chunk of atStart) {
    for (const other of chunks) if (chunk.imports.includes(other.fileName)) atStart.add(other)
  }
  return gzipSync([...atStart].map((chunk) => chunk.code).join(''), { level: 9 }).length
}
