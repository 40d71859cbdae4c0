// What happens to PostgreSQL itself.

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Fault, Stage } from '../fault.ts'
import type { Death, PostgresProcess } from '../postgres.ts'
import type { World } from '../world.ts'

function processOf({ postgres }: World): PostgresProcess {
  if (!postgres.process) throw new Error('the PostgreSQL is not ours')
  return postgres.process
}

/** Stops PostgreSQL and starts it again. Clients still find it behind the proxies. */
async function restart({ world }: Stage, how: Death): Promise<undefined> {
  const own = processOf(world)
  await own.kill(how)
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
