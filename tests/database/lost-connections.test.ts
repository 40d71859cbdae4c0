// Which ends of a connection count as the loss of the primary, after which a replica is not asked for a while.

import { expect } from 'vitest'
import { type Database, openDatabase } from '../../src/database/client.ts'
import { connect, test } from '../support/database.ts'

interface Given {
  readonly database: Database
  readonly databaseUrl: string
}

const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' })
const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = 'kabar'`

const ends: Readonly<Record<string, { isLoss: boolean; end(given: Given): Promise<unknown> }>> = {
  'a batch that PostgreSQL has given up': {
    isLoss: false,
    end: async ({ database }) => (await database.takePipeline()).release(deadlock),
  },
  'a batch that got no answer': {
    isLoss: true,
    end: async ({ database }) => (await database.takePipeline()).release(new Error('timeout expired')),
  },
  'a backend that was ended': {
    isLoss: true,
    end: async ({ database, databaseUrl }) => {
      await database.pool.query('select 1')
      await (await connect(databaseUrl)).query(terminate)
    },
  },
}

test.for(Object.entries(ends))('%s', async ([, { isLoss, end }], { databaseUrl, onTestFinished }) => {
  const errors: Error[] = []
  let losses = 0
  const database = openDatabase({
    ...{ url: databaseUrl, poolSize: 2, statementTimeoutMs: 10_000, preparedStatements: true },
    onError: (error) => void errors.push(error),
  })
  onTestFinished(() => database.close())
  database.onLost(() => {
    losses += 1
  })
  await end({ database, databaseUrl })
  await expect.poll(() => errors.length).toBeGreaterThan(0)
  expect(losses > 0).toBe(isLoss)
})
