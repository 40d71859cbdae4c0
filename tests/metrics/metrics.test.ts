import { describe, expect, test as plain } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { labelValuesMax, type MetricName, type MetricSpec, metricList } from '../../src/metrics/list.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { guest, makeRoom, post, send } from '../support/client.ts'
import { connect, openClient } from '../support/database.ts'
import { uuidOf } from '../support/members.ts'
import { parseMetrics, scrape, sumOf } from '../support/metrics.ts'
import { test as base } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'
import { moves } from './moves.ts'

const metrics = { port: 0, host: '127.0.0.1' }

const test = base
  .extend('measured', { scope: 'file' }, async ({ start }) => ({
    one: await start({ metrics }),
    two: await start({ metrics }),
  }))
  .extend('scene', { scope: 'file' }, async ({ measured, start, databaseUrl }, { onCleanup }) => {
    const [ada, bob] = [await guest(measured.one, 'Ada'), await guest(measured.two, 'Bob')]
    const admin = await openClient(databaseUrl)
    onCleanup(() => admin.end())
    const roomId = await makeRoom(ada, [bob])
    return {
      ...measured,
      ...{ ada, bob, roomId, admin },
      start: (settings?: Parameters<typeof start>[0], overrides?: Parameters<typeof start>[1]) =>
        start({ metrics, ...settings }, overrides),
    }
  })

