import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { createMemoryBell, type Doorbell } from '../src/feed/doorbell.ts'
import { createPostgresDoorbell } from '../src/feed/listener.ts'
import { test } from './setup/database.ts'
import { listenAt } from './setup/ear.ts'

/** Makes doorbells that hear each other. */
type MakeDoorbell = () => Doorbell

const quick = { echoMs: 200, echoTimeoutMs: 1_000, reconnectMinMs: 20, reconnectMaxMs: 100, pollMs: 60_000 }

const kinds = {
  memory: () => {
    const bell = createMemoryBell()
    return () => bell.doorbell()
  },
  postgres: (url: string) => () =>
    createPostgresDoorbell({ url, config: quick, onError: () => {}, onPolling: () => {} }),
} satisfies Record<string, (url: string) => MakeDoorbell>

const eachKind = test.for(Object.entries(kinds))

/** Connects to the database of the test, until its end. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

function closeAtEnd(doorbell: Doorbell): Doorbell {
  onTestFinished(() => doorbell.close())
  return doorbell
}

const connectionsOf = `from pg_stat_activity where application_name like 'kabar %' and datname = current_database()`

eachKind('a ring of the %s doorbell reaches all others and oneself', async ([, kind], { databaseUrl }) => {
  const make = kind(databaseUrl)
  const doorbells = [make(), make(), make()].map(closeAtEnd)
  const ears = await Promise.all(doorbells.map(listenAt))
  const topicId = randomUUID()
  doorbells[0]?.ring([{ topicId, head: 7 }])
  for (const ear of ears) await ear.until(() => ear.heads.get(topicId) === 7)
  expect(doorbells.map((doorbell) => doorbell.state())).toEqual(['listening', 'listening', 'listening'])
})

eachKind('the %s doorbell asks for a look at every topic once it listens', async ([, kind], { databaseUrl }) => {
  const ear = await listenAt(closeAtEnd(kind(databaseUrl)()))
  expect(ear.gaps()).toBeGreaterThan(0)
})

eachKind(
  '1,000 topics that are rung in one tick all arrive over the %s doorbell',
  async ([, kind], { databaseUrl }) => {
    const make = kind(databaseUrl)
    const [from, to] = [closeAtEnd(make()), closeAtEnd(make())]
    const ear = await listenAt(to)
    const rings = Array.from({ length: 1_000 }, (_, index) => ({ topicId: randomUUID(), head: index + 1 }))
    for (const ring of rings) from.ring([ring])
    await ear.until(() => ear.heads.size === rings.length)
    expect(rings.filter(({ topicId, head }) => ear.heads.get(topicId) !== head)).toEqual([])
  },
)

eachKind('a closed %s doorbell hears nothing more', async ([, kind], { databaseUrl }) => {
  const make = kind(databaseUrl)
  const [from, closed] = [closeAtEnd(make()), make()]
  const [ear, closedEar] = [await listenAt(from), await listenAt(closed)]
  await closed.close()
  expect(closed.state()).toBe('away')
  const topicId = randomUUID()
  from.ring([{ topicId, head: 1 }])
  await ear.until(() => ear.heads.has(topicId))
  expect(closedEar.heads.size).toBe(0)
})

test('a closed doorbell leaves no connection behind', async ({ databaseUrl }) => {
  const doorbell = kinds.postgres(databaseUrl)()
  const ear = await listenAt(doorbell)
  const topicId = randomUUID()
  doorbell.ring([{ topicId, head: 1 }])
  await ear.until(() => ear.heads.has(topicId))
  const admin = await connect(databaseUrl)
  expect((await admin.query(`select application_name ${connectionsOf}`)).rowCount).toBe(2)
  await doorbell.close()
  // a backend goes a moment after its client has gone
  await expect.poll(async () => (await admin.query(`select application_name ${connectionsOf}`)).rows).toEqual([])
})

test('a doorbell whose connections are killed listens again and says that rings may have been missed', async ({
  databaseUrl,
}) => {
  const doorbell = closeAtEnd(kinds.postgres(databaseUrl)())
  const ear = await listenAt(doorbell)
  const gaps = ear.gaps()
  const admin = await connect(databaseUrl)
  const killed = await admin.query(
    `select pg_terminate_backend(pid) ${connectionsOf} and application_name = 'kabar listener'`,
  )
  expect(killed.rowCount).toBe(1)
  await ear.until(() => ear.gaps() > gaps)
  const topicId = randomUUID()
  doorbell.ring([{ topicId, head: 1 }])
  await ear.until(() => ear.heads.has(topicId))
  await admin.query(`select pg_terminate_backend(pid) ${connectionsOf} and application_name = 'kabar ringer'`)
  doorbell.ring([{ topicId, head: 2 }])
  await ear.until(() => ear.heads.get(topicId) === 2)
})
