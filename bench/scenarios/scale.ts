// Tells whether what a client asks takes longer where there is much more of it.

import { alternate, type Bench, type Entry, poolSize, type Result, type Target } from '../bench.ts'
import { type HttpConnection, openHttp } from '../load/http.ts'
import { entryOf, medianOf, ratioOf } from '../ratios.ts'
import { type Extent, type ScaleStage, seedScale } from '../scale-seed.ts'
import type { SeededUser } from '../seed.ts'
import type { ServerProcess } from '../servers/process.ts'
import { quantile } from '../statistics.ts'
import { type Ask, crowdCases, historyCases, listCases, type ScaleCase } from './scale-cases.ts'

const extents: Readonly<Record<Bench['extent'], Extent>> = {
  quick: { messages: 20_000, rooms: 5_000, members: 2_000, users: 5_000 },
  normal: { messages: 200_000, rooms: 20_000, members: 10_000, users: 20_000 },
  full: { messages: 1_000_000, rooms: 100_000, members: 10_000, users: 100_000 },
}
const ratioMax = 1.5
const measureMsMax = 1_000
const [small, large] = ['little', 'much']

/** Measures what a client asks of small rooms and of large ones. */
export async function measureScale(bench: Bench): Promise<Result> {
  const extent = extents[bench.extent]
  bench.say(`fills tables: ${extent.messages.toLocaleString('en')} messages and more`)
  const stage = await seedScale(bench.database.url, extent)
  const cases = [...historyCases(stage, extent), ...crowdCases(stage, extent), ...listCases(stage, extent)].filter(
    ({ name }) => bench.takes(name),
  )
  const entries: Entry[] = []
  const server = await bench.start('servers/kabar.ts', { databaseUrl: bench.database.url, poolSize })
  try {
    for (const one of cases) {
      bench.say(one.name)
      // for each case anew: the server closes connections that have been idle
      const askers = await openAskers(server, stage)
      entries.push(...(await measureCase(bench, { one, server, askers })))
      for (const connection of askers.values()) connection.end()
    }
  } finally {
    await server.stop()
  }
  return {
    scenario: 'scale',
    title: 'The same, where there is little and where there is much',
    figures: [
      { key: 'p50', title: 'p50', unit: 'ms' },
      { key: 'p95', title: 'p95', unit: 'ms' },
      { key: 'statements', title: 'statements per request', unit: '' },
    ],
    reference: small,
    entries,
    targets: cases.flatMap((one) => targetsOf(one, entries)),
    notes: [
      'One connection asks in a closed loop. Statements are those of the whole server: a slow request gets some of its chores.',
      'The rooms of the viewer are searched, of which one holds nearly all messages. Every tenth message has reactions, every twentieth a file.',
    ],
  }
}

type Askers = ReadonlyMap<SeededUser, HttpConnection>

async function openAskers(server: ServerProcess, { viewer, author, newcomer }: ScaleStage): Promise<Askers> {
  const open = async (user: SeededUser) =>
    [user, await openHttp(server.url, { authorization: `Bearer ${user.token}` })] as const
  return new Map(await Promise.all([viewer, author, newcomer].map(open)))
}

async function measureCase(
  bench: Bench,
  { one, server, askers }: { one: ScaleCase; server: ServerProcess; askers: Askers },
): Promise<Entry[]> {
  const contestants = [
    ...(one.small ? [{ name: small, ask: one.small, before: one.before?.small }] : []),
    { name: large, ask: one.large, before: one.before?.large },
  ]
  const ms = Math.min(bench.measureMs, measureMsMax)
  for (const { ask, before } of contestants) {
    for (let request = 0; request < warmUpRequests; request++) {
      if (before) await post(askers, before())
      await post(askers, ask())
    }
  }
  return alternate(contestants, { rounds: bench.rounds, name: one.name }, async ({ ask, before }) => {
    const latenciesMs: number[] = []
    let statements = 0
    for (const until = performance.now() + ms; performance.now() < until || latenciesMs.length < 3; ) {
      if (before) await post(askers, before())
      const usedBefore = latenciesMs.length < countedRequests ? await server.usage() : null
      const startedAt = performance.now()
      await post(askers, ask())
      latenciesMs.push(performance.now() - startedAt)
      if (usedBefore) statements += (await server.usage()).statements - usedBefore.statements
    }
    return {
      p50: quantile(latenciesMs, 0.5),
      p95: quantile(latenciesMs, 0.95),
      statements: statements / Math.min(latenciesMs.length, countedRequests),
    }
  })
}

/** Requests before the measurement: a connection takes longer when it reads a part of a table or an index first. */
const warmUpRequests = 10

/** Statements are counted in so many requests of a round: asking for the count takes time too. */
const countedRequests = 20

async function post(askers: Askers, { viewer, query, variables }: Ask): Promise<void> {
  const answer = await askers.get(viewer)?.post(JSON.stringify({ query, variables }))
  if (answer === undefined || answer.includes('"errors"')) throw new Error(`${query}\nfailed: ${answer}`)
}

function targetsOf({ name, statementsMax, p95MsMax, small: compared }: ScaleCase, entries: readonly Entry[]): Target[] {
  const targets: Target[] = []
  const entry = entryOf(entries, name, large)
  if (compared) {
    const ratio = ratioOf(entry, entryOf(entries, name, small), 'p50')
    targets.push({ text: `${name}: at most ${ratioMax} × the time`, reached: ratio, met: ratio <= ratioMax })
  }
  if (statementsMax) {
    const statements = medianOf(entry, 'statements')
    const met = Math.round(statements) <= statementsMax
    targets.push({ text: `${name}: at most ${statementsMax} statements`, reached: statements, met })
  }
  if (p95MsMax) {
    const p95 = medianOf(entry, 'p95')
    targets.push({ text: `${name}: p95 at most ${p95MsMax} ms`, reached: p95, met: p95 <= p95MsMax })
  }
  return targets
}
