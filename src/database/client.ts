import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { Prisma, PrismaClient } from '../generated/prisma/client.ts'

/** What a transaction of Prisma gives to its callback. */
export type Transaction = Prisma.TransactionClient

/** Prisma, or one of its transactions. */
export type Db = PrismaClient | Transaction

/** One server's connections to PostgreSQL: Prisma and plain SQL share one pool. */
export interface Database {
  readonly url: string
  readonly db: PrismaClient
  readonly pool: pg.Pool
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

/** Opens the pool; the first connection is made by the first query. */
export function openDatabase({ url, poolSize, statementTimeoutMs, onError }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'kabar',
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
  })
  pool.on('error', onError)
  // the pool listens to idle connections alone: one that is killed while it is in use would end the process
  pool.on('connect', (client) => client.on('error', onError))
  const db = new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: { maxWait: 5_000, timeout: 10_000 } })
  return {
    url,
    db,
    pool,
    async close() {
      await db.$disconnect()
      await pool.end()
    },
  }
}
