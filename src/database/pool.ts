// The pools of connections to PostgreSQL, which give up connections that cannot be used any more.

import { Socket } from 'node:net'
import pg from 'pg'
import { isReadOnlyError, readOnlyState } from './faults.ts'
import { valueParsers } from './timestamps.ts'

/** Options of a pool. */
export interface PoolOptions {
  readonly url: string
  readonly max: number
  /** Shown in pg_stat_activity. */
  readonly name: string
  /** Time to connect, and to wait for a connection. */
  readonly connectMs: number
  /** Statement timeout of PostgreSQL. */
  readonly statementTimeoutMs: number
  /** A connection that still owes an answer is closed when it is silent for this long after the statement timeout. */
  readonly silenceMs: number
  /** True if statements may be sent before the answers to earlier ones. */
  readonly pipeline: boolean
  /** True if PostgreSQL plans a prepared statement once, for all its values. */
  readonly plansOnce: boolean
  /** True if it may be a standby. If not, connections that take no writes are closed. */
  readonly mayBeStandby: boolean
  /** Called when an idle connection is lost; the pool replaces it. Without a listener this would end the process. */
  onError(error: Error): void
  /** Called for each new connection. */
  onConnect?(client: pg.ClientBase): void
}

/**
 * Settings that plan statements once, for lists of any length in tables of any size.
 *
 * Otherwise PostgreSQL plans again for each short list, which takes longer than the statement itself, or keeps a plan
 * with sequential scans from when the tables were empty. All reads of these statements have an index.
 */
const planOnce = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off'

/** Opens a pool; the first statement makes the first connection. */
export function openPool(options: PoolOptions): pg.Pool {
  const { url, max, name, connectMs, statementTimeoutMs, silenceMs, pipeline, plansOnce, mayBeStandby } = options
  const { onError, onConnect } = options
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: name,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    pipeline,
    types: valueParsers,
    ...(!mayBeStandby && { verify: refuseStandby }),
    ...(plansOnce && { options: planOnce }),
  })
  const idle = new Set<pg.PoolClient>()
  pool.on('release', (_, client) => idle.add(client))
  pool.on('acquire', (client) => idle.delete(client))
  pool.on('remove', (client) => idle.delete(client))
  pool.on('error', onError)
  // the pool handles errors of idle connections only: a connection killed while in use would end the process
  pool.on('connect', (client) => {
    client.on('error', onError)
    giveUpWhenSilent(client, { ms: statementTimeoutMs + silenceMs, idle })
    if (!mayBeStandby) giveUpWhenReadOnly(client, idle)
    onConnect?.(client)
  })
  return pool
}

/**
 * Refuses a new connection to a standby, where writes fail and reads may be stale.
 *
 * After a failover an address may point to it for a while; the next try may reach the primary.
 */
function refuseStandby(client: pg.ClientBase, done: (error?: Error) => void): void {
  client.query('/* refuseStandby */ select pg_is_in_recovery() as "isStandby"', (error, result) => {
    if (error) return done(error)
    const message = 'This PostgreSQL is a standby: point DATABASE_URL at the primary.'
    done(result.rows[0]?.isStandby ? Object.assign(new Error(message), { code: readOnlyState }) : undefined)
  })
}

/**
 * Closes a connection on which a write was refused, and all idle ones.
 *
 * They are connected to a new standby, or keep an old read-only setting. The next statement opens a new one.
 */
function giveUpWhenReadOnly(client: pg.PoolClient, idle: ReadonlySet<pg.PoolClient>): void {
  client.connection.on('errorMessage', (answer: Error) => {
    if (!isReadOnlyError(answer)) return
    // the caller gets its error first
    setImmediate(() => {
      const error = new Error('PostgreSQL is read-only: Connection terminated')
      for (const { connection } of [client, ...idle]) connection.stream.destroy(error)
    })
  })
}

/**
 * Closes a connection that owes an answer and is silent for too long.
 *
 * PostgreSQL would have ended the statement itself. When its packets vanish, TCP notices only after a quarter of an hour.
 * The idle connections of the pool are as broken, and closed too: the next statement opens a new one.
 */
function giveUpWhenSilent(client: pg.PoolClient, { ms, idle }: { ms: number; idle: ReadonlySet<pg.PoolClient> }): void {
  const { stream } = client.connection
  if (!(stream instanceof Socket)) return
  stream.setTimeout(ms)
  // check each time: a connection may have been idle long before
  stream.on('timeout', () => {
    // a connection that holds the lock of a chore may be silent
    const owesNothing = 'readyForQuery' in client && client.readyForQuery === true
    if (owesNothing) return
    const error = new Error('PostgreSQL did not answer: timeout expired')
    for (const { connection } of [client, ...idle]) connection.stream.destroy(error)
  })
}
