import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { openDatabase } from '../../src/database/client.ts'
import type { Sql } from '../../src/database/sql.ts'
import { type BatchStatement, createBatcher } from '../../src/feed/batch.ts'
import { Prisma } from '../../src/generated/prisma/client.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { test as base } from '../support/database.ts'

interface Item {
  readonly name: string
  readonly key: string | null
  readonly topicIds: readonly string[]
}

/** Bounds that no test reaches by accident. */
const wide = {
  batchMax: 100,
  topicsMax: 100,
  queuedMax: 100,
  underwayMax: 1,
  slowCommitMs: 2,
  timeoutMs: 5_000,
  triesMax: 3,
  ring: () => {},
  metrics: createMetrics(),
  tracing: null,
}

const test = base.extend('takePipeline', { scope: 'file' }, async ({ databaseUrl }, { onCleanup }) => {
  const database = openDatabase({
    url: databaseUrl,
    poolSize: 2,
    statementTimeoutMs: 5_000,
    preparedStatements: true,
    onError: () => {},
  })
  onCleanup(() => database.close())
  return database.takePipeline
})

const item = (name: string, key: string | null = null, topicIds: readonly string[] = []): Item => ({
  name,
  key,
  topicIds,
})

/** A statement that writes nothing and notes its batches. `judge` may throw. */
function createStatement(judge: (names: readonly string[]) => (string | Error)[] = (names) => [...names]) {
  const batches: string[][] = []
  const statement: BatchStatement<Item, null, string> = {
    topicsOf: ({ topicIds }) => topicIds,
    keyOf: ({ key }) => key,
    read: async () => null,
    judge(items) {
      const names = items.map(({ name }) => name)
      batches.push(names)
      return { results: judge(names), write: async () => {} }
    },
  }
  return { batches, statement }
}

test('items that come together go in one batch, and each gets its own answer', async ({ takePipeline }) => {
  const { batches, statement } = createStatement()
  const add = createBatcher(statement, { takePipeline, ...wide })
  expect(await Promise.all(['a', 'b', 'c'].map((name) => add(item(name))))).toEqual(['a', 'b', 'c'])
  expect(batches).toEqual([['a', 'b', 'c']])
})

test('items with the same key go in different batches, in their order', async ({ takePipeline }) => {
  const { batches, statement } = createStatement()
  const add = createBatcher(statement, { takePipeline, ...wide })
  await Promise.all([item('a', 'x'), item('b', 'x'), item('c', 'y'), item('d', 'x'), item('e')].map(add))
  expect(batches).toEqual([['a', 'c', 'e'], ['b'], ['d']])
})

test('a batch takes no more than batchMax', async ({ takePipeline }) => {
  const { batches, statement } = createStatement()
  const add = createBatcher(statement, { takePipeline, ...wide, batchMax: 2 })
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => add(item(name))))
  expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']])
})

test('the items of a batch have no more than topicsMax topics in sum, but for a first item with more', async ({
  takePipeline,
}) => {
  const { batches, statement } = createStatement()
  const add = createBatcher(statement, { takePipeline, ...wide, topicsMax: 3 })
  const [x, y, z, w] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const items = [item('a', null, [x]), item('b', null, [x, y]), item('c', null, [z]), item('d', null, [x])]
  await Promise.all([...items, item('e', null, [x, y, z, w]), item('f', null, [x])].map(add))
  expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e'], ['f']])
})

test('while a batch is stored others are judged, but for what has to wait behind it', async ({ takePipeline }) => {
  const [x, y, z] = [randomUUID(), randomUUID(), randomUUID()]
  const disk = Promise.withResolvers<void>()
  const third = Promise.withResolvers<void>()
  const { batches, statement } = createStatement((names) => {
    if (names.includes('of z')) third.resolve()
    return [...names]
  })
  const judge: typeof statement.judge = (...given) => ({ ...statement.judge(...given), write: () => disk.promise })
  const add = createBatcher(
    { ...statement, judge },
    { takePipeline, ...wide, batchMax: 1, underwayMax: 3, slowCommitMs: -1 },
  )
  const items = [item('of x', 'k', [x]), item('of x and y', null, [x, y]), item('of y', null, [y])]
  const more = [item('of no topic, a retry', 'k'), item('of no topic'), item('of z', null, [z]), item('one too many')]
  const added = [...items, ...more].map(add)
  await third.promise
  expect(batches).toEqual([['of x'], ['of no topic'], ['of z']])
  disk.resolve()
  await Promise.all(added)
  expect(batches.flat().slice(3).sort()).toEqual(['of no topic, a retry', 'of x and y', 'of y', 'one too many'])
  expect(batches.flat().indexOf('of x and y')).toBeLessThan(batches.flat().indexOf('of y'))
})

