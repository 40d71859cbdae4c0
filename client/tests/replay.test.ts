// Seeded sequences of faults over histories that a real server has told: see setup/replay.ts for what this proves.

import { expect } from 'vitest'
import { test } from '../../tests/support/server.ts'
import { type Part, record } from './setup/recording.ts'
import { replay } from './setup/replay.ts'

// `npm run replays -w kabar-client -- 100000` plays more of them, REPLAY_SEED=17 only that one
const count = Number(process.env.REPLAY_SEQUENCES ?? 2_000)
const first = Number(process.env.REPLAY_FIRST ?? 1)
const only = process.env.REPLAY_SEED
const seeds = only ? [Number(only)] : Array.from({ length: count }, (_, index) => first + index)

const parts: readonly Part[] = [
  { role: 'ADMIN', blocks: false },
  { role: 'MEMBER', blocks: false },
  { role: 'MEMBER', blocks: true },
]

test(
  `whatever is cut, lost, held, reloaded or put back, the store comes to what the server has (${seeds.length} sequences)`,
  async ({ one }) => {
    const recordings = await Promise.all(parts.map((part, index) => record(one, 1 + index, part)))
    const startedAt = performance.now()
    for (const seed of seeds) await replay(recordings[seed % recordings.length] ?? expect.fail('a recording'), seed)
    const ms = (performance.now() - startedAt) / seeds.length
    process.stderr.write(`${seeds.length} sequences, ${ms.toFixed(1)} ms each\n`)
  },
  120_000 + seeds.length * 1_000,
)
