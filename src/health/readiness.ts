// Checks whether a running server can serve, with a reason for each problem.

import type { Config } from '../config/config.ts'
import { healthLimits } from '../config/doctor.ts'
import { type DoorbellConfig, nameDoorbell } from '../config/doorbell.ts'
import type { Database } from '../database/client.ts'
import { describeFault } from '../database/faults.ts'
import { compareOn } from '../database/migrations/migrate.ts'
import type { Replica, ReplicaState } from '../database/read-replica.ts'
import type { Feed } from '../feed/feed.ts'
import type { NotifierState } from '../feed/notify/notifier.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { checkDisk, judgeClock, judgeMigrations } from './checks.ts'
import { bad, check, type Finding, good } from './findings.ts'
import type { LoopLag } from './loop-lag.ts'

/** The parts of a server whose state decides whether it can serve. */
export interface ReadinessOptions {
  readonly database: Pick<Database, 'own' | 'clock'>
  readonly feed: Pick<Feed, 'state'>
  /** Null when the primary answers all reads. */
  readonly replica: Pick<Replica, 'state'> | null
  readonly metrics: Pick<Metrics, 'counts'>
  readonly loopLag: Pick<LoopLag, 'ms'>
  readonly config: Pick<Config, 'dataDirectory' | 'feed' | 'doorbell'>
  isDraining(): boolean
}

/** The state of a server, and what it was judged by. */
export interface Readiness {
  readonly isReady: boolean
  readonly findings: readonly Finding[]
}

/** Findings that make a server unready. All others slow it down, and going elsewhere would not help. */
const needed = new Set(['database', 'migrations', 'doorbell', 'draining'])

/** Creates the check of one server. Calls in the meantime share the running check, so that many of them cost one. */
export function createReadinessCheck(options: ReadinessOptions): () => Promise<Readiness> {
  let running: Promise<Readiness> | null = null
  return () => {
    running ??= examine(options).finally(() => {
      running = null
    })
    return running
  }
}

async function examine(options: ReadinessOptions): Promise<Readiness> {
  const { database, config } = options
  const [fromDatabase, disk] = await Promise.all([
    examineDatabase(database),
    checkDisk(config),
    database.clock.measure().catch(() => {}),
  ])
  const findings = [
    ...fromDatabase,
    judgeDoorbell(options.feed.state().notifier, config.doorbell),
    ...(options.replica ? [judgeReplicaUse(options.replica.state())] : []),
    judgeSends(options.metrics.counts.send_queue.total, config.feed.queuedSendsMax),
    judgeLoopLag(options.loopLag.ms()),
    disk,
    judgeClock(database.clock.aheadMs()),
    options.isDraining()
      ? bad('draining', 'the server is stopping', '')
      : good('draining', 'the server takes new clients'),
  ]
  return { isReady: findings.every(({ name, isGood }) => isGood || !needed.has(name)), findings }
}

/** Checks whether PostgreSQL answers, accepts writes, and has all migrations. */
async function examineDatabase({ own }: Pick<Database, 'own'>): Promise<Finding[]> {
  try {
    const client = await own.connect()
    let keeps = false
    try {
      const { rows } = await client.query<{ isReadOnly: boolean }>(
        `/* ready */ select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
      )
      keeps = rows[0]?.isReadOnly === false
      const migrations = await check('migrations', async () => judgeMigrations(await compareOn(client)), '')
      return [keeps ? good('database', 'answers') : readOnly(), migrations]
    } finally {
      // a read-only connection keeps its setting: the next check opens a new one
      client.release(!keeps)
    }
  } catch (error) {
    if (describeFault(error).readOnly) return [readOnly()]
    return [bad('database', 'away', 'Check DATABASE_URL, and that PostgreSQL is running.')]
  }
}

const readOnly = () =>
  bad('database', 'read-only', 'Point DATABASE_URL at the primary, and find out who made it read-only.')

/**
 * Checks whether rings of other servers arrive.
 *
 * A bus has a finding of its own, which makes no server unready: without it all of them poll, and still serve.
 */
export function judgeDoorbell(state: NotifierState, doorbell: DoorbellConfig = { kind: 'postgres' }): Finding {
  if (doorbell.kind !== 'postgres') {
    const name = nameDoorbell(doorbell)
    if (state === 'listening') return good('bus', `listening to ${name}`)
    const detail = `polling: nothing arrives from ${name}`
    return bad('bus', detail, 'Check DOORBELL_URL, and that the bus is running. The log has the reason.')
  }
  if (state === 'away') return bad('doorbell', state, 'Check that PostgreSQL takes connections of this server.')
  if (state === 'listening') return good('doorbell', state)
  return good('doorbell', 'polling: notifications do not arrive, as behind a pooler in transaction mode')
}

/** Checks whether the replica answers reads. It makes no server unready: the primary answers in its place. */
export function judgeReplicaUse({ isUsed, reason }: ReplicaState): Finding {
  if (isUsed !== false) return good('replica', reason)
  const advice =
    'Check DATABASE_REPLICA_URL, and that the standby runs and follows: `kabar doctor` tells how far it is behind.'
  return bad('replica', `not used: ${reason}`, advice)
}

/** Checks how many sends wait for the database. */
export function judgeSends(waiting: number, max: number): Finding {
  const detail = `${waiting} of ${max} wait`
  if (waiting <= max * healthLimits.sendQueueUsageMax) return good('sends', detail)
  return bad('sends', detail, 'PostgreSQL stores too slowly: look at its disk and its long transactions.')
}

/** Checks how late the event loop is. */
export function judgeLoopLag(ms: number): Finding {
  const detail = `${ms} ms late`
  if (ms <= healthLimits.loopLagMsMax) return good('event loop', detail)
  return bad('event loop', detail, 'This process uses a whole core: start another server on the same database.')
}
