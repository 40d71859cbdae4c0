// The checks of replication by `doctor`: whether this PostgreSQL is a standby, and what the loss of its machine loses.

import type pg from 'pg'
import { doctorLimits } from '../config/doctor.ts'
import { bad, type Finding, good } from '../health/findings.ts'

/** Tells whether PostgreSQL accepts writes. */
export interface Writes {
  readonly isStandby: boolean
  readonly isReadOnly: boolean
}

/** Reads whether PostgreSQL accepts writes. */
export async function readWrites(client: pg.Client): Promise<Writes> {
  const { rows } = await client.query<Writes>(
    `/* readWrites */ select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
  )
  return rows[0] ?? { isStandby: false, isReadOnly: false }
}

/** Checks whether PostgreSQL accepts writes. */
export function judgeWrites({ isStandby, isReadOnly }: Writes): Finding {
  if (isStandby) {
    const advice = 'Point DATABASE_URL at the primary, or at an address that follows it after a failover.'
    return bad('changes', 'this PostgreSQL is a read-only standby: nothing can be sent', advice)
  }
  if (isReadOnly) {
    const advice =
      'Find out who set it: it is often a guard against a full disk. Then reset it (ALTER SYSTEM, DATABASE or ROLE … RESET).'
    return bad('changes', 'default_transaction_read_only is on: nothing can be sent', advice)
  }
  return good('changes', 'are taken')
}

/** The standbys of a primary. */
export interface Standbys {
  /** The standbys that PostgreSQL waits for at each COMMIT: synchronous_standby_names. */
  readonly names: string
  readonly connected: number
  /** The synchronous ones of them, if this user may see it. */
  readonly synchronous: number
  /** The lag of the slowest in bytes; null when it is not visible. */
  readonly lagBytes: number | null
}

/** Reads the standbys of a primary. */
export async function checkStandbys(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<Standbys>(
    `/* checkStandbys */ select current_setting('synchronous_standby_names') as names, count(pid)::int as connected,
       (count(*) filter (where sync_state in ('sync', 'quorum')))::int as synchronous,
       max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::float8 as "lagBytes"
     from pg_stat_replication`,
  )
  return judgeStandbys(rows[0] ?? { names: '', connected: 0, synchronous: 0, lagBytes: null })
}

/** Checks what the loss of the primary's machine would lose. */
export function judgeStandbys({ names, connected, synchronous, lagBytes }: Standbys): Finding {
  if (names !== '' && connected === 0) {
    const advice =
      'Start the standby, or empty synchronous_standby_names: then the loss of this machine loses messages.'
    return bad('standbys', `none, and synchronous_standby_names = ${names}: every send waits for one`, advice)
  }
  if (connected === 0) return good('standbys', 'none: losing this machine loses everything since the last backup')
  const lag = lagBytes === null ? '' : `, at most ${Math.ceil(lagBytes / 1_048_576)} MB behind`
  if (lagBytes !== null && lagBytes > doctorLimits.standbyLagBytesMax) {
    const advice = 'Check the disk and the network of the standby: a failover loses what it has not received.'
    return bad('standbys', `${connected}${lag}`, advice)
  }
  const kept =
    synchronous > 0
      ? 'confirmed messages survive the loss of a machine'
      : names === ''
        ? 'synchronous_standby_names is empty: losing the machine may lose the last messages, and clients resync'
        : `synchronous_standby_names = ${names}`
  return good('standbys', `${connected}${lag}; ${kept}`)
}
