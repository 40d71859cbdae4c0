// A PostgreSQL with a hot standby, and a server that reads there.

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, inject, onTestFinished } from 'vitest'
import { type ReplicaConfig, replicaDefaults } from '../../src/config/database.ts'
import { migrate } from '../../src/database/migrations/migrate.ts'
import { createReplica } from '../../src/database/read-replica.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { Prisma } from '../../src/generated/prisma/client.ts'
import type { KabarServer } from '../../src/server.ts'
import { connect } from './database.ts'
import { patienceMs } from './patience.ts'
import { test as base } from './server.ts'
import { type Standby, startStandby } from './standby.ts'

/** A machine that is busy with other things is no fault of the replica, but a frozen one must be given up. */
const patient = {
  ...replicaDefaults,
  ...{
    connectMs: patienceMs,
    statementTimeoutMs: 1_500,
    searchTimeoutMs: 1_500,
    exportTimeoutMs: 1_500,
    closedMs: 50,
    ageMsMax: 10 * patienceMs,
  },
}

/** A `test` with a primary of its own, its standby, and a server that reads at both. */
export const test = base
  .extend('primary', { scope: 'file' }, async ({}, { onCleanup }) => {
    const dataDir = join(inject('scratchDir'), `primary-${randomUUID()}`)
    const { url, close } = await startEmbeddedPostgres({ dataDir, durable: false })
    onCleanup(close)
    await migrate({ url })
    return { url, folder: join(dataDir, 'postgres') }
  })
  .extend('databaseUrl', { scope: 'file' }, async ({ primary }) => primary.url)
  .extend('standby', { scope: 'file' }, async ({ primary: { url, folder: primaryFolder } }, { onCleanup }) => {
    const folder = join(inject('scratchDir'), `standby-${randomUUID()}`)
    const standby = await startStandby({ primaryUrl: url, primaryFolder, folder })
    onCleanup(standby.close)
    return standby
  })
  // its pages are short, so that a catch-up has several
  .extend('server', { scope: 'file' }, async ({ start, standby: { url } }) =>
    start({
      replica: { ...patient, url },
      feed: { pageEventsMax: 4 },
      presence: { renewMs: 1_000 },
    }),
  )

/** A replica beside the server's, whose clock the test sets. */
export async function openReplica(
  primaryUrl: string,
  { url, follow }: Pick<Standby, 'url' | 'follow'>,
  given: Partial<ReplicaConfig> = {},
) {
  const { ageMsMax } = replicaDefaults
  const serverId = randomUUID()
  const primary = await connect(primaryUrl)
  const { rows } = await primary.query<{ at: Date }>(
    `insert into server_leases (id, expires_at) values ($1, now() + interval '1 hour') returning renewed_at as at`,
    [serverId],
  )
  await follow()
  const renewedMs = rows[0]?.at.getTime() ?? 0
  const clock = { aheadMs: 0, now: () => renewedMs + clock.aheadMs }
  const changes: string[] = []
  const replica = createReplica({
    ...{ config: { ...patient, url, closedMs: 0, ageMsMax, ...given }, preparedStatements: true, serverId, clock },
    onChange: ({ reason }) => void changes.push(reason),
  })
  onTestFinished(replica.close)
  const isUsed = async () => (await replica.read((renewedAt) => Prisma.sql`/* isUsed */ select ${renewedAt}`)) !== null
  await expect.poll(isUsed).toBe(true)
  return { replica, clock, changes, isUsed, primary, serverId }
}

/** Runs `replica-check.ts` in a process of its own, into which a mutant is built, and returns what it prints. */
export async function runReplicaCheck(mutant: string, given: readonly string[]): Promise<string> {
  const args = ['--import', './tests/oracles/mutation.ts', './tests/oracles/replica-check.ts', ...given]
  const cwd = join(import.meta.dirname, '..', '..')
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, MUTANT: mutant } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data))
  await once(child, 'close')
  return output
}

/** The state of a standby, and of the connections to its primary. */
export interface State {
  readonly name: string
  enter(standby: Standby, server: KabarServer): unknown
  leave(standby: Standby): unknown
  /** Answers a page of history and a catch-up of two pages. */
  readonly answer: 'replica' | 'primary' | 'refused'
}

/** The states, in an order in which they can be entered. */
export const states: readonly State[] = [
  {
    name: 'in step',
    enter() {},
    leave() {},
    answer: 'replica',
  },
  {
    name: 'paused',
    enter: ({ query }) => query('select pg_wal_replay_pause()'),
    leave: ({ query }) => query('select pg_wal_replay_resume()'),
    answer: 'refused',
  },
  {
    name: 'frozen',
    enter: ({ freeze }) => freeze(),
    leave: ({ thaw }) => thaw(),
    answer: 'primary',
  },
  {
    name: 'killed',
    enter: ({ kill }) => kill(),
    leave: ({ start }) => start(),
    answer: 'primary',
  },
  // the last one: then it is not used for long
  {
    name: 'in step, and a connection to the primary was lost',
    async enter(_, { database }) {
      // one that nobody else waits for
      const client = await database.own.connect()
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      const lost = once(client, 'error')
      await database.own.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await lost
      client.release(true)
    },
    leave() {},
    answer: 'primary',
  },
]
