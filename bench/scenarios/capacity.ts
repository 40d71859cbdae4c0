// Measures the costs of a message, a delivery and a connection: the figures of the model of docs/sizing.md.

import { alternate, type Bench, type Entry, poolSize, type Result } from '../bench.ts'
import { describeCapacity } from '../capacity-report.ts'
import { type Audience, openAudience } from '../load/audience.ts'
import { kabar } from '../load/dialects.ts'
import { type SeededRoom, seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { measureSeats } from './capacity-memory.ts'

const subscribersPerRoom = 5
const body = 'Is anybody there? I would like to know when we meet today, and where. Bring the papers!'

/** Returns the time before a measurement, in which servers run unoptimised code. */
const warmUpMs = ({ extent }: Bench) => (extent === 'quick' ? 400 : 2_000)
const roomCountOf = ({ extent }: Bench) => (extent === 'quick' ? 20 : 40)
const sizesOf = ({ extent }: Bench) => (extent === 'quick' ? [20, 100, 300] : [50, 200, 400, 800])

/** Two servers: one takes the sends, the other has all subscribers, so that each cost is seen by itself. */
interface Stage {
  readonly sender: ServerProcess
  readonly reader: ServerProcess
  /** Audiences of one room each, from few to many. */
  readonly single: readonly Audience[]
  /** Audiences of `subscribersPerRoom`. */
  readonly rooms: readonly Audience[]
}

/** A way to send, whose messages are counted. */
interface Way {
  readonly name: string
  /** Sends messages and resolves when all subscribers have them, with their number. */
  readonly publish: () => Promise<number>
}

/** Measures what the model of capacity is made of, and computes its example. */
export async function measureCapacity(bench: Bench): Promise<Result> {
  const messages = await measureMessages(bench)
  const seats = await measureSeats(bench)
  return {
    scenario: 'capacity',
    title: 'What a message, a delivery and a connection cost',
    figures: [
      { key: 'seen', title: 'CPU of a message where subscribers are', unit: 'µs' },
      { key: 'send', title: 'where it is sent', unit: 'µs' },
      { key: 'postgres', title: 'PostgreSQL CPU', unit: 'µs' },
      { key: 'heap', title: 'heap', unit: 'KB' },
      { key: 'resident', title: 'resident', unit: 'KB' },
    ],
    reference: `${sizesOf(bench)[0]} subscribers`,
    entries: [...messages, ...seats],
    targets: [],
    notes: [
      'One server takes the sends, another one has all subscribers.',
      ...describeCapacity({ entries: [...messages, ...seats], subscribersPerRoom }),
    ],
  }
}

async function measureMessages(bench: Bench): Promise<Entry[]> {
  bench.say('one server that takes sends, and one with subscribers')
  const stage = await openStage(bench)
  const { rounds, measureMs } = bench
  try {
    const entries: Entry[] = []
    for (const { name, ways } of casesOf(stage)) {
      bench.say(name)
      for (const way of ways) await measureWay(bench, stage, { way, ms: warmUpMs(bench) })
      entries.push(
        ...(await alternate(ways, { rounds, name }, (way) => measureWay(bench, stage, { way, ms: measureMs }))),
      )
    }
    return entries
  } finally {
    for (const audience of [...stage.single, ...stage.rooms]) audience.end()
    await Promise.all([stage.sender.stop(), stage.reader.stop()])
  }
}

async function openStage(bench: Bench): Promise<Stage> {
  const databaseUrl = bench.database.url
  const sizes = sizesOf(bench)
  const users = await seedUsers(databaseUrl, Math.max(...sizes))
  const rooms = await seedRooms(databaseUrl, sizes.length + roomCountOf(bench), () => users)
  const start = () => bench.start('servers/kabar.ts', { databaseUrl, poolSize })
  const [sender, reader] = await Promise.all([start(), start()])
  const tokens = users.map(({ token }) => token)
  const open = ({ id: roomId }: SeededRoom, size: number) => {
    const servers = { url: reader.url, publishUrl: sender.url }
    return openAudience({ ...servers, dialect: kabar, roomId, tokens: tokens.slice(0, size) })
  }
  const single: Audience[] = []
  for (const [index, size] of sizes.entries()) single.push(await open(rooms[index] as SeededRoom, size))
  const others = await Promise.all(rooms.slice(sizes.length).map((room) => open(room, subscribersPerRoom)))
  return { sender, reader, single, rooms: others }
}

function casesOf({ single, rooms }: Stage): { name: string; ways: Way[] }[] {
  const waysOf = (count: number) =>
    single.map((audience) => ({
      name: `${audience.size} subscribers`,
      publish: async () => {
        await audience.publish(body, count)
        return count
      },
    }))
  let turn = 0
  const next = async () => {
    await rooms[turn++ % rooms.length]?.publish(body, 1)
    return 1
  }
  const all = async () => {
    await Promise.all(rooms.map((room) => room.publish(body, 1)))
    return rooms.length
  }
  return [
    { name: 'one room, one by one', ways: waysOf(1) },
    { name: 'one room, ten at once', ways: waysOf(10) },
    {
      name: `${rooms.length} rooms of ${subscribersPerRoom} subscribers`,
      ways: [
        { name: 'one room after the other', publish: next },
        { name: 'all rooms at once', publish: all },
      ],
    },
  ]
}

async function measureWay({ database }: Bench, { sender, reader }: Stage, { way, ms }: { way: Way; ms: number }) {
  const [sendBefore, seenBefore, postgresBefore] = [await sender.usage(), await reader.usage(), database.cpuMicros()]
  let messages = 0
  for (const until = performance.now() + ms; performance.now() < until; ) messages += await way.publish()
  const [sendAfter, seenAfter] = [await sender.usage(), await reader.usage()]
  return {
    seen: (seenAfter.cpuMicros - seenBefore.cpuMicros) / messages,
    send: (sendAfter.cpuMicros - sendBefore.cpuMicros) / messages,
    postgres: (database.cpuMicros() - postgresBefore) / messages,
  }
}
