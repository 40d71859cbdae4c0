// Plays many sequences of a seeded test: `npm run sequences -w kabar-client -- 100000 [FIRST]`, and `replays` likewise.
//
// Each has a seed; a failed one prints it, and CLIENT_SEED or REPLAY_SEED plays it alone. FIRST is the first seed: 1 when not given.

import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [test = '', prefix = '', count = '100000', first = '1'] = process.argv.slice(2)
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const env = { ...process.env, [`${prefix}_SEQUENCES`]: count, [`${prefix}_FIRST`]: first }
const child = spawn(process.execPath, [vitest, 'run', `client/tests/${test}.test.ts`], {
  cwd: root,
  env,
  stdio: 'inherit',
})
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
