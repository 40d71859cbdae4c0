// Measures the server of its own checkout, round by round, as its parent asks. It is copied into the checkout of another
// revision: it uses only files of the bench that revisions have in common.

import { createInterface } from 'node:readline'
import { openBenchDatabase } from '../database.ts'
import { openAudience } from '../load/audience.ts'
import { kabar } from '../load/dialects.ts'
import { openHttp } from '../load/http.ts'
import { readFor } from '../load/readers.ts'
import { openHttpSender, openSocketSender, type Sender, sendFor } from '../load/senders.ts'
import { seedMessages, seedRooms, seedUsers } from '../seed.ts'
import { createStarter } from '../servers/process.ts'

const subscribers = 300
const senderCount = 64
const sendingRooms = 100
const readerCount = 16
const readRooms = 50
const fanOutBody = 'Is anybody there? '.repeat(7)
const sentBody = 'Selamat pagi, is anybody there? I would like to know when we meet today, and where. Bring the papers!'

const database = await openBenchDatabase(undefined)
const users = await seedUsers(database.url, subscribers)
const rooms = await seedRooms(database.url, sendingRooms + 1, () => users)
const reader = users[0] as (typeof users)[number]
await seedMessages(database.url, { rooms: rooms.slice(0, readRooms), authors: users.slice(0, 20), count: 100 })
const server = await createStarter(null)('servers/kabar.ts', { databaseUrl: database.url, poolSize: 10 })
const tokens = users.map((user) => user.token)
const audience = await openAudience({ url: server.url, dialect: kabar, roomId: rooms.at(-1)?.id ?? '', tokens })

/** Opens the senders of a round. Between rounds the server would close them, as they say nothing. */
function openSenders(open: typeof openHttpSender): Promise<Sender[]> {
  const senders = users.slice(0, senderCount).map((user, index) => {
    const roomId = rooms[index % sendingRooms]?.id ?? ''
    return open({ url: server.url, token: user.token, userId: user.uuid, roomId, body: sentBody })
  })
  return Promise.all(senders)
}

/** Sends for a while. Returns the number of sends. */
async function send(open: typeof openHttpSender, ms: number, measure: Measure): Promise<number> {
  const senders = await openSenders(open)
  const count = await measure(async () => (await sendFor(senders, ms)).latenciesMs.length)
  for (const sender of senders) sender.end()
  return count
}

/** Publishes `perTick` messages at a time, for a while. Returns the number of deliveries. */
async function fanOut(perTick: number, ms: number): Promise<number> {
  const until = performance.now() + ms
  let count = 0
  while (performance.now() < until) {
    await audience.publish(fanOutBody, perTick)
    count += audience.size * perTick
  }
  return count
}

/** Reads by a query for a while, over and over. Returns the number of reads. */
async function read(query: string, ms: number, measure: Measure): Promise<number> {
  const headers = { authorization: `Bearer ${reader.token}` }
  const connections = await Promise.all(Array.from({ length: readerCount }, () => openHttp(server.url, headers)))
  const request = JSON.stringify({ query, variables: { id: rooms[0]?.id } })
  const count = await measure(async () => (await readFor(connections, request, { ms })).latenciesMs.length)
  for (const connection of connections) connection.end()
  return count
}

const message = 'id number body createdAt author { id displayName }'
const newest = (count: number) =>
  `query ($id: ID!) { room(id: $id) { messages(last: ${count}) { nodes { ${message} } } } }`
const memberships = `{ viewer { memberships(first: ${readRooms}) { nodes {
  unreadCount room { id name lastMessage { ${message} } }
} } } }`

/** Runs what is measured. */
type Measure = (work: () => Promise<number>) => Promise<number>

const kinds: Readonly<Record<string, (ms: number, measure: Measure) => Promise<number>>> = {
  'ten a tick': (ms, measure) => measure(() => fanOut(10, ms)),
  'one by one': (ms, measure) => measure(() => fanOut(1, ms)),
  HTTP: (ms, measure) => send(openHttpSender, ms, measure),
  WebSocket: (ms, measure) => send(openSocketSender, ms, measure),
  'page of 50': (ms, measure) => read(newest(50), ms, measure),
  'page of 10': (ms, measure) => read(newest(10), ms, measure),
  '50 rooms': (ms, measure) => read(memberships, ms, measure),
}

/** CPU microseconds of one delivery, send or read: of the server, and with PostgreSQL. */
async function runRound(kind: string, ms: number): Promise<{ server: number; total: number }> {
  let used = { server: 0, total: 0 }
  const round = kinds[kind]
  if (!round) throw new Error(`${kind} is not a kind of round`)
  await round(ms, async (work) => {
    const [before, postgresBefore] = [await server.usage(), database.cpuMicros()]
    const count = await work()
    const [after, postgresAfter] = [await server.usage(), database.cpuMicros()]
    const cpu = after.cpuMicros - before.cpuMicros
    used = { server: cpu / count, total: (cpu + postgresAfter - postgresBefore) / count }
    return count
  })
  return used
}

const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`)
say(Object.keys(kinds))
for await (const line of createInterface({ input: process.stdin })) {
  const { kind, ms } = JSON.parse(line) as { kind: string; ms: number }
  say(await runRound(kind, ms))
}
audience.end()
await server.stop()
await database.close()
process.exit()
