// Durable sends by many senders at once: how many a second, and how long each takes.

import { sendConnectionsMax } from '../../src/config/feed.ts'
import { alternate, type Bench, type Entry, ours, poolSize, type Result, type Target } from '../bench.ts'
import { openPostgresSender } from '../load/postgres.ts'
import { openHttpSender, openSocketSender, type Sender, sendFor } from '../load/senders.ts'
import { entryOf, medianOf, ratioOf } from '../ratios.ts'
import { type SeededRoom, type SeededUser, seedRooms, seedUsers } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { quantile } from '../statistics.ts'

const prisma = 'Prisma transaction, pg_notify'
const statement = 'one statement a send, pg_notify'
const limit = 'PostgreSQL alone, prepared'

/** A server that stores messages. */
export interface SendServer {
  readonly name: string
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
}

const servers: readonly SendServer[] = [
  { name: ours, file: 'servers/kabar.ts' },
  { name: prisma, file: 'servers/prisma-transaction.ts' },
  { name: statement, file: 'servers/single-statement.ts' },
]

type Transport = 'HTTP' | 'WebSocket'

/** One case of sends. */
export interface SendCase {
  readonly name: string
  readonly senders: number
  readonly rooms: number
  readonly transport: Transport
}

interface Contestant {
  readonly name: string
  /** Null where there is no server between. */
  readonly server: ServerProcess | null
}

/** Sends of a server before it is measured: until then it runs unoptimised code. */
const warmUpSends = ({ extent }: Bench) => (extent === 'quick' ? 2_000 : 5_000)

/** Sends of each sender before each measurement: a new connection to PostgreSQL reads its catalogs and plans first. */
const warmUpEach = 8

/** The connections of a load without a server: as many as a server has. */
const connectionsMax = poolSize + sendConnectionsMax
const flushMicros = 5_000
const body = 'Selamat pagi, is anybody there? I would like to know when we meet today, and where. Bring the papers!'

/** Measures durable sends on this disk. */
export async function measureSends(bench: Bench): Promise<Result> {
  const entries = await measureSendCases(bench, { cases: casesOf(bench), servers, hasLimit: true })
  return {
    ...describeSends('sends', 'Durable sends'),
    entries,
    targets: targetsOf(entries, { ratioMin: 10, p99Max: 50 }),
    notes: notes(bench),
  }
}

/** Measures durable sends with a disk that takes 5 ms to flush, which PostgreSQL emulates by waiting. */
export async function measureSlowDisk(bench: Bench): Promise<Result> {
  const commitMs = await bench.database.delayCommits(flushMicros)
  try {
    const isTaken = ({ senders, transport }: SendCase) =>
      senders === 128 && (bench.extent !== 'quick' || transport === 'HTTP')
    const cases = casesOf(bench).filter(isTaken)
    const entries = await measureSendCases(bench, { cases, servers, hasLimit: true })
    return {
      ...describeSends('slow-disk', 'Durable sends with a disk that takes 5 ms to flush'),
      entries,
      targets: [
        { text: 'one commit takes at least 5 ms', reached: commitMs, met: commitMs >= flushMicros / 1_000 },
        ...targetsOf(entries, { ratioMin: 30, p99Max: null }),
      ],
      notes: [`The disk is emulated (commit_delay): one commit took ${commitMs.toFixed(1)} ms.`, ...notes(bench)],
    }
  } finally {
    await bench.database.delayCommits(0)
  }
}

function describeSends(scenario: string, title: string): Pick<Result, 'scenario' | 'title' | 'figures'> {
  return {
    scenario,
    title,
    figures: [
      { key: 'cpu', title: 'server CPU per send', unit: 'µs' },
      { key: 'postgres', title: 'PostgreSQL CPU', unit: 'µs' },
      { key: 'perSecond', title: 'sends', unit: '/s' },
      { key: 'p50', title: 'p50', unit: 'ms' },
      { key: 'p99', title: 'p99', unit: 'ms' },
    ],
  }
}

function casesOf({ extent, takes }: Bench): SendCase[] {
  const senders = extent === 'quick' ? [128] : [1, 16, 128, 512]
  const transports: Transport[] = ['HTTP', 'WebSocket']
  const cases = transports.flatMap((transport) =>
    (extent === 'quick' ? [100] : [100, 1]).flatMap((rooms) =>
      senders.map((count) => ({ transport, rooms, senders: count, name: nameOf(count, rooms, transport) })),
    ),
  )
  return cases.filter(({ name }) => takes(name))
}

function nameOf(senders: number, rooms: number, transport: Transport): string {
  const who = senders === 1 ? '1 sender' : `${senders} senders`
  return `${who}, ${rooms === 1 ? 'one room' : `${rooms} rooms`}, ${transport}`
}

