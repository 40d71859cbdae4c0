import { once } from 'node:events'
import type pg from 'pg'
import { expect } from 'vitest'
import { openProxy } from '../../chaos/proxy.ts'
import { openDatabase } from '../../src/database/client.ts'
import { describeFault } from '../../src/database/faults.ts'
import { test } from '../support/database.ts'

test('connections whose packets vanish are given up, and the pool goes on with new ones', async ({
  databaseUrl,
  onTestFinished,
}) => {
  const url = new URL(databaseUrl)
  const proxy = await openProxy(Number(url.port))
  url.port = String(proxy.port)
  const database = openDatabase({
    ...{ url: url.href, poolSize: 2, statementTimeoutMs: 300, preparedStatements: true, onError: () => {} },
  })
  onTestFinished(async () => {
    await database.close()
    await proxy.close()
  })
  const clients: pg.PoolClient[] = []
  database.pool.on('connect', (client) => clients.push(client))
  const ask = () => database.pool.query('select 1 as one')
  await Promise.all([ask(), ask()])
  // a connection that owes nothing may be silent, and is watched all the same when it is used again
  await Promise.all(clients.map(({ connection }) => once(connection.stream, 'timeout')))
  expect((await ask()).rows).toEqual([{ one: 1 }])
  for (const connection of proxy.connections()) connection.swallow()
  // the other one has not been asked, and is not to be
  await expect(ask()).rejects.toThrow('PostgreSQL did not answer')
  expect((await ask()).rows).toEqual([{ one: 1 }])
  await Promise.all([ask(), ask()])
  for (const connection of proxy.connections()) connection.swallow()
  const lost = await Promise.allSettled([ask(), ask()])
  for (const result of lost) {
    expect(result.status).toBe('rejected')
    if (result.status === 'rejected') expect(describeFault(result.reason).unavailable).toBe(true)
  }
  expect((await ask()).rows).toEqual([{ one: 1 }])
})
