// A hot standby that answers reads of the primary. It may be behind, hang or be gone: each read can fall back.

import type { ReplicaConfig } from '../config/database.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { DatabaseClock } from './clock.ts'
import { describeFault } from './faults.ts'
import { openPool } from './pool.ts'
import { nameStatements, type Sql, sqlOf } from './sql.ts'

/** The SQLSTATE of a statement that took too long. */
const canceled = '57014'

/** A row of a statement for the replica. */
export interface ReplicaRow {
  /** When this server last renewed its lease, in the snapshot of the statement; null where there is none. */
  readonly renewedAt: Date | null
}

/** The use of a read. A viewer waits for a page; a search and a read of a data export may take longer. */
export type ReplicaUse = 'page' | 'search' | 'export'

/** The use of the replica by a server. */
export interface ReplicaState {
  /** Null before the first probe has answered. */
  readonly isUsed: boolean | null
  /** Why it is used, or not. */
  readonly reason: string
}

/** The replica as one server uses it: see `createReplica`. */
export interface Replica {
  /**
   * Reads there, if the replica is in use. The caller judges whether the rows are new enough for it.
   *
   * @param statement selects the given column in every row.
   * @returns null when the primary must be asked: the replica is not in use, failed, has no row, or is too old.
   */
  read<Row extends ReplicaRow>(
    statement: (renewedAt: Prisma.Sql) => Prisma.Sql,
    use?: ReplicaUse,
  ): Promise<readonly Row[] | null>
  /**
   * Stops using it, until its data must be younger than now.
   *
   * After a failover it may contain what the primary has lost: rows that are newer than what a reader needs do not tell.
   */
  suspend(): void
  /** Tells whether it is used. Begins a probe when one is due, because there may be no readers who would. */
  state(): ReplicaState
  close(): Promise<void>
}

/** Options of `createReplica`. */
export interface ReplicaOptions {
  readonly config: ReplicaConfig
  readonly preparedStatements: boolean
  /** The server whose lease tells the age of the replica. */
  readonly serverId: string
  /** The time of the primary: the replica's own is not asked. */
  readonly clock: Pick<DatabaseClock, 'now'>
  /** Called when it is used, and when it is not used any more, with the reason. */
  onChange(change: { readonly isUsed: boolean; readonly reason: string }): void
}

/** The connections of one use. */
interface Lane {
  readonly sql: Sql
  /** Reads that are running or waiting. */
  underway: number
  /** A read more goes to the primary. */
  readonly underwayMax: number
  /** Reads that took too long, since the last one that did not. */
  slowInARow: number
  readonly slowInARowMax: number
  close(): Promise<void>
}

/**
 * Creates the replica of one server. It connects with the first read.
 *
 * After a fault, or when its data is too old, it is not used for `closedMs`; then one probe decides, which no reader
 * waits for. It also starts like this: unused until a probe has succeeded. A statement that takes too long does not
 * count at once: the replica is left after `slowInARowMax` in a row, and those of searches and exports never count.
 */
export function createReplica(options: ReplicaOptions): Replica {
  const { config, serverId, clock, onChange } = options
  const { closedMs, ageMsMax } = config
  const lanes = openLanes(options)
  const renewedAt = Prisma.sql`(select renewed_at from server_leases where id = ${serverId}::uuid) as "renewedAt"`
  let isUsed: ReplicaState['isUsed'] = null
  let reason = 'not asked yet'
  let isProbing = false
  let suspensions = 0
  let closedUntil = Number.NEGATIVE_INFINITY

  function change(next: boolean, why: string): void {
    reason = why
    if (isUsed !== next) onChange({ isUsed: next, reason })
    isUsed = next
  }

  function shut(why: string, ms: number): void {
    closedUntil = Math.max(closedUntil, performance.now() + ms)
    change(false, why)
  }

  function judgeFault(lane: Lane, error: unknown): void {
    const { retryable, sqlState } = describeFault(error)
    // a read that replay has cancelled says nothing of the next one
    if (retryable) return
    if (sqlState === canceled && ++lane.slowInARow < lane.slowInARowMax) return
    lane.slowInARow = 0
    shut(error instanceof Error ? error.message : String(error), closedMs)
  }

  async function ask<Row extends ReplicaRow>(lane: Lane, statement: Prisma.Sql): Promise<readonly Row[] | null> {
    const before = suspensions
    lane.underway += 1
    try {
      const rows = await lane.sql<Row>(statement)
      lane.slowInARow = 0
      const [first] = rows
      if (!first || suspensions > before) return null
      const { renewedAt: at } = first
      if (at !== null && Math.abs(clock.now() - at.getTime()) <= ageMsMax) return rows
      shut(at === null ? 'it does not have the lease of this server' : 'it is behind', closedMs)
    } catch (error) {
      judgeFault(lane, error)
    } finally {
      lane.underway -= 1
    }
    return null
  }

  async function probe(): Promise<void> {
    isProbing = true
    const rows = await ask(
      lanes.page,
      Prisma.sql`
      -- createReplica: server_leases_pkey; Prisma does not have the connection
      select ${renewedAt}`,
    )
    isProbing = false
    // it may have been suspended meanwhile
    if (performance.now() < closedUntil) return
    if (rows) change(true, 'it answers')
    else shut('it does not answer a probe', closedMs)
  }

  function probeIfDue(): void {
    if (!isUsed && !isProbing && performance.now() >= closedUntil) void probe()
  }

  return {
    async read<Row extends ReplicaRow>(statement: (renewedAt: Prisma.Sql) => Prisma.Sql, use: ReplicaUse = 'page') {
      const lane = lanes[use]
      if (isUsed) return lane.underway < lane.underwayMax ? ask<Row>(lane, statement(renewedAt)) : null
      probeIfDue()
      return null
    },
    state() {
      probeIfDue()
      return { isUsed, reason }
    },
    suspend() {
      suspensions += 1
      shut('a connection to the primary was lost', ageMsMax)
    },
    async close() {
      await Promise.all(Object.values(lanes).map((lane) => lane.close()))
    },
  }
}

function openLanes({ config, preparedStatements }: ReplicaOptions): Record<ReplicaUse, Lane> {
  const { url, connectionsMax, connectMs, statementTimeoutMs, silenceMs, waitingMax, slowInARowMax } = config
  const named = nameStatements()
  function open(max: number, timeoutMs: number): Pick<Lane, 'sql' | 'close'> {
    const pool = openPool({
      ...{ url, max, connectMs, statementTimeoutMs: timeoutMs, silenceMs, name: 'kabar replica' },
      ...{ pipeline: false, plansOnce: preparedStatements, mayBeStandby: true },
      onError() {}, // the next read shows whether it can be reached
    })
    return { sql: sqlOf(pool, preparedStatements ? named : () => undefined), close: () => pool.end() }
  }
  const none = { underway: 0, slowInARow: 0 }
  return {
    page: {
      ...open(connectionsMax, statementTimeoutMs),
      ...{ ...none, underwayMax: connectionsMax + waitingMax, slowInARowMax },
    },
    search: {
      ...open(config.searchConnectionsMax, config.searchTimeoutMs),
      ...{ ...none, underwayMax: config.searchConnectionsMax, slowInARowMax: Number.POSITIVE_INFINITY },
    },
    // an export waits for no connection: one that is waited for in vain would look like a replica that is away
    export: {
      ...open(config.exportConnectionsMax, config.exportTimeoutMs),
      ...{ ...none, underwayMax: config.exportConnectionsMax, slowInARowMax: Number.POSITIVE_INFINITY },
    },
  }
}