test('where the disk is fast a batch is judged when the one before it is stored', async ({ takePipeline }) => {
  const log: string[] = []
  const { statement } = createStatement()
  const judge: typeof statement.judge = (items, ...given) => {
    const name = items[0]?.name
    log.push(`judged ${name}`)
    const write = async (sql: Sql) => {
      await sql(Prisma.sql`select pg_sleep(0.3)`)
      log.push(`stored ${name}`)
    }
    return { ...statement.judge(items, ...given), write }
  }
  const add = createBatcher({ ...statement, judge }, { takePipeline, ...wide, batchMax: 1, underwayMax: 3 })
  await Promise.all([item('a'), item('b')].map(add))
  expect(log).toEqual(['judged a', 'stored a', 'judged b', 'stored b'])
})

test('the statements of batches are planned once, and by indexes', async ({ takePipeline }) => {
  const { sql, release } = await takePipeline()
  for (let length = 0; length < 7; length++) {
    const ids = Array.from({ length }, () => randomUUID())
    await sql(Prisma.sql`select from topics where id = any(${ids}::uuid[]) -- planned once`)
  }
  const planned = await sql(Prisma.sql`
    select generic_plans::integer as again, custom_plans::integer as anew, current_setting('enable_seqscan') as scans
    from pg_prepared_statements
    where statement like '%-- planned once'`)
  release()
  expect(planned).toEqual([{ again: 7, anew: 0, scans: 'off' }])
})

test('one item past queuedMax is refused at once, and the others are not harmed', async ({ takePipeline }) => {
  const { batches, statement } = createStatement()
  const add = createBatcher(statement, { takePipeline, ...wide, queuedMax: 3 })
  const taken = ['a', 'b', 'c'].map((name) => add(item(name)))
  await expect(add(item('d'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(await Promise.all(taken)).toEqual(['a', 'b', 'c'])
  expect(await add(item('e'))).toBe('e')
  expect(batches).toEqual([['a', 'b', 'c'], ['e']])
})

test('an item that fails alone leaves its neighbours alone', async ({ takePipeline }) => {
  const { batches, statement } = createStatement((names) =>
    names.map((name) => (name === 'b' ? new Error('no b') : name)),
  )
  const add = createBatcher(statement, { takePipeline, ...wide })
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => add(item(name))))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(batches).toHaveLength(1)
})

test.for(['40001', '40P01'])(
  'a batch that PostgreSQL gives up with %s runs again as it was, so many times',
  async (code, { takePipeline }) => {
    let failuresLeft = 2
    const { batches, statement } = createStatement((names) => {
      if (failuresLeft-- > 0) throw Object.assign(new Error('given up'), { code })
      return [...names]
    })
    const add = createBatcher(statement, { takePipeline, ...wide })
    expect(await Promise.all(['a', 'b'].map((name) => add(item(name))))).toEqual(['a', 'b'])
    expect(batches).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ])
    failuresLeft = 3
    await expect(add(item('c'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(batches.slice(3)).toEqual([['c'], ['c'], ['c']])
    expect(await add(item('d'))).toBe('d')
  },
)

test('a batch that fails as a whole runs again item by item', async ({ takePipeline }) => {
  const { batches, statement } = createStatement((names) => {
    if (names.includes('b')) throw new Error('b breaks the statement')
    return [...names]
  })
  const add = createBatcher(statement, { takePipeline, ...wide })
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => add(item(name))))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(batches).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']])
})

test('a batch that the database has no room for says so, and not what that led to', async ({ takePipeline }) => {
  const full = Prisma.sql`do $$ begin raise exception 'the disk is full' using errcode = '53100'; end $$`
  // what failed is told a moment after what was refused because of it
  const write = async (sql: Sql) => {
    const failing = sql(full)
    await Promise.allSettled([failing])
    await sql(Prisma.sql`select 1`)
    await failing
  }
  const { statement } = createStatement()
  const event = { topicId: randomUUID(), kind: 'MESSAGE_SENT', actorId: null, subject: randomUUID() } as const
  const judge = () => ({ results: ['a'], events: [event], write })
  const add = createBatcher({ ...statement, judge }, { takePipeline, ...wide })
  await expect(add(item('a'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})
