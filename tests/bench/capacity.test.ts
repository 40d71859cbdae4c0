import { expect, test } from 'vitest'
import type { Entry } from '../../bench/bench.ts'
import { type Costs, type Crowd, fitLine, sizeFor } from '../../bench/capacity-model.ts'
import { describeCapacity } from '../../bench/capacity-report.ts'

test.for([
  ['a line', { 50: 1_150, 200: 1_600, 800: 3_400 }, { intercept: 1_000, slope: 3 }],
  ['the same for all', { 50: 700, 200: 700 }, { intercept: 700, slope: 0 }],
  ['as much above as below', { 100: 115, 200: 205, 300: 305, 400: 415 }, { intercept: 10, slope: 1 }],
] as const)('a line is fitted through points: %s', ([, points, expected]) => {
  const { intercept, slope } = fitLine(Object.entries(points).map(([x, y]) => ({ x: Number(x), y })))
  expect(intercept).toBeCloseTo(expected.intercept, 6)
  expect(slope).toBeCloseTo(expected.slope, 6)
})

const costs: Costs = { send: 100, seen: 200, delivery: 5, postgres: 500, connection: 4, subscription: 6 }
const crowd: Crowd = { online: 100_000, onlinePerRoom: 50, sendsPerMinute: 1, selections: 1 }

test('a crowd is sized: all servers see nearly all messages, and share sends and deliveries', () => {
  const need = sizeFor(crowd, costs, 0.6)
  expect(need.sendsPerSecond).toBeCloseTo(1_666.7, 1)
  expect(need.deliveriesPerSecond).toBeCloseTo(83_333, 0)
  // 0.33 cores for messages on each, and 0.58 that are shared: two servers are busy for 0.63, three for 0.53
  expect(need.servers).toBe(3)
  expect(need.coresEach).toBeCloseTo(0.333 + 0.583 / 3, 2)
  expect(need.postgresCores).toBeCloseTo(0.833, 2)
  expect(need.gigabytes).toBeCloseTo(0.954, 2)
})

test.for([
  ['in rooms of one', { ...crowd, onlinePerRoom: 1 }, 1],
  ['with three selections', { ...crowd, selections: 3 }, null],
  ['of few people', { ...crowd, online: 1_000 }, 1],
] as const)('a crowd %s needs so many servers: %s', ([, given, servers]) => {
  expect(sizeFor(given, costs, 0.6).servers).toBe(servers)
})

const entry = (name: string, contestant: string, round: Entry['rounds'][number]): Entry => ({
  ...{ case: name, contestant },
  rounds: [round, round],
})
const room = (seen: number, each: number) => (size: number) => ({ seen: seen + size * each, send: 100, postgres: 500 })

test('the costs of the model are fitted from what was measured, and the example is computed with them', () => {
  const sizes = [20, 100, 300]
  const [single, ten] = [room(900, 5), room(200, 2)]
  const lines = describeCapacity({
    subscribersPerRoom: 5,
    entries: [
      ...sizes.map((size) => entry('one room, one by one', `${size} subscribers`, single(size))),
      ...sizes.map((size) => entry('one room, ten at once', `${size} subscribers`, ten(size))),
      entry('40 rooms', 'one room after the other', { seen: 1_225, send: 300, postgres: 900 }),
      entry('40 rooms', 'all rooms at once', { seen: 225, send: 100, postgres: 500 }),
      entry('memory', 'connection', { heap: 3, resident: 4 }),
      entry('memory', 'subscription', { heap: 5, resident: 6 }),
    ],
  })
  expect(lines[0]).toBe(
    's, one room: 900 (900 to 900) µs a message, 200 (200 to 200) of ten at once. Many rooms: 1,200 one by one, 200 all at once.',
  )
  expect(lines[1]).toBe('d: 5 (5 to 5) µs a delivery, 2 (2 to 2) where ten messages go at once.')
  expect(lines[3]).toBe(
    '1,667 sends and 83,333 deliveries a second, 3 servers, each 53 % busy, PostgreSQL 0.833 cores, 0.954 GB for connections and subscriptions.',
  )
})
