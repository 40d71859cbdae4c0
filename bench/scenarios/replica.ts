// The reads that a standby takes from the primary, against the same server without it.

import { join } from 'node:path'
import pg from 'pg'
import { type Standby, startStandby } from '../../tests/support/standby.ts'
import { alternate, type Bench, type Entry, ours, poolSize, type Result, type Target } from '../bench.ts'
import { type Audience, openAudience } from '../load/audience.ts'
import { kabar } from '../load/dialects.ts'
import { openHttp } from '../load/http.ts'
import { readFor } from '../load/readers.ts'
import { openReturning, readCursor } from '../load/returning.ts'
import { postgresCpuMicros } from '../postgres-cpu.ts'
import { entryOf, medianOf, ratioOf } from '../ratios.ts'
import { type SeededRoom, type SeededUser, seedMessages, seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { quantile } from '../statistics.ts'

const withReplica = 'with a replica'
const pageSize = 50
const memberCount = 20
const messagesInRoom = 10_000
const readers = 16
const returning = 8
/** The hub answers the newest 256 from memory. */
const missed = 1_000
const sentAtOnce = 50
const sharePercentMin = 95
/** CPU of PostgreSQL is told in steps of 10 ms. */
const measureMsMin = 1_000

/** A server of the comparison. */
interface Contestant {
  readonly name: string
  readonly server: ServerProcess
}

/** Reads of one kind. */
interface ReplicaCase {
  readonly name: string
  /** Reads for a while. Returns how long each read took. */
  read(contestant: Contestant, ms: number): Promise<readonly number[]>
}

/** The database with its standby, and somebody who reads there. */
interface Stage {
  readonly bench: Bench
  readonly standby: Standby
  readonly viewer: SeededUser
  readonly contestants: readonly Contestant[]
}

/** Measures how many pages of history and of catch-ups a replica answers, and what that saves the primary. */
export async function measureReplica(bench: Bench): Promise<Result> {
  const { directory, url: databaseUrl } = bench.database
  if (directory === null) throw new Error('The data of PostgreSQL is copied, so that it must be the embedded one.')
  const users = await seedUsers(databaseUrl, memberCount)
  const [viewer] = users as [SeededUser]
  const [room, ...rooms] = (await seedRooms(databaseUrl, 1 + returning, () => users)) as [SeededRoom, ...SeededRoom[]]
  await seedMessages(databaseUrl, { rooms: [room], authors: users, count: messagesInRoom })
  const primaryFolder = join(directory, 'postgres')
  const standby = await startStandby({ primaryUrl: databaseUrl, primaryFolder, folder: join(directory, 'standby') })
  const contestants: Contestant[] = []
  const audiences: Audience[] = []
  try {
    for (const [name, env] of Object.entries({ [ours]: {}, [withReplica]: { DATABASE_REPLICA_URL: standby.url } })) {
      const settings = { databaseUrl, poolSize, env: { METRICS_PORT: '0', ...env } }
      contestants.push({ name, server: await bench.start('servers/kabar.ts', settings) })
    }
    const stage = { bench, standby, viewer, contestants }
    const cases = [historyCase(stage, room), await catchUpCase(stage, { rooms, audiences })]
    await standby.follow()
    const entries: Entry[] = []
    for (const one of cases.filter(({ name }) => bench.takes(name))) entries.push(...(await measureCase(stage, one)))
    return resultOf(entries)
  } finally {
    for (const audience of audiences) audience.end()
    await Promise.all(contestants.map(({ server }) => server.stop()))
    await standby.close()
  }
}

function historyCase({ viewer }: Stage, room: SeededRoom): ReplicaCase {
  const query = `query ($id: ID!) { room(id: $id) { messages(last: ${pageSize}) { nodes {
    id number body createdAt author { id displayName }
  } } } }`
  const request = JSON.stringify({ query, variables: { id: room.id } })
  return {
    name: `the newest ${pageSize} messages of ${messagesInRoom.toLocaleString('en')}`,
    async read({ server }, ms) {
      const headers = { authorization: `Bearer ${viewer.token}` }
      const crowd = await Promise.all(Array.from({ length: readers }, () => openHttp(server.url, headers)))
      try {
        return (await readFor(crowd, request, { ms })).latenciesMs
      } finally {
        for (const connection of crowd) connection.end()
      }
    },
  }
}

/** In each room somebody stays, on every server, as where others are online; and many messages are sent. */
async function catchUpCase(
  { viewer: { token }, contestants }: Stage,
  { rooms, audiences }: { rooms: readonly SeededRoom[]; audiences: Audience[] },
): Promise<ReplicaCase> {
  const after = new Map<string, string>()
  const [sending] = contestants as [Contestant]
  for (const { id: roomId } of rooms) {
    after.set(roomId, await readCursor({ url: sending.server.url, token, roomId }))
    for (const { server } of contestants) {
      audiences.push(await openAudience({ url: server.url, dialect: kabar, roomId, tokens: [token] }))
    }
    const audience = audiences.at(-1)
    for (let sent = 0; sent < missed; sent += sentAtOnce) await audience?.publish('While you were away', sentAtOnce)
  }
  return {
    name: `a catch-up of ${missed.toLocaleString('en')} events`,
    async read({ server: { url } }, ms) {
      const latenciesMs: number[] = []
      const crowd = await Promise.all(
        [...after].map(([roomId, cursor]) => openReturning({ url, token, roomId }, { after: cursor, missed })),
      )
      const startedAt = performance.now()
      const comeBackAll = crowd.map(async (one) => {
        for (let at = startedAt; at - startedAt < ms; ) {
          await one.comeBack()
          latenciesMs.push(performance.now() - at)
          at = performance.now()
        }
      })
      await Promise.all(comeBackAll)
      for (const one of crowd) one.end()
      return latenciesMs
    },
  }
}

async function measureCase({ bench, standby, contestants }: Stage, one: ReplicaCase): Promise<Entry[]> {
  const ms = Math.max(bench.measureMs, measureMsMin)
  bench.say(one.name)
  const client = new pg.Client(standby.url)
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const usage = async ({ server }: Contestant) => ({
      primary: bench.database.cpuMicros(),
      standby: postgresCpuMicros(rows[0]?.pid ?? 0),
      server: (await server.usage()).cpuMicros,
      ...(await readAnswers(server)),
    })
    return await alternate(contestants, { rounds: bench.rounds, name: one.name }, async (contestant) => {
      await one.read(contestant, ms / 4)
      const before = await usage(contestant)
      const latenciesMs = await one.read(contestant, ms)
      const after = await usage(contestant)
      const moved = (key: keyof typeof before) => after[key] - before[key]
      const perRead = (key: keyof typeof before) => moved(key) / latenciesMs.length
      const asked = moved('replica') + moved('primaryInstead') + moved('refused')
      return {
        ...{ primary: perRead('primary'), standby: perRead('standby'), cpu: perRead('server') },
        ...{ share: asked > 0 ? (100 * moved('replica')) / asked : 0, p50: quantile(latenciesMs, 0.5) },
      }
    })
  } finally {
    await client.end()
  }
}

