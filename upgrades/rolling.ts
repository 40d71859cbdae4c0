// Upgrades a server while people use it: the one of an older release and this one share a database, as in a rolling deploy.
// It is a run of chaos (chaos/run.ts) whose "faults" are the steps of the deploy, so that its checker judges what everybody saw.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '../chaos/fault.ts'
import type { Violation } from '../chaos/history.ts'
import { type Postgres, startPostgres } from '../chaos/postgres.ts'
import { type RunResult, runFaults } from '../chaos/run.ts'
import { createServerProcess, type ServerProcess } from '../chaos/server-process.ts'
import { createInsist, signInPeople, type World } from '../chaos/world.ts'
import { crossOver } from './crossings.ts'

/** How an upgrade is tried. */
export interface UpgradeOptions {
  /** The folder of the older release. */
  readonly folder: string
  readonly seed: number
  /** Milliseconds of load before the first step. */
  readonly warmMs: number
  /** Everybody must have caught up within this, after each step. */
  readonly caughtUpMsMax: number
  say(line: string): void
  /** Gets the function that stops everything, for a run that is given up. */
  onStarted?(close: () => Promise<void>): void
}

/** The two servers of an upgrade. */
export interface Servers {
  readonly old: ServerProcess
  readonly fresh: ServerProcess
}

const logLinesShown = 10

/** Runs an upgrade under load. The result has every promise that was broken. */
export async function upgrade(options: UpgradeOptions): Promise<RunResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kabar-upgrade-'))
  const postgres = await startPostgres()
  const servers = await createServers(postgres, { folder: options.folder, dataDir })
  const close = async () => {
    await Promise.all([servers.old.close(), servers.fresh.close()])
    await postgres.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  options.onStarted?.(close)
  try {
    // an empty database: its migrations are those of the older release
    await servers.old.start()
    const world = await openUpgradeWorld(postgres, servers)
    const { say, seed, warmMs, caughtUpMsMax } = options
    const size = { rooms: 3, observers: 30, pauseMs: 30 }
    const faults: string[] = []
    const run = { seed, size, warmMs, faultMs: 0, caughtUpMsMax, say }
    const result = await runFaults(world, stepsOf(servers, faults), run)
    return { ...result, violations: [...result.violations, ...violationsOf(servers, faults)] }
  } catch (cause) {
    const logs = [servers.old, servers.fresh].flatMap(({ name, errors }) => errors().map((line) => `${name}: ${line}`))
    throw new Error([String(cause), ...logs.slice(0, logLinesShown)].join('\n'), { cause })
  } finally {
    await close()
  }
}

async function createServers(
  postgres: Postgres,
  { folder, dataDir }: { folder: string; dataDir: string },
): Promise<Servers> {
  const options = { databaseUrl: postgres.url(), settings: { KABAR_DATA: dataDir, WEB: 'false' } }
  return {
    old: await createServerProcess('the old server', { ...options, root: folder }),
    fresh: await createServerProcess('the new server', options),
  }
}

/** Clients know both servers from the beginning, and find the one that runs. */
async function openUpgradeWorld(postgres: Postgres, { old, fresh }: Servers): Promise<World> {
  const insist = createInsist([old])
  return {
    ...{ postgres, bus: null, replica: null, standby: null, servers: [old, fresh], insist },
    ...(await signInPeople(insist, { writers: 4, readers: 10 })),
    close: async () => {},
  }
}

/** The steps of a deploy, and back: each server is alone once. */
function stepsOf({ old, fresh }: Servers, faults: string[]): Fault[] {
  const start = (name: string, server: ServerProcess): Fault => ({
    name,
    expected: 'clients of the other server notice nothing',
    async happen() {
      await server.start()
      return undefined
    },
  })
  const stop = (name: string, server: ServerProcess, after?: () => Promise<void>): Fault => ({
    name,
    expected: 'its clients go on at the other',
    async happen() {
      server.signal('SIGTERM')
      const code = await server.ended()
      if (code !== 0) faults.push(`${server.name} ended with ${code} at SIGTERM`)
      return after
    },
  })
  return [
    start('the new server starts, and migrates', fresh),
    {
      name: 'both serve the same users',
      expected: 'either takes what the other gave',
      async happen() {
        faults.push(...(await crossOver(old, fresh)), ...(await crossOver(fresh, old)))
        return undefined
      },
    },
    stop('the old server stops', old),
    start('the old server starts again', old),
    // started again, so that rooms are read from both in the end
    stop('the new server stops', fresh, () => fresh.start()),
  ]
}

function violationsOf({ old, fresh }: Servers, faults: readonly string[]): Violation[] {
  const logged = [old, fresh].flatMap(({ name, errors }) => errors().map((line) => `${name} has logged ${line}`))
  return [
    ...faults.map((what): Violation => ({ kind: 'different', what })),
    ...logged.map((what): Violation => ({ kind: 'masked', what })),
  ]
}
