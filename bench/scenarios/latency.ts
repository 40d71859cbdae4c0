// From the moment in which a send was due until the last subscriber of its room has it, at a steady rate.

import { setTimeout as wait } from 'node:timers/promises'
import { alternate, type Bench, ours, poolSize, type Result } from '../bench.ts'
import type { BenchDatabase } from '../database.ts'
import { kabar } from '../load/dialects.ts'
import type { RawSocket } from '../load/socket.ts'
import { type SeededRoom, type SeededUser, seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { quantile } from '../statistics.ts'

const sendsPerSecond = 500
const subscribersPerRoom = 40
const sendersPerServer = 20
const openedAtOnce = 100
/** Until then servers run unoptimised code. */
const warmUpMs = 1_500
const patienceMs = 20_000
const hash = '#'.charCodeAt(0)

/** Measures how long a message takes to its last subscriber, on one server and on two. */
export async function measureLatency(bench: Bench): Promise<Result> {
  const roomCount = bench.extent === 'quick' ? 50 : 200
  const databaseUrl = bench.database.url
  const users = await seedUsers(databaseUrl, subscribersPerRoom)
  const rooms = await seedRooms(databaseUrl, roomCount, () => users)
  const entries = []
  for (const count of [1, 2]) {
    const name = `${count === 1 ? 'one server' : 'two servers'}, ${roomCount} rooms`
    bench.say(`send to last subscriber on ${name}`)
    const servers = await Promise.all(
      Array.from({ length: count }, () => bench.start('servers/kabar.ts', { databaseUrl, poolSize })),
    )
    const stage = await openStage(servers, users, rooms)
    try {
      const { rounds, measureMs } = bench
      await sendSteadily(stage, { servers, database: bench.database, ms: warmUpMs })
      entries.push(
        ...(await alternate([{ name: ours }], { rounds, name }, () =>
          sendSteadily(stage, { servers, database: bench.database, ms: measureMs * 3 }),
        )),
      )
    } finally {
      stage.end()
      await Promise.all(servers.map((server) => server.stop()))
    }
  }
  return {
    scenario: 'latency',
    title: `Send to last subscriber, ${sendsPerSecond} sends/s and ${sendsPerSecond * subscribersPerRoom} deliveries/s`,
    figures: [
      { key: 'p50', title: 'p50', unit: 'ms' },
      { key: 'p99', title: 'p99', unit: 'ms' },
      { key: 'busy', title: 'server CPU', unit: '% of a core' },
      { key: 'postgres', title: 'PostgreSQL CPU', unit: '% of a core' },
      { key: 'load', title: 'load CPU', unit: '% of a core' },
    ],
    entries,
    targets: [],
    notes: [
      `${subscribersPerRoom} subscribers in each room, each on a socket of its own; of two servers each has half of them.`,
      'The load is open: a send is due at its time, whatever became of those before, and its latency counts from then.',
    ],
  }
}

interface Stage {
  readonly senders: readonly RawSocket[]
  readonly rooms: readonly SeededRoom[]
  /** Called with the number that a delivered body carries. */
  onDelivery: (send: number) => void
  end(): void
}

async function openStage(
  servers: readonly ServerProcess[],
  users: readonly SeededUser[],
  rooms: readonly SeededRoom[],
): Promise<Stage> {
  const targets = rooms.flatMap((room) =>
    users.map((user, index) => ({
      url: servers[index % servers.length]?.url ?? '',
      roomId: room.id,
      token: user.token,
    })),
  )
  const sockets: RawSocket[] = []
  for (let start = 0; start < targets.length; start += openedAtOnce) {
    sockets.push(...(await Promise.all(targets.slice(start, start + openedAtOnce).map(kabar.subscribe))))
  }
  const senders = await Promise.all(
    servers.flatMap(({ url }) => users.slice(0, sendersPerServer).map(({ token }) => kabar.connect({ url, token }))),
  )
  const stage: Stage = {
    senders,
    rooms,
    onDelivery: () => {},
    end() {
      for (const socket of [...sockets, ...senders]) socket.end()
    },
  }
  for (const socket of sockets) socket.onText = (payload) => stage.onDelivery(numberIn(payload))
  for (const sender of senders) sender.onText = () => {}
  await wait(500) // the last subscriptions are on their way
  return stage
}

async function sendSteadily(
  stage: Stage,
  { servers, database, ms }: { servers: readonly ServerProcess[]; database: BenchDatabase; ms: number },
) {
  const total = Math.round((sendsPerSecond * ms) / 1_000)
  const missing = new Uint16Array(total).fill(subscribersPerRoom)
  const latenciesMs: number[] = []
  const cpuBefore = await cpuOf(servers)
  const postgresBefore = database.cpuMicros()
  const loadBefore = process.cpuUsage()
  const startedAt = performance.now()
  const dueAt = (send: number) => startedAt + (send * 1_000) / sendsPerSecond
  const { promise: complete, resolve } = Promise.withResolvers<void>()
  stage.onDelivery = (send) => {
    missing[send] = (missing[send] ?? 0) - 1
    if (missing[send] !== 0) return
    latenciesMs.push(performance.now() - dueAt(send))
    if (latenciesMs.length === total) resolve()
  }
  for (let send = 0; send < total; ) {
    for (const now = performance.now(); send < total && dueAt(send) <= now; send++) sendOne(stage, send)
    await wait(1)
  }
  const late = wait(patienceMs, 'late', { ref: false })
  if ((await Promise.race([complete, late])) === 'late') {
    throw new Error(`${total - latenciesMs.length} of ${total} messages did not reach all their subscribers`)
  }
  const elapsedMicros = (performance.now() - startedAt) * 1_000
  const load = process.cpuUsage(loadBefore)
  return {
    p50: quantile(latenciesMs, 0.5),
    p99: quantile(latenciesMs, 0.99),
    busy: (((await cpuOf(servers)) - cpuBefore) / elapsedMicros) * 100,
    postgres: ((database.cpuMicros() - postgresBefore) / elapsedMicros) * 100,
    load: ((load.user + load.system) / elapsedMicros) * 100,
  }
}

function sendOne({ senders, rooms }: Stage, send: number): void {
  const room = rooms[send % rooms.length]
  const body = `#${send}# is anybody there? I would like to know when we meet today, and where.`
  senders[send % senders.length]?.send(...kabar.publish({ roomId: room?.id ?? '', body, count: 1 }))
}

/** The number between the first `#` of a frame and what follows. */
function numberIn(payload: Buffer): number {
  let value = 0
  for (let at = payload.indexOf(hash) + 1; payload[at] !== hash; at++) value = value * 10 + (payload[at] ?? 0) - 48
  return value
}

async function cpuOf(servers: readonly ServerProcess[]): Promise<number> {
  const usages = await Promise.all(servers.map((server) => server.usage()))
  return usages.reduce((sum, usage) => sum + usage.cpuMicros, 0)
}
