// A few servers in processes of their own, which a test may kill.

import { openWorld } from '../../chaos/world.ts'
import { test as base } from './database.ts'

/** The seed of CHAOS_SEED, to decide everything as before; null to decide anew. */
export const givenSeed: number | null = process.env.CHAOS_SEED ? Number(process.env.CHAOS_SEED) : null

/** A `test` with three server processes on a database of its own. */
export const test = base.extend('world', { scope: 'file' }, async ({ databaseUrl }, { onCleanup }) => {
  const world = await openWorld({ servers: 3, writers: 4, readers: 10, databaseUrl })
  onCleanup(() => world.close())
  return world
})
