import pg from 'pg'
import { expect } from 'vitest'
import { parseId } from '../../src/input/ids.ts'
import { rewriteHistory } from '../../tests/support/feeds.ts'
import { test } from '../../tests/support/server.ts'
import { createSimulation } from './setup/simulation.ts'

// `npm run sequences -w kabar-client -- 100000` plays more of them, CLIENT_SEED=17 only that one
const count = Number(process.env.CLIENT_SEQUENCES ?? 12)
const first = Number(process.env.CLIENT_FIRST ?? 1)
const only = process.env.CLIENT_SEED
const seeds = only ? [Number(only)] : Array.from({ length: count }, (_, index) => first + index)

test(
  'whatever happens, what clients show comes to be what the server has',
  async ({ one, two, databaseUrl }) => {
    const admin = new pg.Client(databaseUrl)
    await admin.connect()
    const simulation = await createSimulation({
      servers: [one, two],
      async replaceFeed(roomId) {
        await rewriteHistory(admin, parseId('Room', roomId, 'roomId'))
      },
    })
    const startedAt = performance.now()
    try {
      for (const seed of seeds) await simulation.play(seed)
    } finally {
      await simulation.close()
      await admin.end()
    }
    const ms = Math.round((performance.now() - startedAt) / seeds.length)
    if (process.env.CLIENT_SEQUENCES) process.stderr.write(`${seeds.length} sequences, ${ms} ms each\n`)
    // every move is made by so many, or the seeds are of no use
    if (seeds.length >= 100) expect(simulation.did.size).toBe(30)
  },
  120_000 + seeds.length * 10_000,
)
