// Measures what each entry adds to a page, minified and compressed, and fails above its bound: `npm run sizes -w kabar-client`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bytesOfKb = 1_024

/** An entry: what a page imports of it, what it brings along itself, and its bound in KB. */
interface Measured {
  readonly name: string
  readonly code: string
  readonly external: readonly (string | RegExp)[]
  readonly kbMax: number
}

const source = (path: string) => JSON.stringify(join(root, 'src', path))

const entries: readonly Measured[] = [
  {
    name: 'kabar-client',
    code: `export { createKabar } from ${source('index.ts')}`,
    external: [],
    kbMax: 16,
  },
  {
    name: 'kabar-client with indexedDb()',
    code: `export { createKabar, indexedDb } from ${source('index.ts')}`,
    external: [],
    kbMax: 17,
  },
  {
    name: 'kabar-client/react',
    code: `export * from ${source('react/index.ts')}`,
    external: ['react', /\/errors\.ts$/],
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

async function measure({ name, code, external }: Measured): Promise<number> {
  const entry = join(scratch, `${name.replaceAll(/\W/g, '-')}.js`)
  writeFileSync(entry, code)
  const made = await build({
    root: scratch,
    configFile: false,
    logLevel: 'error',
    build: {
      ...{ write: false, minify: true, target: 'es2022', modulePreload: false },
      rolldownOptions: { input: entry, external: [...external], preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = Array.isArray(made) ? made : [made]
  const chunks = outputs
    .flatMap((output) => ('output' in output ? output.output : []))
    .filter((chunk) => chunk.type === 'chunk')
  // parts that are loaded when they are needed first, such as event streams, are not part of a page's start
  const atStart = new Set(chunks.filter((chunk) => chunk.isEntry))
  for (const chunk of atStart) {
    for (const other of chunks) if (chunk.imports.includes(other.fileName)) atStart.add(other)
  }
  const text = [...atStart].map((chunk) => chunk.code).join('')
  return gzipSync(text, { level: 9 }).length
}
