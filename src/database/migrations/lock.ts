import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { migrationLimits } from '../../config/database.ts'
import { StartError } from '../start-error.ts'

// The number that Prisma's schema engine locks.
const advisoryLock = 72707369
const { lockMs, pollMs } = migrationLimits

/**
 * Takes the lock of migrations on a connection of its own.
 *
 * It lasts until `releaseMigrationLock` or the end of the connection. It is a lock of an open transaction: a pooler in
 * transaction mode gives that a connection for itself, and a lock of a session would stay with one that is shared. It
 * asks again and again instead of waiting in PostgreSQL, since a statement that waits there has a snapshot, and `create
 * index concurrently` waits for all of those. Throws StartError.
 */
export async function takeMigrationLock(client: pg.Client): Promise<void> {
  for (const end = Date.now() + lockMs; Date.now() < end; await wait(pollMs)) {
    await client.query('begin')
    // while others migrate for long, nothing is said on this connection
    await client.query('set local idle_in_transaction_session_timeout = 0')
    const { rows } = await client.query<{ mine: boolean }>(
      `/* takeMigrationLock */ select pg_try_advisory_xact_lock(${advisoryLock}) as mine`,
    )
    if (rows[0]?.mine) return
    await client.query('rollback')
  }
  throw new StartError(
    `Another process has held the migration lock for ${lockMs / 1000} s, so this server cannot know the schema. See ` +
      `who it is (select pid from pg_locks where locktype = 'advisory' and objid = ${advisoryLock}), let it finish or ` +
      'end it (pg_terminate_backend), and start again.',
  )
}

/** Gives the lock back. Throws when it was lost meanwhile with its connection. */
export async function releaseMigrationLock(client: pg.Client): Promise<void> {
  await client.query('commit')
}