const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) { __typename ... on MessageSent { message { body } } }
}`

describe('every metric of the list is moved by use', () => {
  test.for(Object.keys(metricList) as MetricName[])('%s', async (name, { scene }) => {
    await moves[name](scene)
  })
})

test('a stretch of use over two servers gives its figures', async ({ start, databaseUrl }) => {
  const [one, two] = [await start({ metrics }), await start({ metrics })]
  const [ada, bob] = [await guest(one, 'Ada'), await guest(two, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const follow = async (after?: string) => {
    const stream = bob.follow<{ roomEvents: { __typename: string } }>(roomEvents, { roomId, after })
    for (;;) {
      const { __typename: kind } = (await stream.nextData()).roomEvents
      if (kind === 'Synced' || kind === 'ResyncRequired') return stream
    }
  }
  const live = await follow()
  const events = await followEvents(bob, roomEvents, { roomId })
  await events.next()
  const sent = []
  for (let index = 0; index < 5; index++) sent.push(await send(ada, roomId, `message ${index}`))
  for (let index = 0; index < 5; index++) await live.nextData()
  for (let index = 0; index < 5; index++) await events.next()

  const during = await scrape(two)

  const [first] = sent
  await follow(first?.cursor)
  const admin = await connect(databaseUrl)
  const topic = [uuidOf(roomId)]
  await admin.query('update topics set floor = head - 1 where id = $1', topic)
  await admin.query('delete from events where topic_id = $1 and seq < (select head from topics where id = $1)', topic)
  await follow(first?.cursor)
  const { rows } = await admin.query<{ chain: Buffer }>('select chain from topics where id = $1', topic)
  await admin.query(`update topics set chain = decode('0102030405060708', 'hex') where id = $1`, topic)
  await follow(sent.at(-1)?.cursor)
  await admin.query('update topics set chain = $2 where id = $1', [...topic, rows[0]?.chain])
  await admin.end()
  await bob.fail('mutation ($roomId: ID!) { deleteRoom(input: { roomId: $roomId }) { roomId } }', { roomId })
  await post(one, { query: '{ nothing }' })

  const [there, here] = [await scrape(one), await scrape(two)]
  expect(sumOf(there, 'send_seconds_count', { outcome: 'stored' })).toBe(5)
  expect(sumOf(there, 'operations_total', { field: 'sendMessage', type: 'mutation', code: 'OK' })).toBe(5)
  expect(sumOf(there, 'operations_total', { code: 'BAD_USER_INPUT', field: 'other' })).toBe(1)
  expect(sumOf(there, 'delivery_lag_seconds_count')).toBe(0)
  expect(sumOf(here, 'delivery_lag_seconds_count')).toBeGreaterThanOrEqual(1)
  expect(sumOf(here, 'delivery_lag_seconds_count')).toBeLessThanOrEqual(5)
  for (const [result, count] of Object.entries({ exact: 1, too_old: 1, diverged: 1, other: 0 })) {
    expect(sumOf(here, 'resumes_total', { result }), result).toBe(count)
  }
  expect(sumOf(here, 'replayed_events_total')).toBe(4)
  expect(sumOf(during, 'subscriptions', { transport: 'sse', field: 'roomEvents' })).toBe(1)
  expect(sumOf(during, 'connections', { transport: 'sse' })).toBe(1)
  // SYNCED and five messages
  expect(sumOf(during, 'deliveries_total', { transport: 'sse' })).toBe(6)
  expect(sumOf(here, 'operations_total', { field: 'deleteRoom', code: 'FORBIDDEN' })).toBe(1)
  expect(sumOf(here, 'operations_total', { transport: 'sse', type: 'subscription', code: 'OK' })).toBe(1)
  expect(sumOf(here, 'sweep_finds_total')).toBe(0)
})

describe('nothing grows without bound', () => {
  test('by what clients choose: fields, names, codes and requests', async ({ start }) => {
    const server = await start({ metrics })
    const ada = await guest(server)
    const misuse = async (round: number) => {
      for (let index = 0; index < 20; index++) {
        const name = `n${round}x${index}`
        await ada.attempt(`{ ${name} }`)
        await ada.attempt(`query ${name} { viewer { user { id } } }`)
        await ada.attempt(`{ ${name}: viewer { user { id } } }`)
        await ada.attempt(`{ node(id: "${name}") { id } }`)
        await fetch(`${server.url}/${name}`, { headers: { 'user-agent': name, 'x-request-id': name } })
      }
    }
    await misuse(0)
    const lines = await scrape(server)
    expect(sumOf(lines, 'operations_total')).toBe(81)
    expect(lines.filter(({ labels }) => Object.values(labels).some((value) => /n\d+x\d+/.test(value)))).toEqual([])
  })

  const open = Object.entries<MetricSpec>(metricList).flatMap(([name, { type, labels }]) =>
    Object.entries(labels).flatMap(([label, values]) => (values === 'open' ? [[name, label, type] as const] : [])),
  )

  plain.for(open)('by a label without a list of values: %s %s', async ([name, label, type]) => {
    const { add, observe, read, text } = createMetrics()
    const labelsOf = (value: string) =>
      Object.fromEntries(
        Object.keys(metricList[name as MetricName].labels).map((one) => [one, one === label ? value : 'x']),
      )
    for (let index = 0; index < labelValuesMax + 50; index++) {
      if (type === 'histogram') observe(name as 'pg_seconds', labelsOf(`v${index}`) as { statement: string }, 1)
      else add(name as 'pg_errors_total', labelsOf(`v${index}`) as { class: string })
    }
    const values = new Set(
      parseMetrics(await text())
        .filter((line) => line.name.startsWith(`kabar_${name}`))
        .map(({ labels }) => labels[label]),
    )
    expect(values.size).toBe(labelValuesMax + 1)
    expect(values).toContain('other')
    expect(read).toBeDefined()
  })
})

describe('the metrics are served', () => {
  plain('nowhere unless METRICS_PORT is set, and on this machine alone unless METRICS_HOST says otherwise', () => {
    expect(readConfig({}).metrics).toEqual({ port: null, host: '127.0.0.1' })
    expect(readConfig({ METRICS_PORT: '9464' }).metrics).toEqual({ port: 9464, host: '127.0.0.1' })
    expect(() => readConfig({ METRICS_PORT: '65536' })).toThrow('METRICS_PORT')
  })

  test('on a port of their own, never on the public one', async ({ measured: { one } }) => {
    expect(one.metricsUrl).not.toContain(new URL(one.url).port)
    expect((await fetch(`${one.url}/metrics`)).status).toBe(404)
    const origin = new URL(one.metricsUrl ?? '').origin
    expect((await fetch(`${origin}/graphql`)).status).toBe(404)
    expect((await fetch(`${origin}/metrics`, { method: 'POST' })).status).toBe(404)
  })

  test('not by a server without the setting', async ({ start }) => {
    expect((await start()).metricsUrl).toBe(null)
  })

  test('with a clear error when the port is taken', async ({ start, measured: { one } }) => {
    const port = Number(new URL(one.metricsUrl ?? '').port)
    await expect(start({ metrics: { port, host: '127.0.0.1' } })).rejects.toThrow(`set METRICS_PORT to another port`)
  })
})
