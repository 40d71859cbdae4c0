// A hot standby that answers reads of the primary. It may be behind, hang or be gone: each read can fall back.

import type { ReplicaConfig } from '../config/database.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { DatabaseClock } from './clock.ts'
import { describeFault } from './faults.ts'
import { openPool } from './pool.ts'
import { nameStatements, type Sql, sqlOf } from './sql.ts'

/** A row of a statement for the replica. */
export interface ReplicaRow {
  /** When this server last renewed its lease, in the snapshot of the statement; null where there is none. */
  readonly renewedAt: Date | null
}

/** The replica as one server uses it: see `createReplica`. */
export interface Replica {
  /**
   * Reads there, if the replica is in use. The caller judges whether the rows are new enough for it.
   *
   * @param statement selects the given column in every row.
   * @returns null when the primary must be asked: the replica is not in use, failed, has no row, or is too old.
   */
  read<Row extends ReplicaRow>(statement: (renewedAt: Prisma.Sql) => Prisma.Sql): Promise<readonly Row[] | null>
  /**
   * Stops using it, until its data must be younger than now.
   *
   * After a failover it may contain what the primary has lost: rows that are newer than what a reader needs do not tell.
   */
  suspend(): void
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

/**
 * Creates the replica of one server. It connects with the first read.
 *
 * After a fault, or when its data is too old, it is not used for `closedMs`; then one probe decides, which no reader
 * waits for. So it begins, too.
 */
export function createReplica({ config, preparedStatements, serverId, clock, onChange }: ReplicaOptions): Replica {
  const { url, connectionsMax: max, connectMs, statementTimeoutMs, silenceMs, waitingMax, closedMs, ageMsMax } = config
  const pool = openPool({
    ...{ url, max, connectMs, statementTimeoutMs, silenceMs, name: 'kabar replica' },
    ...{ pipeline: false, plansOnce: preparedStatements, mayBeStandby: true },
    onError() {}, // the next read shows whether it can be reached
  })
  const named = nameStatements()
  const sql: Sql = sqlOf(pool, preparedStatements ? named : () => undefined)
  const renewedAt = Prisma.sql`(select renewed_at from server_leases where id = ${serverId}::uuid) as "renewedAt"`
  /** Null before the first probe. */
  let isUsed: boolean | null = null
  let isProbing = false
  let suspensions = 0
  let closedUntil = Number.NEGATIVE_INFINITY

  function change(next: boolean, reason: string): void {
    if (isUsed !== next) onChange({ isUsed: next, reason })
    isUsed = next
  }

  function shut(reason: string, ms: number): void {
    closedUntil = Math.max(closedUntil, performance.now() + ms)
    change(false, reason)
  }

  async function ask<Row extends ReplicaRow>(statement: Prisma.Sql): Promise<readonly Row[] | null> {
    const before = suspensions
    try {
      const rows = await sql<Row>(statement)
      const [first] = rows
      if (!first || suspensions > before) return null
      const { renewedAt: at } = first
      if (at !== null && Math.abs(clock.now() - at.getTime()) <= ageMsMax) return rows
      shut(at === null ? 'it does not have the lease of this server' : 'it is behind', closedMs)
    } catch (error) {
      // a read that replay has cancelled says nothing of the next one
      if (!describeFault(error).retryable) shut(error instanceof Error ? error.message : String(error), closedMs)
    }
    return null
  }

  async function probe(): Promise<void> {
    isProbing = true
    const rows = await ask(Prisma.sql`
      -- createReplica: server_leases_pkey; Prisma does not have the connection
      select ${renewedAt}`)
    isProbing = false
    // it may have been suspended meanwhile
    if (rows && performance.now() >= closedUntil) change(true, 'it answers')
  }

  return {
    async read<Row extends ReplicaRow>(statement: (renewedAt: Prisma.Sql) => Prisma.Sql) {
      if (isUsed) return pool.waitingCount < waitingMax ? ask<Row>(statement(renewedAt)) : null
      if (!isProbing && performance.now() >= closedUntil) void probe()
      return null
    },
    suspend() {
      suspensions += 1
      shut('a connection to the primary was lost', ageMsMax)
    },
    close: () => pool.end(),
  }
}
