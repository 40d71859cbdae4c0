// The first reads of a client that opens: the newest page of a room, and the viewer's rooms.

import { alternate, type Bench, type Entry, ours, poolSize, type Result, type Target } from '../bench.ts'
import { openHttp } from '../load/http.ts'
import { readFor } from '../load/readers.ts'
import { entryOf, ratioOf } from '../ratios.ts'
import { type SeededRoom, type SeededUser, seedMessages, seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { quantile } from '../statistics.ts'

const pothos = 'Pothos + Prisma plugin'
const postgraphile = 'PostGraphile'
const pageSize = 50
const memberCount = 20
const messagesPerRoom = 20
const readers = 16
/** Requests of a kind that a server gets first. */
const coldReads = 50
/** Requests of a kind after which a server is warm. */
const warmReads = 1_000

const message = 'id number body createdAt author { id displayName }'

interface Contestant {
  readonly name: string
  readonly file: string
  /** Reads the newest messages of the room `$id`. */
  readonly history: string
  /** Reads 50 rooms of the viewer, or of `$id` where the server knows no viewer. */
  readonly memberships: string
  /** The id that the server knows a row by. */
  idOf(row: { id: string; uuid: string }): string
}

const contestants: readonly Contestant[] = [
  {
    name: ours,
    file: 'servers/kabar.ts',
    history: `query ($id: ID!) { room(id: $id) { messages(last: ${pageSize}) { nodes { ${message} } } } }`,
    memberships: `{ viewer { memberships(first: ${pageSize}) { nodes {
      unreadCount room { id name lastMessage { ${message} } }
    } } } }`,
    idOf: ({ id }) => id,
  },
  {
    name: pothos,
    file: 'servers/pothos-prisma.ts',
    history: `query ($id: ID!) { room(id: $id) { messages(first: ${pageSize}) { edges { node { ${message} } } } } }`,
    memberships: `{ memberships(first: ${pageSize}) { edges { node {
      unreadCount room { id name newest { ${message} } }
    } } } }`,
    idOf: ({ uuid }) => uuid,
  },
  {
    name: postgraphile,
    file: 'peers/postgraphile.ts',
    history: `query ($id: UUID!) { roomByRowId(rowId: $id) {
      messagesByRoomId(orderBy: NUMBER_DESC, first: ${pageSize}) { nodes {
        rowId number body createdAt userByAuthorId { rowId displayName }
      } }
    } }`,
    memberships: `query ($id: UUID!) { userByRowId(rowId: $id) { membersByUserId(first: ${pageSize}) { nodes {
      lastReadNumber roomByRoomId { rowId name topicByRowId { lastNumber }
        messagesByRoomId(orderBy: NUMBER_DESC, first: 1) { nodes {
          rowId number body createdAt userByAuthorId { rowId displayName }
        } }
      }
    } } } }`,
    idOf: ({ uuid }) => uuid,
  },
]

interface ReadCase {
  readonly name: string
  readonly viewer: SeededUser
  requestOf(contestant: Contestant): { query: string; variables: Record<string, unknown> }
}

/** Measures the reads of a client that opens. */
export async function measureReads(bench: Bench): Promise<Result> {
  const databaseUrl = bench.database.url
  const cases = [...(await seedHistories(bench)), await seedMemberships(bench)].filter(({ name }) => bench.takes(name))
  const taking = contestants.filter(({ file }) => bench.hasPeers || !file.startsWith('peers/'))
  const started: (Contestant & { server: ServerProcess })[] = []
  const entries: Entry[] = []
  try {
    for (const contestant of taking) {
      started.push({ ...contestant, server: await bench.start(contestant.file, { databaseUrl, poolSize }) })
    }
    for (const read of cases) {
      bench.say(read.name)
      const cold = new Map<string, number>()
      entries.push(
        ...(await alternate(started, { rounds: bench.rounds, name: read.name }, async (contestant) => {
          const asking = { contestant, server: contestant.server, read }
          const known = cold.get(contestant.name) ?? (await measureCold(bench, asking))
          cold.set(contestant.name, known)
          return { ...(await measureOne(bench, asking)), cold: known }
        })),
      )
    }
  } finally {
    await Promise.all(started.map(({ server }) => server.stop()))
  }
  return {
    scenario: 'reads',
    title: 'Reads of a client that opens',
    figures: [
      { key: 'total', title: 'CPU per request with PostgreSQL', unit: 'µs' },
      { key: 'cpu', title: 'of the server', unit: 'µs' },
      { key: 'cold', title: 'cold', unit: 'µs' },
      { key: 'perSecond', title: 'requests', unit: '/s' },
      { key: 'p50', title: 'p50', unit: 'ms' },
      { key: 'statements', title: 'statements per request', unit: '' },
    ],
    entries,
    targets: targetsOf(entries),
    notes: [
      `Cold are the first ${coldReads} requests of a kind; the others follow at least ${warmReads.toLocaleString('en')} more (${warmReads / 4} with --quick).`,
      `${readers} connections ask in a closed loop. Kabar verifies a token and membership; Pothos checks membership as a condition, PostGraphile nothing.`,
      'For the last message of each room Prisma reads all messages of all 50 rooms, here 20 each: its figure falls with their number.',
      'PostGraphile gives rooms in any order and leaves the unread count to its client; the others sort by activity.',
    ],
  }
}

async function seedHistories({ database, extent }: Bench): Promise<ReadCase[]> {
  const users = await seedUsers(database.url, memberCount)
  const [viewer] = users as [SeededUser]
  const sizes = { quick: [10, 10_000], normal: [10, 100_000], full: [10, 100_000, 1_000_000] }[extent]
  const cases: ReadCase[] = []
  for (const count of sizes) {
    const [room] = (await seedRooms(database.url, 1, () => users)) as [SeededRoom]
    await seedMessages(database.url, { rooms: [room], authors: users, count })
    cases.push({
      name: `newest ${pageSize} messages of ${count.toLocaleString('en')}, with authors`,
      viewer,
      requestOf: ({ history, idOf }) => ({ query: history, variables: { id: idOf(room) } }),
    })
  }
  return cases
}

/** Of users who are in these rooms alone: Prisma reads every message of all of them. */
async function seedMemberships({ database }: Bench): Promise<ReadCase> {
  const users = await seedUsers(database.url, memberCount)
  const [viewer] = users as [SeededUser]
  const rooms = await seedRooms(database.url, pageSize, () => users)
  await seedMessages(database.url, { rooms, authors: users, count: messagesPerRoom })
  return {
    name: `${pageSize} rooms with last message and unread count`,
    viewer,
    requestOf: ({ memberships, file }) => ({
      query: memberships,
      variables: file.startsWith('peers/') ? { id: viewer.uuid } : {},
    }),
  }
}

/** The reader and the question of one case. */
interface Asking {
  readonly contestant: Contestant
  readonly server: ServerProcess
  readonly read: ReadCase
}

/** Measures the CPU of the first requests, and then asks until the server is warm. */
async function measureCold(bench: Bench, asking: Asking): Promise<number> {
  const { cpu } = await measure(bench, asking, { ms: 0, countMin: coldReads })
  await measure(bench, asking, { ms: 0, countMin: bench.extent === 'quick' ? warmReads / 4 : warmReads })
  return cpu
}

async function measureOne(bench: Bench, asking: Asking): Promise<Figures> {
  await measure(bench, asking, { ms: bench.measureMs / 4 })
  return measure(bench, asking, { ms: bench.measureMs })
}

type Figures = Readonly<Record<'perSecond' | 'p50' | 'total' | 'cpu' | 'statements', number>>

async function measure(
  { database }: Bench,
  { contestant, server, read }: Asking,
  extent: { ms: number; countMin?: number },
): Promise<Figures> {
  const request = JSON.stringify(read.requestOf(contestant))
  const headers = { authorization: `Bearer ${read.viewer.token}`, 'x-user-id': read.viewer.uuid }
  const crowd = await Promise.all(Array.from({ length: readers }, () => openHttp(server.url, headers)))
  try {
    const before = await server.usage()
    const postgresBefore = database.cpuMicros()
    const { perSecond, latenciesMs } = await readFor(crowd, request, extent)
    const after = await server.usage()
    const postgresMicros = database.cpuMicros() - postgresBefore
    const cpuMicros = after.cpuMicros - before.cpuMicros
    return {
      perSecond,
      p50: quantile(latenciesMs, 0.5),
      total: (cpuMicros + postgresMicros) / latenciesMs.length,
      cpu: cpuMicros / latenciesMs.length,
      statements: (after.statements - before.statements) / latenciesMs.length,
    }
  } finally {
    for (const connection of crowd) connection.end()
  }
}

function targetsOf(entries: readonly Entry[]): Target[] {
  const cases = [...new Set(entries.map((entry) => entry.case))]
  return cases.flatMap((name) =>
    [pothos, postgraphile].flatMap((peer) => {
      const other = entryOf(entries, name, peer)
      if (!other) return []
      const ratio = ratioOf(entryOf(entries, name, ours), other, 'total')
      return [{ text: `${name}: total CPU at most that of ${peer}`, reached: ratio, met: ratio <= 1 }]
    }),
  )
}
