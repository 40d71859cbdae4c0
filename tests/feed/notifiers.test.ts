import { randomUUID } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import { type BusKind, busKinds } from '../../chaos/bus.ts'
import type { NewHint } from '../../src/feed/hints/hint-queue.ts'
import type { Notifier } from '../../src/feed/notify/notifier.ts'
import { missing, notifierOf, quick, test } from '../support/buses.ts'
import { connect } from '../support/database.ts'
import { listenAt } from '../support/ear.ts'
import { createMemoryNotifiers } from '../support/memory-notifier.ts'
import { passWithoutNotifications } from '../support/silent-way.ts'

/** The kinds of doorbells, which keep the same contract. */
const kinds = ['memory', 'postgres', ...busKinds] as const
type Kind = (typeof kinds)[number]

const isBus = (kind: Kind): kind is BusKind => kind in missing

/** Creates notifiers that hear each other. */
interface Scene {
  readonly databaseUrl: string
  bus(kind: BusKind): Promise<{ readonly url: string }>
  skip(note?: string): void
}

/** Makes doorbells of a kind that hear each other, and skips the test where it cannot be had. */
async function prepare(kind: Kind, { databaseUrl, bus, skip }: Scene): Promise<() => Notifier> {
  if (kind === 'memory') {
    const bell = createMemoryNotifiers()
    return () => {
      const notifier = bell.notifier()
      onTestFinished(() => notifier.close())
      return notifier
    }
  }
  if (isBus(kind) && missing[kind] !== null) skip(missing[kind])
  const doorbellUrl = isBus(kind) ? (await bus(kind)).url : 'postgres'
  return () => notifierOf({ databaseUrl, doorbellUrl })
}

const eachKind = test.for(kinds)

const connectionsOf = `from pg_stat_activity where application_name like 'kabar %' and datname = current_database()`

eachKind('a ring of the %s doorbell reaches all others and oneself', async (kind, { databaseUrl, bus, skip }) => {
  const make = await prepare(kind, { databaseUrl, bus, skip })
  const notifiers = [make(), make(), make()]
  const ears = await Promise.all(notifiers.map(listenAt))
  const topicId = randomUUID()
  notifiers[0]?.ring([{ topicId, head: 7 }])
  for (const ear of ears) await ear.until(() => ear.heads.get(topicId) === 7)
  expect(notifiers.map((notifier) => notifier.state())).toEqual(['listening', 'listening', 'listening'])
})

eachKind('the %s doorbell asks for a look at every topic once it listens', async (kind, { databaseUrl, bus, skip }) => {
  const ear = await listenAt((await prepare(kind, { databaseUrl, bus, skip }))())
  expect(ear.gaps()).toBeGreaterThan(0)
})

eachKind(
  '1,000 topics that are rung in one tick all arrive over the %s doorbell',
  async (kind, { databaseUrl, bus, skip }) => {
    const make = await prepare(kind, { databaseUrl, bus, skip })
    const [from, to] = [make(), make()]
    const ear = await listenAt(to)
    const rings = Array.from({ length: 1_000 }, (_, index) => ({ topicId: randomUUID(), head: index + 1 }))
    for (const ring of rings) from.ring([ring])
    await ear.until(() => ear.heads.size === rings.length)
    expect(rings.filter(({ topicId, head }) => ear.heads.get(topicId) !== head)).toEqual([])
  },
)

eachKind('a closed %s doorbell hears nothing more', async (kind, { databaseUrl, bus, skip }) => {
  const make = await prepare(kind, { databaseUrl, bus, skip })
  const [from, closed] = [make(), make()]
  const [ear, closedEar] = [await listenAt(from), await listenAt(closed)]
  await closed.close()
  expect(closed.state()).toBe('away')
  const topicId = randomUUID()
  from.ring([{ topicId, head: 1 }])
  await ear.until(() => ear.heads.has(topicId))
  expect(closedEar.heads.size).toBe(0)
})

const { hintsQueuedMax } = quick

const hintOf = (value: number): NewHint => ({
  ...{ topicId: randomUUID(), kind: 'TYPING_CHANGED', subject: randomUUID(), actorId: value % 2 ? null : randomUUID() },
  value,
})

