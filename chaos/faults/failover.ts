// Faults that lose the machine of PostgreSQL: a standby takes over, as Patroni or a managed database lets it.

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Fault, Stage } from '../fault.ts'
import type { Postgres } from '../postgres.ts'
import type { ServerProcess } from '../server-process.ts'
import { forget, markOf } from '../writer.ts'

interface LostPrimary extends Pick<Fault, 'name' | 'expected' | 'world'> {
  /** True if the standby may lack what was acknowledged: commits do not wait for it. */
  readonly isBehind: boolean
}

/** Longer than a send waits: those that wait for a standby fail meanwhile. */
const faultMsMin = 6_000

/** Makes a fault in which the standby is away for a while, the primary is lost, and the standby takes over. */
function lostPrimary({ isBehind, ...words }: LostPrimary): Fault {
  return {
    ...words,
    missing: () => (process.platform === 'linux' ? null : 'only Linux tells which processes'),
    faultMsMin: isBehind ? 0 : faultMsMin,
    // as after a database that was put back: the sweep finds out what rings did not say
    caughtUpMsMax: 15_000,
    async happen({ world: { postgres, standby, servers }, load, faultMs }: Stage) {
      if (!standby || !postgres.process) throw new Error('this world has no standby')
      const mark = markOf(load.records)
      await standby.kill()
      await wait(faultMs)
      const written = await countEvents(postgres)
      await postgres.process.kill('kill')
      await standby.start()
      await standby.query('select pg_promote()')
      postgres.process.replace(standby.url)
      const lost = written - (await countEvents(postgres))
      if (lost > 0 !== isBehind) throw new Error(`the standby lacks ${lost} of ${written} events`)
      if (isBehind) forget(load.records, mark)
      for (const { back } of servers) back.lead(Number(new URL(standby.url).port))
      return undefined
    },
  }
}

/** Counts the events of all topics that are committed. */
async function countEvents({ query }: Postgres): Promise<number> {
  const [row] = await query<{ count: string }>('select sum(head) as count from topics')
  return Number(row?.count)
}

/** The primary is lost with commits that the standby has not received. */
export const primaryLostAsync = lostPrimary({
  name: 'the primary lost, a standby that is behind takes over',
  expected: 'clients that have seen what was lost are told to read again; all others go on',
  world: 'standby',
  isBehind: true,
})

/** The primary is lost while commits wait for the standby. */
export const primaryLostSync = lostPrimary({
  name: 'the primary lost, a synchronous standby takes over',
  expected: 'nothing that was answered is lost; sends fail while the standby is away',
  world: 'synchronous standby',
  isBehind: false,
})

/** @throws Error unless `/readyz` of a server says that PostgreSQL is read-only. */
async function expectReadOnly({ name, directUrl }: ServerProcess): Promise<void> {
  const response = await fetch(`${directUrl}/readyz`, { signal: AbortSignal.timeout(5_000) })
  const text = await response.text()
  if (response.status !== 503 || !text.includes('read-only'))
    throw new Error(`${name} answers ${response.status} ${text}`)
}

/** PostgreSQL takes no writes, as a primary that was demoted, or one whose disk is guarded. */
export const demoted: Fault = {
  name: 'PostgreSQL read-only (demoted)',
  expected: 'sends answer SERVICE_UNAVAILABLE, and /readyz says read-only, until it takes writes again',
  async happen({ world: { postgres, servers }, faultMs }) {
    const url = new URL(postgres.url())
    url.searchParams.set('options', '-c default_transaction_read_only=off')
    const client = new pg.Client(url.href)
    await client.connect()
    try {
      await client.query('alter system set default_transaction_read_only = on')
      await client.query('select pg_reload_conf()')
      await wait(faultMs)
      for (const server of servers) await expectReadOnly(server)
    } finally {
      await client.query('alter system reset default_transaction_read_only')
      await client.query('select pg_reload_conf()')
      await client.end()
    }
    return undefined
  },
}
