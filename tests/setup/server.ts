import { join } from 'node:path'
import { pino } from 'pino'
import { inject } from 'vitest'
import { feedDefaults } from '../../src/config/feed.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { type KabarServer, type ServerOverrides, startServer } from '../../src/server.ts'
import { test as base } from './database.ts'

/** Settings of a test, over those of every test. */
export interface TestSettings extends Partial<Omit<Config, 'feed'>> {
  feed?: Partial<Config['feed']>
}

/** Times that let a test see in a moment what takes seconds in production. */
const quick = { sweepMs: 60_000, echoMs: 200, echoTimeoutMs: 400, sessionSweepMs: 60_000, reconnectMinMs: 20 }

/** The configuration of a test's server on a database. */
export function testConfig(databaseUrl: string, given: TestSettings = {}): Config {
  const { feed, ...settings } = given
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    // the servers of one database share the files
    KABAR_DATA: join(inject('scratchDir'), 'files', new URL(databaseUrl).pathname),
    PORT: '0',
    LOG_LEVEL: 'silent',
    NODE_ENV: 'test',
  })
  return { ...config, ...settings, feed: { ...feedDefaults, ...quick, ...feed } }
}

/**
 * A `test` with two servers on one database of its own, `one` and `two`, and `start` for more.
 *
 * Their sweeps are switched off (a minute), so that a test of live delivery cannot pass by a sweep.
 */
export const test = base
  .extend('start', { scope: 'file' }, async ({ databaseUrl }, { onCleanup }) => {
    const servers: KabarServer[] = []
    onCleanup(async () => {
      await Promise.all(servers.map((server) => server.close()))
    })
    return async (settings: TestSettings = {}, overrides: ServerOverrides = {}) => {
      const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' })
      const server = await startServer(testConfig(databaseUrl, settings), { log, ...overrides })
      servers.push(server)
      return server
    }
  })
  .extend('one', { scope: 'file' }, async ({ start }) => start())
  .extend('two', { scope: 'file' }, async ({ start }) => start())
