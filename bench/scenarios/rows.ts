// Measures history and sends in a database with very many messages and events, and in one with few.

import { alternate, type Bench, type Entry, poolSize, type Result, type Target } from '../bench.ts'
import { openBenchDatabase } from '../database.ts'
import { type HttpConnection, openHttp } from '../load/http.ts'
import { entryOf, ratioOf } from '../ratios.ts'
import { fillRows } from '../rows-seed.ts'
import { cursorOf } from '../scale-seed.ts'
import { type SeededRoom, seedMessages, seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { quantile } from '../statistics.ts'

const rowsOf: Readonly<Record<Bench['extent'], number>> = { quick: 100_000, normal: 1_000_000, full: 10_000_000 }
const otherRooms = 1_000
const messagesInProbe = 1_000
const ratioMax = 1.5
const measureMsMax = 1_000
const shown = (count: number) => count.toLocaleString('en')
const [little, much, long] = ['a database with little', 'with much', 'with much, in its largest room']

/** A filled database: somebody in it, and the rooms that are asked for. */
interface Filled {
  readonly url: string
  readonly token: string
  readonly rooms: readonly { readonly name: string; readonly room: SeededRoom; readonly messages: number }[]
}

/** A room at a server on one of the databases, and a connection of somebody who asks there. */
interface Contestant {
  readonly name: string
  readonly room: SeededRoom
  readonly messages: number
  readonly connection: HttpConnection
}

/** A request, with the variables for a room. */
interface RowsCase {
  readonly name: string
  readonly query: string
  readonly variables: (contestant: Contestant) => Record<string, unknown>
}

const page = (args: string, head = '') => `query ($id: ID!${head}) { room(id: $id) { messages(${args}) { nodes {
  id number body createdAt author { id displayName } reactions { emoji count }
} } } }`

const cases: readonly RowsCase[] = [
  { name: 'the newest 50 messages', query: page('last: 50'), variables: ({ room }) => ({ id: room.id }) },
  {
    name: '50 messages from the middle',
    query: page('first: 50, after: $place', ', $place: String'),
    variables: ({ room, messages }) => ({ id: room.id, place: cursorOf(messages / 2 - 25) }),
  },
  {
    name: 'a send',
    query: 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { number } } }',
    variables: ({ room }) => ({ input: { roomId: room.id, body: 'Is anybody there?' } }),
  },
]

/** Measures the same on a database with little and on one with much, in turns. */
export async function measureRows(bench: Bench): Promise<Result> {
  const rows = rowsOf[bench.extent]
  const small = await openBenchDatabase(bench.database.url)
  try {
    const databases = [await fill(bench, small.url, 0), await fill(bench, bench.database.url, rows)]
    const entries = await measureDatabases(bench, databases)
    return {
      scenario: 'rows',
      title: `The same among ${shown(rows)} messages and as many events`,
      figures: [
        { key: 'p50', title: 'p50', unit: 'ms' },
        { key: 'p95', title: 'p95', unit: 'ms' },
      ],
      reference: little,
      entries,
      targets: targetsOf(entries),
      notes: [
        `Half of the messages are in one room, half in ${shown(otherRooms)} rooms, which have all events. The room that is asked for has ${shown(messagesInProbe)}.`,
      ],
    }
  } finally {
    await small.close()
  }
}

async function fill(bench: Bench, url: string, rows: number): Promise<Filled> {
  const users = await seedUsers(url, 20)
  const rooms = await seedRooms(url, rows > 0 ? otherRooms + 2 : 1, (room) => (room < 2 ? users : users.slice(0, 1)))
  const [probe, largest, ...others] = rooms as [SeededRoom, ...SeededRoom[]]
  await seedMessages(url, { rooms: [probe], authors: users, count: messagesInProbe })
  const first = { name: largest ? much : little, room: probe, messages: messagesInProbe }
  const token = users[0]?.token ?? ''
  if (!largest) return { url, token, rooms: [first] }
  bench.say(`fills ${shown(rows)} messages and as many events`)
  await fillRows(url, { authors: users, long: largest, others, rows })
  return { url, token, rooms: [first, { name: long, room: largest, messages: rows / 2 }] }
}

async function measureDatabases(bench: Bench, databases: readonly Filled[]): Promise<Entry[]> {
  const servers: ServerProcess[] = []
  try {
    for (const { url } of databases) servers.push(await bench.start('servers/kabar.ts', { databaseUrl: url, poolSize }))
    const entries: Entry[] = []
    for (const one of cases.filter(({ name }) => bench.takes(name))) {
      bench.say(one.name)
      // for each case anew: the server closes connections that have been idle
      const contestants = await openContestants(databases, servers)
      for (const contestant of contestants) await ask(contestant, { one, ms: measureMsMax / 2 })
      const ms = Math.min(bench.measureMs, measureMsMax)
      const turns = { rounds: bench.rounds, name: one.name }
      entries.push(...(await alternate(contestants, turns, (contestant) => ask(contestant, { one, ms }))))
      for (const { connection } of contestants) connection.end()
    }
    return entries
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

async function openContestants(databases: readonly Filled[], servers: readonly ServerProcess[]): Promise<Contestant[]> {
  const targets = databases.flatMap(({ token, rooms }, index) =>
    rooms.map((room) => ({ ...room, token, url: servers[index]?.url ?? '' })),
  )
  return Promise.all(
    targets.map(async ({ url, token, ...room }) => ({
      ...room,
      connection: await openHttp(url, { authorization: `Bearer ${token}` }),
    })),
  )
}

async function ask(contestant: Contestant, { one, ms }: { one: RowsCase; ms: number }) {
  const request = JSON.stringify({ query: one.query, variables: one.variables(contestant) })
  const latenciesMs: number[] = []
  for (const until = performance.now() + ms; performance.now() < until; ) {
    const startedAt = performance.now()
    const answer = await contestant.connection.post(request)
    latenciesMs.push(performance.now() - startedAt)
    if (answer.includes('"errors"') || !answer.includes('"number"')) throw new Error(`${one.name} failed: ${answer}`)
  }
  return { p50: quantile(latenciesMs, 0.5), p95: quantile(latenciesMs, 0.95) }
}

function targetsOf(entries: readonly Entry[]): Target[] {
  return [...new Set(entries.map((entry) => entry.case))].flatMap((name) =>
    [much, long].map((contestant) => {
      const ratio = ratioOf(entryOf(entries, name, contestant), entryOf(entries, name, little), 'p50')
      return { text: `${name}, ${contestant}: at most ${ratioMax} × the time`, reached: ratio, met: ratio <= ratioMax }
    }),
  )
}
