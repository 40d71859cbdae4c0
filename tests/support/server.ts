import { join } from 'node:path'
import { pino } from 'pino'
import { inject } from 'vitest'
import { type Config, readConfig } from '../../src/config/config.ts'
import { feedDefaults } from '../../src/config/feed.ts'
import { presenceDefaults } from '../../src/config/presence.ts'
import { rateDefaults } from '../../src/config/rates.ts'
import { type KabarServer, type ServerOverrides, startServer } from '../../src/server.ts'
import { test as base } from './database.ts'
import { patienceMs } from './patience.ts'

const switchedOff = 10 * 60_000

/** Settings of a test, over those of every test. */
export interface TestSettings extends Partial<Omit<Config, 'feed' | 'edge' | 'rates' | 'presence' | 'media'>> {
  feed?: Partial<Config['feed']>
  edge?: Partial<Config['edge']>
  rates?: Partial<Config['rates']>
  presence?: Partial<Config['presence']>
  media?: Partial<Config['media']>
}

/** Sweeps are switched off. On a machine that is busy with other things nothing is to be too late. */
const patient = {
  ...{ sweepMs: switchedOff, sessionSweepMs: switchedOff, reconnectMinMs: 20, echoTimeoutMs: patienceMs },
  ...{ statementTimeoutMs: patienceMs, batchTimeoutMs: patienceMs, connectionInitMs: patienceMs },
}

/** Leases are neither renewed nor cleared but where a test does so; who goes is gone at once. */
const quickPresence = {
  writeWaitMs: 10,
  lingerMs: 0,
  renewMs: switchedOff,
  clearMs: switchedOff,
  leaseMs: 600_000,
  onlineCountMs: 0,
  advanceWaitMs: 10,
  advanceNewsMs: 2 * patienceMs,
}

/** All users of all tests come from one address. */
const unbounded = Number.POSITIVE_INFINITY
const generous = {
  operationMs: 2 * patienceMs,
  socketsPerAddressMax: unbounded,
  sendsMax: unbounded,
  operationsPerMinuteMax: unbounded,
  addressOperationsPerMinuteMax: unbounded,
}

/** The configuration of a test's server on a database. Attempts are counted only where a test gives `rates`. */
export function testConfig(databaseUrl: string, given: TestSettings = {}): Config {
  const { feed, edge, rates, presence, media, ...settings } = given
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    // the servers of one database share the files
    KABAR_DATA: join(inject('scratchDir'), 'files', new URL(databaseUrl).pathname),
    PORT: '0',
    LOG_LEVEL: 'silent',
    NODE_ENV: 'test',
  })
  return {
    ...config,
    // so that the numbers of messages are those that a test has sent
    systemMessages: false,
    ...settings,
    media: { ...config.media, ...media },
    feed: { ...feedDefaults, ...patient, ...feed },
    edge: { ...config.edge, ...generous, ...edge },
    rates: rates ? { ...rateDefaults, ...rates } : null,
    presence: { ...presenceDefaults, ...quickPresence, ...presence },
  }
}

/**
 * A `test` with two servers on one database of its own, `one` and `two`, and `start` for more.
 *
 * Their sweeps are switched off, so that a test of live delivery cannot pass by a sweep.
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
