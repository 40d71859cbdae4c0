// Says what the figures of the capacity scenario mean: the costs of the model, and its example.

import type { Entry } from './bench.ts'
import { type Costs, type Crowd, fitLine, sizeFor } from './capacity-model.ts'
import { medianOf } from './ratios.ts'
import { formatNumber } from './report.ts'
import { median } from './statistics.ts'

/** The crowd of the example. */
const example: Crowd = { online: 100_000, onlinePerRoom: 50, sendsPerMinute: 1, selections: 1 }

/** A server that is busier makes messages wait. */
const busyMax = 0.6

/** The costs that were fitted, as medians over the rounds, with the least and the most of them. */
interface Fitted {
  /** A message by itself. */
  readonly seen: Spread
  /** One more subscriber. */
  readonly delivery: Spread
}

interface Spread {
  readonly middle: number
  readonly least: number
  readonly most: number
}

/** Writes the costs and the example as lines. */
export function describeCapacity(given: { entries: readonly Entry[]; subscribersPerRoom: number }): string[] {
  const { entries, subscribersPerRoom } = given
  const [single, tenAtOnce] = [fitCase(entries, 'one by one'), fitCase(entries, 'ten at once')]
  const costOf = (way: string, key: string) => medianOf(find(entries, way), key)
  const seenBy = (way: string) => costOf(way, 'seen') - subscribersPerRoom * single.delivery.middle
  const costs: Costs = {
    send: costOf('all rooms', 'send'),
    seen: seenBy('all rooms'),
    delivery: single.delivery.middle,
    postgres: costOf('all rooms', 'postgres'),
    connection: costOf('connection', 'resident'),
    subscription: costOf('subscription', 'resident'),
  }
  const quiet = formatNumber(seenBy('one room after'))
  return [
    `s, one room: ${say(single.seen)} µs a message, ${say(tenAtOnce.seen)} of ten at once. Many rooms: ${quiet} one by one, ${formatNumber(costs.seen)} all at once.`,
    `d: ${say(single.delivery)} µs a delivery, ${say(tenAtOnce.delivery)} where ten messages go at once.`,
    ...describeExample(costs),
  ]
}

function describeExample(costs: Costs): string[] {
  const { online, onlinePerRoom, sendsPerMinute } = example
  const need = sizeFor(example, costs, busyMax)
  const servers =
    need.servers === null
      ? `more than servers can share: each would use ${formatNumber(need.coresEach)} cores`
      : `${need.servers} servers, each ${Math.round(100 * need.coresEach)} % busy`
  return [
    `Example: ${online.toLocaleString('en')} online, ${onlinePerRoom} in each room, each sends ${sendsPerMinute} message a minute:`,
    `${formatNumber(need.sendsPerSecond)} sends and ${formatNumber(need.deliveriesPerSecond)} deliveries a second, ${servers}, PostgreSQL ${formatNumber(need.postgresCores)} cores, ${formatNumber(need.gigabytes)} GB for connections and subscriptions.`,
    'A model of what was measured, and not a measurement of so many people: see docs/sizing.md.',
  ]
}

function fitCase(entries: readonly Entry[], name: string): Fitted {
  const own = entries.filter((entry) => entry.case.endsWith(name))
  const fits = (own[0]?.rounds ?? []).map((_, round) =>
    fitLine(
      own.map(({ contestant, rounds }) => ({
        x: Number.parseInt(contestant, 10),
        y: rounds[round]?.seen ?? Number.NaN,
      })),
    ),
  )
  return { seen: spreadOf(fits.map((fit) => fit.intercept)), delivery: spreadOf(fits.map((fit) => fit.slope)) }
}

function spreadOf(values: readonly number[]): Spread {
  return { middle: median(values), least: Math.min(...values), most: Math.max(...values) }
}

const say = ({ middle, least, most }: Spread) =>
  `${formatNumber(middle)} (${formatNumber(least)} to ${formatNumber(most)})`

function find(entries: readonly Entry[], contestant: string): Entry | undefined {
  return entries.find((entry) => entry.contestant.startsWith(contestant))
}
