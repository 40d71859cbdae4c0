import { readConfig } from '../config/config.ts'
import type { Action } from './command.ts'
import { withServer } from './database.ts'
import { withProgress } from './progress.ts'

/** Writes the demo's users, rooms and messages to the database. */
export const seedCommand: Action = {
  about: 'fill the database with sample users, rooms and messages',
  async run() {
    const { assertDemoAllowed, describeWorld, seedWorld } = await import('./demo-seed.ts')
    assertDemoAllowed(readConfig())
    return withServer(async ({ parts }) =>
      describeWorld(await withProgress('Writing', ({ report }) => seedWorld(parts, report))),
    )
  },
}
