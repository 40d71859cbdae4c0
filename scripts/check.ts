// Everything that a change has to pass beside the tests: `npm run check`. All steps run, whatever fails before them;
// only the output of failed ones is shown. `npm run format` is the same with --write: it formats and sorts imports.
//
// The linters are in a folder of their own, and installed when they are first needed: neither a start nor the tests
// need them, and they are a tenth of all packages.

import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { installFolder } from './install-folder.ts'

const linters = join(import.meta.dirname, 'linters')
/** The programs of the project come first: linters bring some of the same names, such as another tsc. */
const programs = [join(import.meta.dirname, '..'), linters].map((folder) => join(folder, 'node_modules/.bin'))

interface Step {
  name: string
  command: string
  env?: Record<string, string>
}

const format: Step = { name: 'format and lint', command: 'biome check --write .' }
const checks: Step[] = [
  { name: 'format and lint', command: 'biome check --error-on-warnings .' },
  { name: 'lint with types', command: 'oxlint --type-aware' },
  { name: 'types', command: 'tsc --noEmit' },
  { name: 'types of the client', command: 'tsc --noEmit -p client' },
  { name: 'types of its tests', command: 'tsc --noEmit -p client/tests' },
  { name: 'types of the pages', command: 'tsc --noEmit -p web' },
  { name: 'types of their tests', command: 'tsc --noEmit -p web/tests' },
  { name: 'conventions', command: 'node scripts/conventions.ts' },
  { name: 'unused code', command: 'knip --no-progress' },
  { name: 'sizes of the client', command: 'node client/scripts/sizes.ts' },
  { name: 'types of its package', command: 'attw --pack client --profile esm-only --format ascii' },
  { name: 'api-report.txt is fresh', command: 'node client/scripts/api-report.ts --check' },
  { name: 'schema.graphql is fresh', command: 'node src/cli/main.ts print-schema --check' },
  {
    name: 'schema.prisma is valid',
    command: 'prisma format --check',
    env: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath }, // any program: keeps Prisma from downloading the engine
  },
]

if (!installFolder(linters, () => console.log('installing the linters …'))) process.exit(1)
const steps = process.argv.includes('--write') ? [format] : checks
const failed: string[] = []
for (const step of steps) {
  const startedAt = performance.now()
  const { passed, output } = await run(step)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)
  console.log(`${passed ? '✓' : '✗'} ${step.name.padEnd(24)} ${seconds} s`)
  if (passed) continue
  failed.push(step.name)
  console.log(`\n$ ${step.command}\n${output.trimEnd()}\n`)
}
if (failed.length > 0) {
  console.log(`${failed.length} of ${steps.length} steps failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

function run({ command, env }: Step): Promise<{ passed: boolean; output: string }> {
  const path = [...programs, process.env.PATH].join(delimiter)
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: path, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ passed: code === 0, output }))
  })
}
