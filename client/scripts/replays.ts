// Plays many sequences of faults over recorded histories: `npm run replays -w kabar-client -- 100000 [FIRST]`.
//
// Each has a seed; a failed one prints it, and REPLAY_SEED plays it alone. FIRST is the first seed: 1 when not given.

import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [count = '100000', first = '1'] = process.argv.slice(2)
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const env = { ...process.env, REPLAY_SEQUENCES: count, REPLAY_FIRST: first }
const child = spawn(process.execPath, [vitest, 'run', 'client/tests/replay.test.ts'], {
  cwd: root,
  env,
  stdio: 'inherit',
})
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
