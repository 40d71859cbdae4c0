import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { type Chore, startChores } from '../../src/database/chores.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { openClient } from '../support/database.ts'
import { test } from '../support/server.ts'

const log = pino({ level: 'silent' })

const openPool = (connectionString: string, options: pg.PoolConfig = {}) => {
  const pool = new pg.Pool({ connectionString, ...options })
  // the database goes at the end of the file, and with it what is still connected, in use or idle
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})
  onTestFinished(() => pool.end())
  return pool
}

test('a chore runs again and again, and on one server at a time', async ({ databaseUrl }) => {
  let running = 0
  let runs = 0
  const overlaps: number[] = []
  const enough = Promise.withResolvers<void>()
  const chore: Chore = {
    name: 'counting',
    everyMs: 1,
    async run() {
      running += 1
      if (running > 1) overlaps.push(runs)
      await pool.query('select pg_sleep(0.005)')
      running -= 1
      runs += 1
      if (runs === 20) enough.resolve()
    },
  }
  const pool = openPool(databaseUrl)
  const servers = [1, 2, 3].map(() =>
    startChores({ pool: openPool(databaseUrl), log, metrics: createMetrics(), chores: [chore] }),
  )
  await enough.promise
  await Promise.all(servers.map((server) => server.close()))
  expect(overlaps).toEqual([])
})

test('a chore that takes long keeps its lock, and nothing that vacuum waits for', async ({ databaseUrl }) => {
  const pool = openPool(databaseUrl)
  const name = 'kabar long chore'
  const mine = openPool(databaseUrl, { application_name: name, idle_in_transaction_session_timeout: 50 })
  const runs: unknown[] = []
  const enough = Promise.withResolvers<void>()
  const chore: Chore = {
    name: 'long',
    everyMs: 1,
    async run() {
      await pool.query('select pg_sleep(0.2)')
      const { rows } = await pool.query(
        `select state, backend_xmin, backend_xid, count(pid) over () as alive
         from pg_stat_activity
         where application_name = $1`,
        [name],
      )
      runs.push(...rows)
      if (runs.length >= 2) enough.resolve()
    },
  }
  const server = startChores({ pool: mine, log, metrics: createMetrics(), chores: [chore] })
  await enough.promise
  await server.close()
  const idle = { state: 'idle in transaction', backend_xmin: null, backend_xid: null, alive: '1' }
  expect(runs.slice(0, 2)).toEqual([idle, idle])
})

test('a chore that fails is tried again, and closing breaks off one that runs', async ({ databaseUrl }) => {
  const began = Promise.withResolvers<void>()
  let tries = 0
  const chores: Chore[] = [
    {
      name: 'failing',
      everyMs: 1,
      async run(signal) {
        tries += 1
        if (tries < 3) throw new Error('not yet')
        began.resolve()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    },
  ]
  const server = startChores({ pool: openPool(databaseUrl), log, metrics: createMetrics(), chores })
  await began.promise
  await server.close()
  expect(tries).toBe(3)
})

test('a server whose connections are all taken ends the leases of dead ones, and is ready', async ({
  start,
  databaseUrl,
}) => {
  const server = await start({ databasePoolSize: 2, presence: { clearMs: 50 } })
  const taken = await Promise.all([1, 2].map(() => server.database.pool.connect()))
  onTestFinished(() => {
    for (const connection of taken) connection.release()
  })
  const client = await openClient(databaseUrl)
  onTestFinished(() => client.end())
  const leases = async () => {
    const { rows } = await client.query('select from server_leases where id = $1', [deadId])
    return rows.length
  }
  const deadId = randomUUID()
  await client.query(
    `insert into server_leases (id, renewed_at, expires_at) values ($1, now() - interval '1 day', now() - interval '1 s')`,
    [deadId],
  )
  await expect.poll(leases).toBe(0)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})
