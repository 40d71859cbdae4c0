// Faults on the way between a server and PostgreSQL.

import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { missingPooler } from '../pooler.ts'

const listener = 'kabar listen'
const ringer = 'kabar notify'

/** Connections to PostgreSQL are ended by an administrator. */
export const backendsKilled: Fault = {
  name: 'backends killed at random',
  expected: 'the pool makes new connections; what was under way answers SERVICE_UNAVAILABLE',
  async happen({ world, random, faultMs }) {
    for (const end = Date.now() + faultMs; Date.now() < end; await wait(100 + random.below(200))) {
      await world.postgres.query(
        `select pg_terminate_backend(pid)
         from (
           select pid
           from pg_stat_activity
           where datname = current_database() and application_name like 'kabar%'
           order by hashtext(pid::text || $1)
           limit 3
         ) as chosen`,
        [String(random.below(1_000_000))],
      )
    }
    return undefined
  },
}

/** The connections on which servers listen end. */
export const listenersKilled: Fault = {
  name: 'the LISTEN connections are killed',
  expected: 'each server listens anew and looks up what it missed',
  async happen({ world }) {
    await world.postgres.query(
      `select pg_terminate_backend(pid)
       from pg_stat_activity
       where datname = current_database() and application_name = $1`,
      [listener],
    )
    return undefined
  },
}

/** The connections on which servers listen are dead without a sign. */
export const listenersSwallowed: Fault = {
  name: 'the LISTEN connections are black-holed',
  expected: 'the sweep delivers within 5 s; the missing echo makes a new connection',
  async happen({ world }) {
    for (const { back } of world.servers) {
      for (const connection of back.connections()) if (connection.name === listener) connection.swallow()
    }
    return undefined
  },
}

/** Rings go nowhere, for as long as the fault lasts. */
export const ringsDropped: Fault = {
  name: 'rings are dropped',
  expected: 'the sweep delivers within 5 s',
  async happen({ world, faultMs }) {
    for (const end = Date.now() + faultMs; Date.now() < end; await wait(50)) {
      for (const { back } of world.servers) {
        for (const connection of back.connections()) if (connection.name === ringer) connection.swallow()
      }
    }
    return undefined
  },
}

/** A server cannot reach PostgreSQL: its packets vanish. */
export const serverCutOff: Fault = {
  name: 'a server is cut off from PostgreSQL',
  expected: 'its clients go on at the others; dead connections are given up after 4 s, and it is useful again',
  async happen({ world, random, faultMs }) {
    const { back } = random.pick(world.servers)
    back.treat('swallow')
    for (const connection of back.connections()) connection.swallow()
    await wait(faultMs)
    back.treat('pass')
    return undefined
  },
}

/** Every packet to and from PostgreSQL takes long. */
export const databaseSlow: Fault = {
  name: 'PostgreSQL is 100 ms away',
  expected: 'slower, and nothing else',
  async happen({ world, faultMs }) {
    for (const { back } of world.servers) back.delay(50)
    await wait(faultMs)
    for (const { back } of world.servers) back.delay(0)
    return undefined
  },
}

/** A pooler in transaction mode is in front: notifications never arrive. */
export const poolerInFront: Fault = {
  name: 'a pooler in transaction mode in front (PgBouncer)',
  expected: 'servers notice that no ring arrives, and poll four times a second',
  world: 'pooler',
  missing: missingPooler,
  async happen({ faultMs }) {
    await wait(faultMs)
    return undefined
  },
}
