// The check of the read replica by `doctor`.

import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { doctorLimits } from '../config/doctor.ts'
import { invariant } from '../errors.ts'
import { bad, type Finding, good } from '../health/findings.ts'

/** The state of a replica. */
export interface ReplicaState {
  readonly isStandby: boolean
  /** True if it has the data of the same PostgreSQL. */
  readonly isSame: boolean
  readonly hasFeedback: boolean
  /** The time after which it had reached the state of the primary; null when it did not. */
  readonly behindMs: number | null
}

/** Checks that a replica is a standby of the primary, and follows it. */
export async function checkReplica(primary: pg.Client, replica: pg.Client): Promise<Finding> {
  const { rows: system } = await primary.query<{ id: string; lsn: string }>(
    `/* checkReplica */ select system_identifier::text as id, pg_current_wal_lsn()::text as lsn from pg_control_system()`,
  )
  const { rows } = await replica.query<{ id: string; isStandby: boolean; feedback: string }>(
    `/* checkReplica */ select system_identifier::text as id, pg_is_in_recovery() as "isStandby",
       current_setting('hot_standby_feedback') as feedback
     from pg_control_system()`,
  )
  const [theirs, ours] = [system[0], rows[0]]
  invariant(theirs && ours, 'a function without rows gives one row')
  const isSame = theirs.id === ours.id
  const behindMs = ours.isStandby && isSame ? await measure(replica, theirs.lsn) : null
  return judgeReplica({ isStandby: ours.isStandby, isSame, hasFeedback: ours.feedback === 'on', behindMs })
}

/** Measures how long a standby takes to replay up to a position of the log; null when it takes too long. */
async function measure(replica: pg.Client, lsn: string): Promise<number | null> {
  const began = performance.now()
  for (;;) {
    const { rows } = await replica.query<{ isThere: boolean | null }>(
      '/* measure */ select pg_last_wal_replay_lsn() >= $1::pg_lsn as "isThere"',
      [lsn],
    )
    const ms = performance.now() - began
    if (rows[0]?.isThere) return Math.round(ms)
    if (ms > doctorLimits.replicaMs) return null
    await wait(doctorLimits.replicaPollMs)
  }
}

/** Judges a replica. */
export function judgeReplica({ isStandby, isSame, hasFeedback, behindMs }: ReplicaState): Finding {
  const name = 'replica'
  if (!isSame || !isStandby) {
    const advice = 'Point DATABASE_REPLICA_URL at a hot standby of the PostgreSQL of DATABASE_URL, or unset it.'
    return bad(name, isSame ? 'is not a standby' : 'is not of the same PostgreSQL', advice)
  }
  if (behindMs === null) {
    const advice = 'Check its disk and its network, and that replay is not paused. Until then the primary answers.'
    return bad(name, `a standby that is more than ${doctorLimits.replicaMs / 1_000} s behind`, advice)
  }
  const feedback = hasFeedback ? 'on' : 'off: replay may cancel reads, which the primary then answers'
  return good(name, `a standby, ${behindMs} ms behind; hot_standby_feedback is ${feedback}`)
}
