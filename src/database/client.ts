import { Socket } from 'node:net'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { databaseLimits } from '../config/database.ts'
import { sendConnectionsMax } from '../config/feed.ts'
import { invariant } from '../errors.ts'
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts'
import { createDatabaseClock, type DatabaseClock } from './clock.ts'
import { isReadOnlyError, readOnlyState } from './faults.ts'
import { type NameStatement, nameStatements, type Sql, sqlOf } from './sql.ts'

/** What a transaction of Prisma gives to its callback. */
export type Transaction = Prisma.TransactionClient

/** Prisma, or one of its transactions. */
export type Db = PrismaClient | Transaction

/** One server's connections to PostgreSQL. */
export interface Database {
  readonly url: string
  readonly db: PrismaClient
  /** Plain SQL, each statement on any connection. */
  readonly sql: Sql
  /** Shared by Prisma and plain SQL. */
  readonly pool: pg.Pool
  /** Connections that no request takes: for leases and the locks of chores, which go on however many there are. */
  readonly own: pg.Pool
  /** Plain SQL on these. */
  readonly ownSql: Sql
  /** The time of PostgreSQL. */
  readonly clock: DatabaseClock
  /** Takes a connection for a batch: what is asked on it without waiting travels together. */
  takePipeline(): Promise<Pipeline>
  close(): Promise<void>
}

/** A connection that is taken until it is released. */
export interface Pipeline {
  readonly sql: Sql
  /** Runs a statement without parameters and gives its command tag. */
  command(text: string): Promise<string>
  /** Sends all that is asked in this call in one write. */
  together<T>(ask: () => T): T
  /** Gives the connection back; with an error it is closed, which also rolls back and ends what it waits for. */
  release(error?: Error): void
}

/** What a pool or connection needs to know, and where its faults go. */
export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Milliseconds after which PostgreSQL ends a statement. */
  statementTimeoutMs: number
  /** Whether PostgreSQL keeps statements planned: not behind old poolers in transaction mode. */
  preparedStatements: boolean
  /** An idle connection was lost; the pool replaces it. Without a listener this would end the process. */
  onError: (error: Error) => void
}

/**
 * The statements of batches are planned once, for lists of any length in tables of any size.
 *
 * Otherwise PostgreSQL plans for each short list anew, which takes longer than the statement itself, or keeps a plan that was
 * made when the tables were empty and scans them. All that these statements read has an index.
 */
const planOnce = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off'

/** Opens the pools; the first connection is made by the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, poolSize, statementTimeoutMs, preparedStatements, onError } = options
  let closed = false
  const report = (error: Error) => {
    if (!closed) onError(error)
  }
  const open = (max: number, pipeline: boolean) => {
    const pool = new pg.Pool({
      connectionString: url,
      max,
      application_name: 'kabar',
      connectionTimeoutMillis: databaseLimits.connectMs,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      keepAlive: true,
      pipeline,
      verify: refuseStandby,
      // what is not prepared is planned each time anyway, and a pooler may refuse the options
      ...(pipeline && preparedStatements && { options: planOnce }),
    })
    const idle = new Set<pg.PoolClient>()
    pool.on('release', (_, client) => idle.add(client))
    pool.on('acquire', (client) => idle.delete(client))
    pool.on('remove', (client) => idle.delete(client))
    pool.on('error', report)
    // the pool listens to idle connections alone: one that is killed while it is in use would end the process
    pool.on('connect', (client) => {
      client.on('error', report)
      giveUpWhenSilent(client, { ms: statementTimeoutMs + databaseLimits.silenceMs, idle })
      giveUpWhenReadOnly(client, idle)
    })
    return pool
  }
  const pool = open(poolSize, false)
  const own = open(databaseLimits.ownConnectionsMax, false)
  const pipelines = open(sendConnectionsMax, true)
  const named = nameStatements()
  const nameOf: NameStatement = preparedStatements ? named : () => undefined
  const adapter = new PrismaPg(pool, preparedStatements ? { statementNameGenerator: ({ sql }) => named(sql) } : {})
  const { transactionBeginMs: maxWait, transactionMs: timeout } = databaseLimits
  const db = new PrismaClient({ adapter, transactionOptions: { maxWait, timeout } })
  return {
    url,
    db,
    sql: sqlOf(pool, nameOf),
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
          // in a pipeline the pool would wait for what was asked, for ever if PostgreSQL is frozen
          if (error) client.connection.stream.destroy(error)
          client.release(error)
        },
      }
    },
    async close() {
      closed = true
      await db.$disconnect()
      await Promise.all([pool.end(), own.end(), pipelines.end()])
    },
  }
}

async function readTime(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ now: number }>(
    '/* readTime */ select extract(epoch from clock_timestamp())::float8 * 1000 as now',
  )
  const [row] = rows
  invariant(row, 'a select without a table gives one row')
  return row.now
}

/**
 * Refuses a new connection that leads to a standby, where changes fail and reads may be old.
 *
 * After a failover an address may lead there for a while; the next try may find the primary.
 */
function refuseStandby(client: pg.ClientBase, done: (error?: Error) => void): void {
  client.query<{ isStandby: boolean }>('/* refuseStandby */ select pg_is_in_recovery() as "isStandby"').then(
    ({ rows }) => {
      const message = 'This PostgreSQL is a standby: point DATABASE_URL at the primary.'
      done(rows[0]?.isStandby ? Object.assign(new Error(message), { code: readOnlyState }) : undefined)
    },
    (error: Error) => done(error),
  )
}

/**
 * Closes a connection on which a change was refused, and the idle ones beside it.
 *
 * They lead to what is a standby now, or keep the setting that they began with. The next statement gets a new one.
 */
function giveUpWhenReadOnly(client: pg.PoolClient, idle: ReadonlySet<pg.PoolClient>): void {
  client.connection.on('errorMessage', (answer: Error) => {
    if (!isReadOnlyError(answer)) return
    // whoever asked is told first
    setImmediate(() => {
      const error = new Error('PostgreSQL takes no changes: Connection terminated')
      for (const { connection } of [client, ...idle]) connection.stream.destroy(error)
    })
  })
}

/**
 * Closes a connection that owes an answer and is silent for so long.
 *
 * PostgreSQL would have ended the statement itself. When its packets vanish, TCP notices only after a quarter of an hour.
 * The idle connections of the pool went the same way, and are given up with it: the next statement gets a new one.
 */
function giveUpWhenSilent(client: pg.PoolClient, { ms, idle }: { ms: number; idle: ReadonlySet<pg.PoolClient> }): void {
  const { stream } = client.connection
  if (!(stream instanceof Socket)) return
  stream.setTimeout(ms)
  // each time: a connection may be silent and owe nothing long before
  stream.on('timeout', () => {
    // one that holds a lock for a chore may be silent
    const owesNothing = 'readyForQuery' in client && client.readyForQuery === true
    if (owesNothing) return
    const error = new Error('PostgreSQL did not answer: timeout expired')
    for (const { connection } of [client, ...idle]) connection.stream.destroy(error)
  })
}
