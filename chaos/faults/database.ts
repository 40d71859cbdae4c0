// Faults of PostgreSQL itself.

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Fault, Stage } from '../fault.ts'
import type { Death, PostgresProcess } from '../postgres.ts'
import type { World } from '../world.ts'
import { forget, markOf } from '../writer.ts'

function processOf({ postgres }: World): PostgresProcess {
  if (!postgres.process) throw new Error('the PostgreSQL is not ours')
  return postgres.process
}

/** Stops PostgreSQL and starts it again. Clients still find it behind the proxies. */
async function restart({ world }: Stage, how: Death, meanwhile = async () => {}): Promise<undefined> {
  const own = processOf(world)
  await own.kill(how)
  await meanwhile()
  await own.start()
  for (const { back } of world.servers) back.lead(Number(new URL(world.postgres.url()).port))
  return undefined
}

/** PostgreSQL is restarted in good order. */
export const databaseRestarted: Fault = {
  name: 'PostgreSQL restarted (fast)',
  expected: 'sends answer SERVICE_UNAVAILABLE meanwhile; nothing that was answered is lost',
  happen: (stage) => restart(stage, 'fast'),
}

/** PostgreSQL dies and recovers from its log. */
export const databaseKilled: Fault = {
  name: 'PostgreSQL killed (kill -9 of the postmaster)',
  expected: 'the same, after its crash recovery',
  happen: (stage) => restart(stage, 'kill'),
}

/**
 * PostgreSQL is put back to a copy, as by a failover to a standby that was behind, or by a restore.
 *
 * Clients of one server come back to the others with cursors that the database has never reached. Those of the others
 * stay connected.
 */
export const tailLost: Fault = {
  name: 'PostgreSQL put back to an earlier state',
  expected: 'clients that have seen what was lost are told to read again; all others go on',
  missing: () => (process.platform === 'win32' ? 'it needs cp -a' : null),
  // rings say nothing of it: the sweep does, every 5 s, and it may fail once while PostgreSQL comes back
  caughtUpMsMax: 15_000,
  faultMsMin: 3_000,
  async happen(stage) {
    const { world, load, random, faultMs } = stage
    const own = processOf(world)
    const mark = markOf(load.records)
    await restart(stage, 'fast', own.keepCopy)
    await load.mark(faultMs)
    await wait(faultMs)
    const server = random.pick(world.servers)
    await restart(stage, 'kill', async () => {
      server.signal('SIGKILL')
      await server.ended()
      await own.putBackCopy()
      forget(load.records, mark)
    })
    return () => server.start()
  },
}

/** All processes of PostgreSQL stand still. */
export const databaseFrozen: Fault = {
  name: 'PostgreSQL frozen (SIGSTOP of all its processes)',
  expected: 'sends give up after 5 s and may be tried again; some of them were stored',
  missing: () => (process.platform === 'linux' ? null : 'only Linux tells which processes'),
  faultMsMin: 8_000,
  async happen({ world, faultMs }) {
    const own = processOf(world)
    own.freeze()
    await wait(faultMs)
    own.thaw()
    return undefined
  },
}

/** Somebody listens and never ends a transaction, and the queue of notifications runs full. */
export const notifyQueueFull: Fault = {
  name: 'the queue of NOTIFY is full',
  expected: 'rings fail and sends do not; the sweep delivers within 5 s',
  async happen({ world, faultMs }) {
    const stuck = new pg.Client(world.postgres.url())
    stuck.on('error', () => {})
    await stuck.connect()
    await stuck.query('listen kabar')
    await stuck.query('begin')
    await stuck.query('select 1')
    let filled = false
    for (const end = Date.now() + faultMs; Date.now() < end; await wait(50)) {
      // in small steps, until even a ring finds no room
      const bytes = filled ? 100 : 7_000
      const text = `select pg_notify('kabar', 'echo ' || repeat('x', $1) || n) from generate_series(1, 20) as n`
      await world.postgres.query(text, [bytes]).catch(() => {
        filled = true
      })
    }
    await stuck.end()
    if (!filled) throw new Error('the queue of NOTIFY did not run full')
    return undefined
  },
}
