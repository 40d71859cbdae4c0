// Faults of a standby that servers also read from.

import { setTimeout as wait } from 'node:timers/promises'
import type { Standby } from '../../tests/support/standby.ts'
import type { Fault, Stage } from '../fault.ts'

interface ReplicaFault extends Pick<Fault, 'name' | 'expected'> {
  begin(standby: Standby): unknown
  end(standby: Standby): unknown
}

/**
 * Makes a fault of the replica, in which no operation may fail.
 *
 * @throws Error when the servers did not read there before, or when operations failed.
 */
function replicaFault({ name, expected, begin, end }: ReplicaFault): Fault {
  return {
    ...{ name, expected, world: 'replica' },
    missing: () => (process.platform === 'linux' ? null : 'only Linux tells which processes'),
    async happen({ world: { replica }, load, faultMs }: Stage) {
      if (!replica) throw new Error('this world has no replica')
      const { rowCount } = await replica.query(`select from pg_stat_activity where application_name = 'kabar replica'`)
      if (!rowCount) throw new Error('no server reads at the replica')
      const failures = () => load.records.codes.get('SERVICE_UNAVAILABLE') ?? 0
      const before = failures()
      await begin(replica)
      try {
        await wait(faultMs)
      } finally {
        await end(replica)
      }
      if (failures() > before) throw new Error(`${failures() - before} operations failed without the replica`)
      return undefined
    },
  }
}

/** The replica stops following, and answers. */
export const replicaPaused = replicaFault({
  name: 'the replay of the replica paused',
  expected: 'its answers are refused as too old; reads are slower',
  begin: ({ query }) => query('select pg_wal_replay_pause()'),
  end: ({ query }) => query('select pg_wal_replay_resume()'),
})

/** The replica stands still, without closing a connection. */
export const replicaFrozen = replicaFault({
  name: 'the replica frozen (SIGSTOP of all its processes)',
  expected: 'reads under way take half a second longer; then nobody asks it for 10 s',
  begin: ({ freeze }) => freeze(),
  end: ({ thaw }) => thaw(),
})

/** The replica dies and comes back. */
export const replicaKilled = replicaFault({
  name: 'the replica killed (kill -9 of all its processes)',
  expected: 'the primary answers all reads',
  begin: ({ kill }) => kill(),
  end: ({ start }) => start(),
})
