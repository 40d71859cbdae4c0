import { readConfig } from '../config/config.ts'
import type { Action } from './command.ts'
import { withServer } from './database.ts'

/** Fills the database with the demo's users, rooms and messages. */
export const seedCommand: Action = {
  about: 'fill the database with users, rooms and messages to look at',
  async run() {
    const { assertDemoAllowed, describeWorld, seedWorld } = await import('./demo-seed.ts')
    assertDemoAllowed(readConfig())
    return withServer(async ({ parts }) => describeWorld(await seedWorld(parts)))
  },
}
