import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { databaseLimits } from '../config/database.ts'
import { sendConnectionsMax } from '../config/feed.ts'
import { invariant } from '../errors.ts'
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts'
import { createDatabaseClock, type DatabaseClock } from './clock.ts'
import { describeFault } from './faults.ts'
import { createLookups } from './lookups.ts'
import { openPool, type PoolOptions } from './pool.ts'
import { type NameStatement, nameStatements, type Sql, sqlOf } from './sql.ts'
import { createStatementWatch, type OnStatement } from './statements.ts'

/** The client that a Prisma transaction passes to its callback. */
export type Transaction = Prisma.TransactionClient

/** Prisma, or one of its transactions. */
export type Db = PrismaClient | Transaction

/** One server's connections to PostgreSQL. */
export interface Database {
  readonly url: string
  readonly db: PrismaClient
  /** Plain SQL, each statement on any connection. */
  readonly sql: Sql
  /** Plain SQL of reads by an index, on connections that they share: see `createLookups`. */
  readonly lookups: Sql
  /** Shared by Prisma and plain SQL. */
  readonly pool: pg.Pool
  /** Connections that requests never use: for leases and the locks of chores, which work under any load. */
  readonly own: pg.Pool
  /** Plain SQL on these. */
  readonly ownSql: Sql
  /** The time of PostgreSQL. */
  readonly clock: DatabaseClock
  /** Takes a connection for a batch: statements sent without waiting are pipelined. */
  takePipeline(): Promise<Pipeline>
  /** The connections of each pool, and the callers that wait for one. */
  figures(): Readonly<Record<'requests' | 'lookups' | 'own' | 'sends', PoolFigures>>
  /** Calls back whenever a connection was lost, as in a failover. */
  onLost(callback: () => void): void
  close(): Promise<void>
}

/** The connections of a pool. */
export interface PoolFigures {
  readonly open: number
  readonly idle: number
  readonly waiting: number
}

/** A connection that is reserved until it is released. */
export interface Pipeline {
  readonly sql: Sql
  /** Runs a statement without parameters and returns its command tag. */
  command(text: string): Promise<string>
  /** Sends all statements of this call in one write. */
  together<T>(ask: () => T): T
  /** Releases the connection. With an error it is closed, which also rolls back and ends pending statements. */
  release(error?: Error): void
}

/** Options of a pool or connection. */
export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Statement timeout of PostgreSQL in milliseconds. */
  statementTimeoutMs: number
  /** True to use prepared statements: not behind old poolers in transaction mode. */
  preparedStatements: boolean
  /** Called when an idle connection is lost; the pool replaces it. Without a listener this would end the process. */
  onError: (error: Error) => void
  /** Called for every answered statement. */
  onStatement?: OnStatement
}

/** Opens the pools; the first connection is made by the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, poolSize, statementTimeoutMs, preparedStatements, onError, onStatement } = options
  const watch = onStatement && createStatementWatch(onStatement)
  const hearers: (() => void)[] = []
  let closed = false
  const report = (error: Error) => {
    if (closed) return
    onError(error)
    // not of a connection that was closed because its batch failed: PostgreSQL is there
    if (describeFault(error).unavailable) for (const callback of hearers) callback()
  }
  const open = (max: number, { pipeline, plansOnce }: Pick<PoolOptions, 'pipeline' | 'plansOnce'>) =>
    openPool({
      ...{ url, max, statementTimeoutMs, pipeline, name: 'kabar', mayBeStandby: false },
      connectMs: databaseLimits.connectMs,
      silenceMs: databaseLimits.silenceMs,
      // unprepared statements are planned each time anyway, and a pooler may refuse the options
      plansOnce: plansOnce && preparedStatements,
      onError: report,
      ...(watch && { onConnect: watch }),
    })
  const pool = open(poolSize, { pipeline: false, plansOnce: false })
  const lookups = open(databaseLimits.lookupConnectionsMax, { pipeline: true, plansOnce: true })
  const own = open(databaseLimits.ownConnectionsMax, { pipeline: false, plansOnce: false })
  const pipelines = open(sendConnectionsMax, { pipeline: true, plansOnce: true })
  const named = nameStatements()
  const nameOf: NameStatement = preparedStatements ? named : () => undefined
  const adapter = new PrismaPg(pool, preparedStatements ? { statementNameGenerator: ({ sql }) => named(sql) } : {})
  const { transactionBeginMs: maxWait, transactionMs: timeout } = databaseLimits
  const db = new PrismaClient({ adapter, transactionOptions: { maxWait, timeout } })
  return {
    url,
    db,
    sql: sqlOf(pool, nameOf),
    lookups: createLookups(lookups, nameOf),
    pool,
    own,
    ownSql: sqlOf(own, nameOf),
    clock: createDatabaseClock(() => readTime(own)),
    async takePipeline() {
      const client = await pipelines.connect()
      return {
        sql: sqlOf(client, nameOf),
        command: async (text) => (await client.query(text)).command,
        together(ask) {
          const { stream } = client.connection
          stream.cork()
          try {
            return ask()
          } finally {
            stream.uncork()
          }
        },
        release(error) {
          // in a pipeline the pool would wait for pending statements, forever if PostgreSQL is frozen
          if (error) client.connection.stream.destroy(error)
          client.release(error)
        },
      }
    },
    figures: () => ({
      requests: figuresOf(pool),
      lookups: figuresOf(lookups),
      own: figuresOf(own),
      sends: figuresOf(pipelines),
    }),
    onLost: (callback) => void hearers.push(callback),
    async close() {
      closed = true
      await db.$disconnect()
      await Promise.all([pool.end(), lookups.end(), own.end(), pipelines.end()])
    },
  }
}

function figuresOf({ totalCount: open, idleCount: idle, waitingCount: waiting }: pg.Pool): PoolFigures {
  return { open, idle, waiting }
}

async function readTime(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ now: number }>(
    '/* readTime */ select extract(epoch from clock_timestamp())::float8 * 1000 as now',
  )
  const [row] = rows
  invariant(row, 'a select without a table gives one row')
  return row.now
}
