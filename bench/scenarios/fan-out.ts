// One room, many subscribers: what a delivery costs the server.

import { alternate, type Bench, type Entry, ours, poolSize, type Result, type Target } from '../bench.ts'
import { type Audience, openAudience } from '../load/audience.ts'
import * as dialects from '../load/dialects.ts'
import { entryOf, ratioOf } from '../ratios.ts'
import { seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'

const documented = 'Yoga + graphql-ws'
const limit = 'ws, prepared frame'

/** Milliseconds of each case before anything is measured: until then servers run unoptimised code. */
const warmUpMs = ({ extent }: Bench) => (extent === 'quick' ? 400 : 2_000)

/** One by one a server gets a hundred messages in a second: what it does for each is optimised after some thousands. */
const warmUpCase = { name: 'warm-up', perTick: 50, bodyBytes: 120, ms: 1_000 }

/** A server that delivers to an audience. */
export interface FanOutServer {
  readonly name: string
  readonly file: string
  readonly dialect: dialects.Dialect
  readonly env?: Readonly<Record<string, string>>
}

const servers: readonly FanOutServer[] = [
  { name: ours, file: 'servers/kabar.ts', dialect: dialects.kabar },
  { name: documented, file: 'servers/yoga-subscriptions.ts', dialect: dialects.publishing },
  { name: 'Apollo Server + graphql-ws', file: 'peers/apollo.ts', dialect: dialects.publishing },
  { name: 'Socket.IO + Postgres adapter', file: 'peers/socket-io.ts', dialect: dialects.socketIo },
  { name: limit, file: 'servers/raw-websocket.ts', dialect: dialects.plain },
]

/** One case of the fan-out. */
export interface FanOutCase {
  readonly name: string
  /** Messages that are sent at once; the next ones go when all subscribers have these. */
  readonly perTick: number
  readonly bodyBytes: number
}

interface Contestant {
  readonly name: string
  readonly server: ServerProcess
  readonly audience: Audience
}

/** Measures the fan-out of one room. */
export async function measureFanOut(bench: Bench): Promise<Result> {
  const entries: Entry[] = []
  for (const subscribers of bench.extent === 'quick' ? [500] : [500, 2_000]) {
    bench.say(`fan-out to ${subscribers} subscribers`)
    const cases = casesOf(bench, subscribers)
    entries.push(...(await measureAudience(bench, { subscribers, cases, servers })))
  }
  return {
    scenario: 'fan-out',
    title: 'Fan-out of one room',
    figures: [
      { key: 'cpu', title: 'server CPU per delivery', unit: 'µs' },
      { key: 'rate', title: 'deliveries', unit: '/s' },
      { key: 'postgres', title: 'PostgreSQL CPU', unit: 'µs' },
    ],
    entries,
    targets: targetsOf(entries),
    notes: [
      'Kabar stores each message durably and checks who sends it; the others publish from memory and ask nobody who they are.',
      'Server CPU is that of the server process, without PostgreSQL.',
    ],
  }
}

/** The audience of a measurement, and the cases and servers to compare. */
export interface AudienceOptions {
  readonly subscribers: number
  readonly cases: readonly FanOutCase[]
  readonly servers: readonly FanOutServer[]
}

/** Measures deliveries to the subscribers of one room, in turns of the servers. */
export async function measureAudience(
  bench: Bench,
  { subscribers, cases, servers }: AudienceOptions,
): Promise<Entry[]> {
  if (cases.length === 0) return []
  const { url: databaseUrl } = bench.database
  const users = await seedUsers(databaseUrl, subscribers)
  const [room] = await seedRooms(databaseUrl, 1, () => users)
  const tokens = users.map((user) => user.token)
  const contestants: Contestant[] = []
  try {
    for (const { name, file, dialect, env = {} } of servers) {
      if (file.startsWith('peers/') && !bench.hasPeers) continue
      const server = await bench.start(file, { databaseUrl, poolSize, env })
      const audience = await openAudience({ url: server.url, dialect, roomId: room?.id ?? '', tokens })
      contestants.push({ name, server, audience })
    }
    const entries: Entry[] = []
    const { rounds, measureMs } = bench
    for (const contestant of contestants) {
      await deliver(bench, contestant, warmUpCase)
      for (const fanOut of cases) {
        await deliver(bench, contestant, { ...fanOut, ms: warmUpMs(bench) })
      }
    }
    for (const fanOut of cases) {
      entries.push(
        ...(await alternate(contestants, { rounds, name: fanOut.name }, (contestant) =>
          deliver(bench, contestant, { ...fanOut, ms: measureMs }),
        )),
      )
    }
    return entries
  } finally {
    for (const { audience, server } of contestants) {
      audience.end()
      await server.stop()
    }
  }
}

function casesOf({ extent, takes }: Bench, subscribers: number): FanOutCase[] {
  const cases = (extent === 'quick' ? [120] : [120, 2_048]).flatMap((bodyBytes) =>
    [1, 10].map((perTick) => ({ name: nameOf({ subscribers, bodyBytes, perTick }), bodyBytes, perTick })),
  )
  return cases.filter(({ name }) => takes(name))
}

function nameOf({ subscribers, bodyBytes, perTick }: { subscribers: number; bodyBytes: number; perTick: number }) {
  return `${subscribers} subscribers, ${bodyBytes} B, ${perTick === 1 ? 'one by one' : `${perTick} a tick`}`
}

async function deliver(
  { database }: Bench,
  { server, audience }: Contestant,
  { perTick, bodyBytes, ms }: FanOutCase & { ms: number },
): Promise<Record<string, number>> {
  const body = 'Is anybody there? '
    .repeat(bodyBytes)
    .slice(0, bodyBytes - 1)
    .concat('.')
  const before = await server.usage()
  const postgresBefore = database.cpuMicros()
  const startedAt = performance.now()
  let deliveries = 0
  while (performance.now() - startedAt < ms) {
    await audience.publish(body, perTick)
    deliveries += audience.size * perTick
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const after = await server.usage()
  return {
    cpu: (after.cpuMicros - before.cpuMicros) / deliveries,
    rate: deliveries / seconds,
    postgres: (database.cpuMicros() - postgresBefore) / deliveries,
  }
}

function targetsOf(entries: readonly Entry[]): Target[] {
  return [...new Set(entries.map((entry) => entry.case))].flatMap((name) => {
    const isTick = name.includes('a tick')
    const ratioTo = (contestant: string) =>
      ratioOf(entryOf(entries, name, ours), entryOf(entries, name, contestant), 'cpu')
    const [toYoga, toLimit] = [ratioTo(documented), ratioTo(limit)]
    const [yogaMax, limitMax] = isTick ? [0.1, 1] : [0.25, 1.2]
    return [
      { text: `${name}: at most ${yogaMax} × ${documented}`, reached: toYoga, met: toYoga <= yogaMax },
      { text: `${name}: at most ${limitMax} × ${limit}`, reached: toLimit, met: toLimit <= limitMax },
    ]
  })
}
