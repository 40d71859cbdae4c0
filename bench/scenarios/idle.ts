// Many subscribers and no messages: what each holds in memory, and how fast all come back after a drop.

import { alternate, type Bench, type Entry, ours, poolSize, type Result, type Target } from '../bench.ts'
import { openCrowd, type TakeSeat, takeGraphQLSeat, takeKabarSeat, takePlainSeat } from '../load/crowd.ts'
import { openFilesMax } from '../machine.ts'
import { entryOf, medianOf } from '../ratios.ts'
import { type SeededRoom, type SeededUser, seedRooms, seedUsers } from '../seed.ts'

const bare = 'ws, bare connection'
const roomCount = 100
const wanted = 10_000
const sparedFiles = 500
const warmUp = 200
const kilobyte = 1_024

interface Contestant {
  readonly name: string
  readonly file: string
  readonly take: TakeSeat
}

const contestants: readonly Contestant[] = [
  { name: ours, file: 'servers/kabar.ts', take: takeKabarSeat },
  { name: 'Yoga + graphql-ws', file: 'servers/yoga-subscriptions.ts', take: takeGraphQLSeat },
  { name: bare, file: 'servers/raw-websocket.ts', take: takePlainSeat },
]

/** Measures idle subscriptions, each on a socket of its own. */
export async function measureIdle(bench: Bench): Promise<Result> {
  const asked = bench.extent === 'quick' ? 2_000 : wanted
  const count = Math.min(asked, Math.max(0, openFilesMax() - sparedFiles))
  const name = `${count} subscriptions`
  const users = await seedUsers(bench.database.url, count)
  const rooms = await seedRooms(bench.database.url, roomCount, (room) => users.filter((_, i) => i % roomCount === room))
  const rounds = bench.extent === 'quick' ? 1 : 3
  const entries = await alternate(contestants, { rounds, name }, (contestant) => {
    bench.say(`${name} at ${contestant.name}`)
    return measureCrowd(bench, contestant, { users, rooms })
  })
  return {
    scenario: 'idle',
    title: 'Idle live subscriptions, one socket each',
    figures: [
      { key: 'heap', title: 'heap', unit: 'KB' },
      { key: 'resident', title: 'resident', unit: 'KB' },
      { key: 'opened', title: 'all live', unit: 's' },
      { key: 'back', title: 'all back after a drop', unit: 's' },
    ],
    entries,
    targets: targetsOf(entries, { name, count }),
    notes: [
      'Memory is per subscription, after garbage collection, over what the server holds without any.',
      'The server closes all sockets; their clients come back at once, 200 of them at a time, Kabar’s with their cursors.',
      'A subscription of Kabar is back when the server says Synced, of graphql-ws when a query sent after it is answered.',
      ...(count < asked
        ? [`This machine lets a process open ${openFilesMax()} files (ulimit -n): ${asked} were asked.`]
        : []),
    ],
  }
}

async function measureCrowd(
  { start, database }: Bench,
  { file, take }: Contestant,
  { users, rooms }: { users: readonly SeededUser[]; rooms: readonly SeededRoom[] },
): Promise<Record<string, number>> {
  const server = await start(file, { databaseUrl: database.url, poolSize })
  const seats = users.map(({ token }, index) => ({
    url: server.url,
    token,
    roomId: rooms[index % roomCount]?.id ?? '',
  }))
  try {
    const few = await openCrowd(seats.slice(0, warmUp), take)
    few.end()
    const before = await server.usage({ afterCollection: true })
    const openedAt = performance.now()
    const crowd = await openCrowd(seats, take)
    const opened = (performance.now() - openedAt) / 1_000
    const after = await server.usage({ afterCollection: true })
    const droppedAt = performance.now()
    await server.drop()
    await crowd.comeBack()
    const back = (performance.now() - droppedAt) / 1_000
    crowd.end()
    return {
      heap: (after.heapBytes - before.heapBytes) / crowd.size / kilobyte,
      resident: (after.residentBytes - before.residentBytes) / crowd.size / kilobyte,
      opened,
      back,
    }
  } finally {
    await server.stop()
  }
}

function targetsOf(entries: readonly Entry[], { name, count }: { name: string; count: number }): Target[] {
  const kabar = entryOf(entries, name, ours)
  const heap = medianOf(kabar, 'heap') - medianOf(entryOf(entries, name, bare), 'heap')
  const back = medianOf(kabar, 'back')
  return [
    { text: 'at most 10 KB of heap above a bare ws connection', reached: heap, met: heap <= 10 },
    {
      text: `all ${count} back within 30 s${count < wanted ? `, asked of ${wanted}` : ''}`,
      reached: back,
      met: back <= 30 && count >= wanted,
    },
  ]
}
