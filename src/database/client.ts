import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts'

/** What a transaction of Prisma gives to its callback. */
export type Transaction = Prisma.TransactionClient

/** Prisma, or one of its transactions. */
export type Db = PrismaClient | Transaction

/** One server's connections to PostgreSQL. */
export interface Database {
  readonly url: string
  readonly db: PrismaClient
  /** Shared by Prisma and plain SQL. */
  readonly pool: pg.Pool
  /** For batches: what is asked without waiting travels together. */
  readonly pipelines: pg.Pool
  close(): Promise<void>
}

/** What a pool or connection needs to know, and where its faults go. */
export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Milliseconds after which PostgreSQL ends a statement. */
  statementTimeoutMs: number
  /** An idle connection was lost; the pool replaces it. Without a listener this would end the process. */
  onError: (error: Error) => void
}

/** One batch is in flight at a time; a second connection replaces one that was given up. */
const pipelinesMax = 2

/** Opens the pools; the first connection is made by the first query. */
export function openDatabase({ url, poolSize, statementTimeoutMs, onError }: DatabaseOptions): Database {
  const open = (max: number, pipeline: boolean) => {
    const pool = new pg.Pool({
      connectionString: url,
      max,
      application_name: 'kabar',
      connectionTimeoutMillis: 5_000,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      keepAlive: true,
      pipeline,
    })
    pool.on('error', onError)
    // the pool listens to idle connections alone: one that is killed while it is in use would end the process
    pool.on('connect', (client) => client.on('error', onError))
    return pool
  }
  const pool = open(poolSize, false)
  const pipelines = open(pipelinesMax, true)
  const db = new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: { maxWait: 5_000, timeout: 10_000 } })
  return {
    url,
    db,
    pool,
    pipelines,
    async close() {
      await db.$disconnect()
      await Promise.all([pool.end(), pipelines.end()])
    },
  }
}