/** The cases and servers to compare. */
export interface SendOptions {
  readonly cases: readonly SendCase[]
  readonly servers: readonly SendServer[]
  /** True to measure PostgreSQL alone too. */
  readonly hasLimit: boolean
}

/** Measures sends in turns of the servers. */
export async function measureSendCases(bench: Bench, { cases, servers, hasLimit }: SendOptions): Promise<Entry[]> {
  if (cases.length === 0) return []
  const databaseUrl = bench.database.url
  const users = await seedUsers(databaseUrl, Math.max(...cases.map((sends) => sends.senders)))
  const rooms = await seedRooms(databaseUrl, 100, () => users)
  const contestants: Contestant[] = []
  try {
    for (const { name, file, env = {} } of servers) {
      contestants.push({ name, server: await bench.start(file, { databaseUrl, poolSize, env }) })
    }
    if (hasLimit) contestants.push({ name: limit, server: null })
    const stage = { contestants, users, rooms }
    for (const sends of cases.slice(0, 1))
      await measureCase({ ...bench, rounds: 1 }, sends, { ...stage, sendsMin: warmUpSends(bench) })
    const entries: Entry[] = []
    for (const sends of cases) {
      bench.say(sends.name)
      entries.push(...(await measureCase(bench, sends, stage)))
    }
    return entries
  } finally {
    for (const { server } of contestants) await server?.stop()
  }
}

interface Stage {
  readonly contestants: readonly Contestant[]
  readonly users: readonly SeededUser[]
  readonly rooms: readonly SeededRoom[]
  /** Sends before each measurement, at least. */
  readonly sendsMin?: number
}

function measureCase(
  bench: Bench,
  sends: SendCase,
  { contestants, users, rooms, sendsMin = 0 }: Stage,
): Promise<Entry[]> {
  const { rounds, measureMs } = bench
  // what has no server has no transport either: it is measured once
  const taking = contestants.filter(({ server }) => server !== null || sends.transport === 'HTTP')
  return alternate(taking, { rounds, name: sends.name }, async ({ server }) => {
    const count = server ? sends.senders : Math.min(sends.senders, connectionsMax)
    const senders = await Promise.all(
      users.slice(0, count).map((user, index) => {
        const room = rooms[index % sends.rooms]
        return openSender(bench, { server, transport: sends.transport, user, room: room as SeededRoom })
      }),
    )
    await sendFor(senders, measureMs / 4, Math.max(sendsMin, warmUpEach * count))
    const before = await server?.usage()
    const postgresBefore = bench.database.cpuMicros()
    const { perSecond, latenciesMs } = await sendFor(senders, measureMs)
    const after = await server?.usage()
    const postgresMicros = bench.database.cpuMicros() - postgresBefore
    for (const sender of senders) sender.end()
    const cpuMicros = (after?.cpuMicros ?? Number.NaN) - (before?.cpuMicros ?? Number.NaN)
    return {
      perSecond,
      p50: quantile(latenciesMs, 0.5),
      p99: quantile(latenciesMs, 0.99),
      cpu: cpuMicros / latenciesMs.length,
      postgres: postgresMicros / latenciesMs.length,
    }
  })
}

function openSender(
  { database }: Bench,
  {
    server,
    transport,
    user,
    room,
  }: { server: ServerProcess | null; transport: Transport; user: SeededUser; room: SeededRoom },
): Promise<Sender> {
  if (!server) return openPostgresSender({ databaseUrl: database.url, roomUuid: room.uuid, userId: user.uuid, body })
  const options = { url: server.url, token: user.token, userId: user.uuid, roomId: room.id, body }
  return transport === 'HTTP' ? openHttpSender(options) : openSocketSender(options)
}

function targetsOf(
  entries: readonly Entry[],
  { ratioMin, p99Max }: { ratioMin: number; p99Max: number | null },
): Target[] {
  const cases = [...new Set(entries.map((entry) => entry.case))].filter((name) => name.startsWith('128 senders'))
  return cases.flatMap((name) => {
    const kabar = entryOf(entries, name, ours)
    const ratio = ratioOf(kabar, entryOf(entries, name, prisma), 'perSecond')
    const p99 = medianOf(kabar, 'p99')
    return [
      { text: `${name}: at least ${ratioMin} × the sends of ${prisma}`, reached: ratio, met: ratio >= ratioMin },
      ...(p99Max === null ? [] : [{ text: `${name}: p99 below ${p99Max} ms`, reached: p99, met: p99 < p99Max }]),
    ]
  })
}

function notes(bench: Bench): string[] {
  return [
    `Every server has a pool of ${poolSize} connections to PostgreSQL, beside which Kabar has up to ${sendConnectionsMax} for sends. Kabar verifies a token per request; the others believe who sends.`,
    `PostgreSQL alone is asked over at most ${connectionsMax} connections. All are warm: each server has answered at least ${warmUpSends(bench).toLocaleString('en')} sends, and each sender ${warmUpEach}.`,
  ]
}
