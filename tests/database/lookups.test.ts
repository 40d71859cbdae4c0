// Lookups of one turn of the event loop share connections.

import { describe, expect } from 'vitest'
import { databaseLimits } from '../../src/config/database.ts'
import { type Database, openDatabase } from '../../src/database/client.ts'
import type { Sql } from '../../src/database/sql.ts'
import { Prisma } from '../../src/generated/prisma/client.ts'
import { connect, test as withDatabase } from '../support/database.ts'

const { lookupConnectionsMax, lookupsTogetherMax } = databaseLimits
const poolSize = 2

const test = withDatabase.extend<{ database: Database }>({
  database: async ({ databaseUrl }, use) => {
    const database = openDatabase({
      ...{ url: databaseUrl, poolSize, statementTimeoutMs: 1_500, preparedStatements: true },
      onError() {},
    })
    await use(database)
    await database.close()
  },
})

const backend = Prisma.sql`/* backend */ select pg_backend_pid() as pid`
const sleep = (seconds: number) => Prisma.sql`/* sleep */ select pg_backend_pid() as pid from pg_sleep(${seconds})`
const many = <Row>(count: number, lookups: Sql, statement: Prisma.Sql) =>
  Promise.all(Array.from({ length: count }, async () => (await lookups<Row>(statement))[0]))

const pidsOf = async (count: number, { lookups }: Database) =>
  (await many<{ pid: number }>(count, lookups, backend)).map((row) => row?.pid)

test('as many as may share a connection do, and one more takes another', async ({ database }) => {
  expect(new Set(await pidsOf(lookupsTogetherMax, database)).size).toBe(1)
  const pids = await pidsOf(lookupsTogetherMax + 1, database)
  expect(new Set(pids.slice(0, lookupsTogetherMax)).size).toBe(1)
  expect(pids.at(-1)).not.toBe(pids[0])
})

test('more than all connections take at once wait for one of them', async ({ database }) => {
  const count = lookupConnectionsMax * lookupsTogetherMax
  const rows = await many<{ pid: number }>(count + 1, database.lookups, sleep(0.01))
  expect(new Set(rows.slice(0, count).map((row) => row?.pid)).size).toBe(lookupConnectionsMax)
  expect(new Set(rows.map((row) => row?.pid)).size).toBe(lookupConnectionsMax)
})

test('those of another turn do not wait for these', async ({ database }) => {
  let isDone = false
  const slow = database.lookups(sleep(1)).then(() => {
    isDone = true
  })
  await new Promise(setImmediate)
  await database.lookups(backend)
  expect(isDone).toBe(false)
  await slow
})

test('each sees what was committed before it began', async ({ database, databaseUrl }) => {
  const other = await connect(databaseUrl)
  await other.query('create table seen (id integer)')
  const count = Prisma.sql`/* count */ select count(*)::integer as count from seen`
  await other.query('select pg_advisory_lock(1)')
  const lock = Prisma.sql`/* lock */ select pg_advisory_xact_lock(1)`
  const counted = Promise.all([database.lookups(count), database.lookups(lock), database.lookups(count)])
  const waiting = `select from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`
  await expect.poll(async () => (await other.query(waiting)).rowCount, { interval: 10 }).toBe(1)
  await other.query('insert into seen values (1)')
  await other.query('select pg_advisory_unlock(1)')
  expect(await counted).toMatchObject([[{ count: 0 }], [{}], [{ count: 1 }]])
})

const faults: Readonly<Record<string, Prisma.Sql>> = {
  'fails when it is executed': Prisma.sql`/* fault */ select 1 / 0`,
  'cannot be parsed': Prisma.sql`/* fault */ selec`,
  'has a value of another type': Prisma.sql`/* fault */ select ${'x'}::uuid`,
  'takes longer than a statement may': sleep(10),
}

describe.for(Object.entries(faults))('a statement that %s', ([, fault]) => {
  test('fails alone', async ({ database }) => {
    const { lookups } = database
    const settled = await Promise.allSettled([lookups(backend), lookups(fault), lookups(backend), lookups(fault)])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    // the connection is used again, and the statement fails again
    await expect(lookups(fault)).rejects.toThrow()
    expect(await lookups(backend)).toHaveLength(1)
    expect(database.figures().lookups.open).toBeLessThanOrEqual(lookupConnectionsMax)
  })
})

test('statements on a connection that is lost fail, and the next ones take a new connection', async ({
  database,
  databaseUrl,
}) => {
  const other = await connect(databaseUrl)
  const lost = Promise.allSettled([database.lookups(backend), database.lookups(sleep(1)), database.lookups(backend)])
  await expect
    .poll(async () => {
      const { rowCount } = await other.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'active' and query like '/* sleep */%'`,
      )
      return rowCount
    })
    .toBe(1)
  expect((await lost).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(await pidsOf(1, database)).toHaveLength(1)
  expect(database.figures().lookups).toMatchObject({ open: 1, idle: 1 })
})

test('all fail where there is no connection', async ({ databaseUrl }) => {
  const url = new URL(databaseUrl)
  url.pathname = '/missing'
  const options = { poolSize, statementTimeoutMs: 2_000, preparedStatements: true, onError() {} }
  const database = openDatabase({ url: url.href, ...options })
  const settled = await Promise.allSettled(Array.from({ length: 9 }, () => database.lookups(backend)))
  expect(settled.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 'rejected'))
  await database.close()
})

test('the same works without prepared statements', async ({ databaseUrl }) => {
  const options = { poolSize, statementTimeoutMs: 2_000, preparedStatements: false, onError() {} }
  const database = openDatabase({ url: databaseUrl, ...options })
  expect(new Set(await pidsOf(lookupsTogetherMax, database)).size).toBe(1)
  await database.close()
})
