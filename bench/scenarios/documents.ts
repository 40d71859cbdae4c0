// The first execution of a document: of one that the server knows from its start, and of one that it has to parse, validate
// and weigh then.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate, type Bench, type Entry, poolSize, type Result, type Target } from '../bench.ts'
import { connectGraphQL } from '../load/dialects.ts'
import { openHttp } from '../load/http.ts'
import { entryOf, ratioOf } from '../ratios.ts'
import { type SeededUser, seedMessages, seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { median } from '../statistics.ts'

const known = 'known, by its id'
const unknown = 'unknown, as text'
const memberCount = 10
const messageCount = 20
/** First executions of a round. The known ones of all rounds fit into what a server keeps ready (`pinnedTextMax`). */
const perRound = 20
/** Unknown documents, and as many repetitions, after which a server is warm. */
const warmDocuments = 200

/** A document that is different from all others. */
const textOf = (name: string) =>
  `query ${name}($id: ID!) { room(id: $id) { id name eventCursor viewerMembership { unreadCount lastReadNumber } ` +
  `messages(last: 10) { nodes { id number ${name}: body createdAt editedAt author { id displayName } ` +
  'reactions { emoji count } attachments { id name url } } } } }'

/** Asks one operation after the other. */
interface Asker {
  readonly name: string
  ask(operation: Record<string, unknown>): Promise<string>
  end(): void
}

/** Measures the first execution of documents, over HTTP and WebSockets. */
export async function measureDocuments(bench: Bench): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'kabar-documents-'))
  const file = join(directory, 'documents.json')
  const cases = ['HTTP', 'WebSocket'].filter(bench.takes)
  const names = cases.flatMap((name) => Array.from({ length: bench.rounds * perRound }, (_, at) => `${name}${at}`))
  try {
    await writeFile(file, JSON.stringify(Object.fromEntries(names.map((name) => [name, textOf(name)]))))
    const { viewer, roomId } = await seedRoom(bench)
    const env = { TRUSTED_DOCUMENTS_FILE: file }
    const server = await bench.start('servers/kabar.ts', { databaseUrl: bench.database.url, poolSize, env })
    try {
      const entries: Entry[] = []
      for (const name of cases) entries.push(...(await measureTransport(bench, { name, server, viewer, roomId })))
      return resultOf(entries)
    } finally {
      await server.stop()
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function seedRoom({ database }: Bench): Promise<{ viewer: SeededUser; roomId: string }> {
  const users = await seedUsers(database.url, memberCount)
  const rooms = await seedRooms(database.url, 1, () => users)
  await seedMessages(database.url, { rooms, authors: users, count: messageCount })
  const [[viewer], [room]] = [users, rooms]
  if (!viewer || !room) throw new Error('nothing was seeded')
  return { viewer, roomId: room.id }
}

interface Transport {
  readonly name: string
  readonly server: ServerProcess
  readonly viewer: SeededUser
  readonly roomId: string
}

async function measureTransport(bench: Bench, { name, server, viewer, roomId }: Transport): Promise<Entry[]> {
  bench.say(name)
  const asker = await (name === 'HTTP' ? openHttpAsker : openSocketAsker)(server.url, viewer.token)
  const variables = { id: roomId }
  const ask = async (operation: Record<string, unknown>) => {
    const answer = await asker.ask({ ...operation, variables })
    if (answer.includes('"errors"') || !answer.includes('"displayName"')) throw new Error(`it failed: ${answer}`)
  }
  const rounds = { [known]: 0, [unknown]: 0 }
  const operationOf = (contestant: string, id: string) =>
    contestant === known ? { documentId: id } : { query: textOf(`Other${id}`) }
  try {
    for (let repeat = 0; repeat < 2; repeat++) {
      for (let at = 0; at < warmDocuments; at++) await ask({ query: textOf(`Warm${name}${at}`) })
    }
    return await alternate(
      [{ name: known }, { name: unknown }] as const,
      { rounds: bench.rounds, name },
      async (one) => {
        const first = perRound * rounds[one.name]++
        const ids = Array.from({ length: perRound }, (_, at) => `${name}${first + at}`)
        const before = await server.usage({ afterCollection: true })
        const latenciesMs: number[] = []
        for (const id of ids) {
          const askedAt = performance.now()
          await ask(operationOf(one.name, id))
          latenciesMs.push(performance.now() - askedAt)
        }
        const after = await server.usage()
        return { cpu: (after.cpuMicros - before.cpuMicros) / perRound, p50: median(latenciesMs) }
      },
    )
  } finally {
    asker.end()
  }
}

async function openHttpAsker(url: string, token: string): Promise<Asker> {
  const connection = await openHttp(url, { authorization: `Bearer ${token}` })
  return { name: 'HTTP', ask: (operation) => connection.post(JSON.stringify(operation)), end: () => connection.end() }
}

async function openSocketAsker(url: string, token: string): Promise<Asker> {
  const socket = await connectGraphQL({ url, token })
  let count = 0
  return {
    name: 'WebSocket',
    ask(payload) {
      const id = String(++count)
      return new Promise((resolve, reject) => {
        let answer = ''
        socket.onText = (frame) => {
          const text = String(frame)
          if (text.includes('"type":"next"')) answer = text
          else resolve(answer || text)
        }
        socket.onClosed = () => reject(new Error('the server closed a WebSocket'))
        socket.send(JSON.stringify({ id, type: 'subscribe', payload }))
      })
    },
    end: () => socket.end(),
  }
}

function resultOf(entries: readonly Entry[]): Result {
  const cases = [...new Set(entries.map((entry) => entry.case))]
  return {
    scenario: 'documents',
    title: 'The first execution of a document, on a warm server',
    figures: [
      { key: 'cpu', title: 'server CPU', unit: 'µs' },
      { key: 'p50', title: 'p50', unit: 'ms' },
    ],
    reference: unknown,
    entries,
    targets: cases.map((name): Target => {
      const ratio = ratioOf(entryOf(entries, name, known), entryOf(entries, name, unknown), 'cpu')
      return { text: `${name}: less CPU than an unknown one (ratio)`, reached: ratio, met: ratio < 1 }
    }),
    notes: [
      `Documents of ${textOf('Example').length} characters, each executed once: ${perRound} a round, one after the other, after ${2 * warmDocuments} of their kind.`,
      'Both read a room with ten messages. Only known ones are parsed, validated and weighed before: at the start.',
    ],
  }
}
