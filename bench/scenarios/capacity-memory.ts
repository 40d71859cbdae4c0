// Measures the memory that a connection and a subscription take in a server, each by itself.

import { type Bench, type Entry, poolSize } from '../bench.ts'
import { follow, openCrowd, takeKabarSeat } from '../load/crowd.ts'
import { connectGraphQL } from '../load/dialects.ts'
import type { RawSocket } from '../load/socket.ts'
import { openFilesMax } from '../machine.ts'
import { seedRooms, seedUsers } from '../seed.ts'
import type { Usage } from '../servers/serve.ts'

const roomCount = 100
const warmUp = 200
const openedAtOnce = 200
const sparedFiles = 500
const kilobyte = 1_024

/** Measures the memory of so many connections, and of a subscription on each of them. */
export async function measureSeats({ database, start, say, extent }: Bench): Promise<Entry[]> {
  const asked = extent === 'quick' ? 500 : 4_000
  const count = Math.min(asked, Math.max(0, openFilesMax() - sparedFiles))
  const name = `memory of each of ${count.toLocaleString('en')}`
  say(name)
  const users = await seedUsers(database.url, count)
  const rooms = await seedRooms(database.url, roomCount, (room) => users.filter((_, i) => i % roomCount === room))
  const server = await start('servers/kabar.ts', { databaseUrl: database.url, poolSize })
  const seats = users.map(({ token }, i) => ({ url: server.url, token, roomId: rooms[i % roomCount]?.id ?? '' }))
  try {
    ;(await openCrowd(seats.slice(0, warmUp), takeKabarSeat)).end()
    const empty = await server.usage({ afterCollection: true })
    const sockets = await inGroups(seats, (seat) => connectGraphQL(seat))
    const connected = await server.usage({ afterCollection: true })
    await inGroups(seats, ({ roomId }, index) => follow(sockets[index] as RawSocket, { roomId, after: null }))
    const subscribed = await server.usage({ afterCollection: true })
    for (const socket of sockets) {
      socket.onClosed = () => {}
      socket.end()
    }
    const entryOf = (contestant: string, before: Usage, after: Usage): Entry => ({
      ...{ case: name, contestant },
      rounds: [
        {
          heap: (after.heapBytes - before.heapBytes) / count / kilobyte,
          resident: (after.residentBytes - before.residentBytes) / count / kilobyte,
        },
      ],
    })
    return [entryOf('connection', empty, connected), entryOf('subscription', connected, subscribed)]
  } finally {
    await server.stop()
  }
}

/** Does something for all, so many at once; the results are in their order. */
async function inGroups<Item, Done>(items: readonly Item[], run: (item: Item, index: number) => Promise<Done>) {
  const done: Done[] = []
  for (let start = 0; start < items.length; start += openedAtOnce) {
    const group = items.slice(start, start + openedAtOnce)
    done.push(...(await Promise.all(group.map((item, offset) => run(item, start + offset)))))
  }
  return done
}