eachKind(
  'a hint of the %s doorbell reaches all others as it is, and not oneself',
  async (kind, { databaseUrl, bus, skip }) => {
    const make = await prepare(kind, { databaseUrl, bus, skip })
    const notifiers = [make(), make(), make()]
    const ears = await Promise.all(notifiers.map(listenAt))
    const hints = Array.from({ length: hintsQueuedMax }, (_, value) => hintOf(value))
    notifiers[0]?.hint(hints)
    const fence = randomUUID()
    notifiers[0]?.ring([{ topicId: fence, head: 1 }])
    for (const ear of ears.slice(1)) {
      await ear.until(() => ear.hints.length === hints.length)
      expect(ear.hints).toEqual(hints)
    }
    await ears[0]?.until(() => ears[0]?.heads.has(fence) ?? false)
    expect(ears[0]?.hints).toEqual([])
  },
)

test.for(kinds.slice(1))(
  'more hints than a %s doorbell may keep drop the oldest, and rings that come after them go first',
  async (kind, { databaseUrl, bus, skip }) => {
    const make = await prepare(kind, { databaseUrl, bus, skip })
    const [from, to] = [make(), make()]
    const ear = await listenAt(to)
    const order: string[] = []
    const hints = Array.from({ length: hintsQueuedMax + 1 }, (_, value) => hintOf(value))
    // nothing is sent before the end of this tick
    from.hint(hints)
    const rings = Array.from({ length: 200 }, (_, index) => ({ topicId: randomUUID(), head: index + 1 }))
    from.ring(rings)
    await ear.until(() => {
      if (ear.heads.size === rings.length && !order.includes('rings')) order.push('rings')
      if (ear.hints.length === hintsQueuedMax) order.push('hints')
      return order.includes('hints')
    })
    expect(order).toEqual(['rings', 'hints'])
    expect(ear.hints).toEqual(hints.slice(1))
  },
)

test('a closed doorbell leaves no connection behind', async ({ databaseUrl }) => {
  const notifier = notifierOf({ databaseUrl, doorbellUrl: 'postgres' })
  const ear = await listenAt(notifier)
  const topicId = randomUUID()
  notifier.ring([{ topicId, head: 1 }])
  await ear.until(() => ear.heads.has(topicId))
  const admin = await connect(databaseUrl)
  // a backend goes a moment after its client has gone, those of other tests too
  const count = async () => (await admin.query(`select ${connectionsOf}`)).rowCount
  await expect.poll(count).toBe(2)
  await notifier.close()
  await expect.poll(count).toBe(0)
})

test('a doorbell whose connections are killed listens again and says that rings may have been missed', async ({
  databaseUrl,
}) => {
  const notifier = notifierOf({ databaseUrl, doorbellUrl: 'postgres' })
  const ear = await listenAt(notifier)
  const gaps = ear.gaps()
  const admin = await connect(databaseUrl)
  const killed = await admin.query(
    `select pg_terminate_backend(pid) ${connectionsOf} and application_name = 'kabar listen'`,
  )
  expect(killed.rowCount).toBeGreaterThan(0)
  await ear.until(() => ear.gaps() > gaps)
  const topicId = randomUUID()
  notifier.ring([{ topicId, head: 1 }])
  await ear.until(() => ear.heads.has(topicId))
  await admin.query(`select pg_terminate_backend(pid) ${connectionsOf} and application_name = 'kabar notify'`)
  notifier.ring([{ topicId, head: 2 }])
  await ear.until(() => ear.heads.get(topicId) === 2)
})

test('behind a pooler in transaction mode the doorbell of PostgreSQL polls and says why, and that of a bus listens', async ({
  databaseUrl,
  bus,
}) => {
  const silent = await passWithoutNotifications(databaseUrl)
  const states: string[] = []
  const notifier = notifierOf({
    ...{ databaseUrl: silent, doorbellUrl: 'postgres', config: { echoTimeoutMs: 3_000 } },
    onChange: (state, reason) => states.push(`${state}: ${reason}`),
  })
  await listenAt(notifier)
  expect(states).toEqual([
    expect.stringMatching(/^polling: LISTEN is accepted and nothing arrives, .*transaction mode$/),
  ])
  for (const kind of busKinds.filter((kind) => missing[kind] === null)) {
    const beside = notifierOf({ databaseUrl: silent, doorbellUrl: (await bus(kind)).url })
    await listenAt(beside)
    expect(beside.state()).toBe('listening')
  }
})