/** Reads from the metrics of a server who has answered the reads that a replica may answer. */
async function readAnswers({ metricsUrl }: ServerProcess) {
  const text = await (await fetch(metricsUrl ?? '')).text()
  const read = (answer: string) =>
    Number(new RegExp(`^kabar_replica_reads_total\\{answer="${answer}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return { replica: read('replica'), primaryInstead: read('primary'), refused: read('refused') }
}

function resultOf(entries: readonly Entry[]): Result {
  return {
    scenario: 'replica',
    title: 'Reads that a replica answers',
    figures: [
      { key: 'primary', title: 'CPU of the primary per read', unit: 'µs' },
      { key: 'standby', title: 'CPU of the replica', unit: 'µs' },
      { key: 'cpu', title: 'server CPU', unit: 'µs' },
      { key: 'share', title: 'answered by the replica', unit: '%' },
      { key: 'p50', title: 'p50', unit: 'ms' },
    ],
    entries,
    targets: targetsOf(entries),
    notes: [
      `${readers} connections read pages, and ${returning} sockets catch up, each in a room of its own where somebody stayed, in a closed loop.`,
      'Both PostgreSQLs, the server and the load share this machine: the primary is spared CPU, and a read is not faster by it.',
      'Who may read is judged at the primary, and names of authors are read there; the end of each catch-up, too.',
    ],
  }
}

function targetsOf(entries: readonly Entry[]): Target[] {
  return [...new Set(entries.map((entry) => entry.case))].flatMap((name) => {
    const found = entryOf(entries, name, withReplica)
    const share = medianOf(found, 'share')
    const ratio = ratioOf(found, entryOf(entries, name, ours), 'primary')
    return [
      { text: `${name}: at least ${sharePercentMin} % by the replica`, reached: share, met: share >= sharePercentMin },
      { text: `${name}: CPU of the primary below 1 × ${ours}`, reached: ratio, met: ratio < 1 },
    ]
  })
}
