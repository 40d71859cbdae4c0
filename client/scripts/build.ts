// Makes client/dist of client/src: a module and its types for each file, so that bundlers take what is used.

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
if (!existsSync(join(root, 'src/generated/operations.ts'))) {
  throw new Error('client/src/generated is missing. Make it first: npm run generate')
}
rmSync(join(root, 'dist'), { recursive: true, force: true })
const compiler = join(root, '../node_modules/typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
