// `npm run bench`: how fast Kabar is on this machine, and compared to what.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, Result } from './bench.ts'
import { compareRuns, readRun } from './compare.ts'
import { openBenchDatabase } from './database.ts'
import { drawRun } from './draw.ts'
import { busyWith, describeMachine, readLoad } from './machine.ts'
import { installPeers, readVersions } from './peers.ts'
import { formatProfiles } from './profiles.ts'
import { formatHead, formatResult } from './report.ts'
import { measureCapacity } from './scenarios/capacity.ts'
import { measureDocuments } from './scenarios/documents.ts'
import { measureFanOut } from './scenarios/fan-out.ts'
import { measureIdle } from './scenarios/idle.ts'
import { measureLatency } from './scenarios/latency.ts'
import { measureObservability } from './scenarios/observability.ts'
import { measureReads } from './scenarios/reads.ts'
import { measureReplica } from './scenarios/replica.ts'
import { measureRows } from './scenarios/rows.ts'
import { measureScale } from './scenarios/scale.ts'
import { measureSends, measureSlowDisk } from './scenarios/sends.ts'
import { createStarter } from './servers/process.ts'

const scenarios: Readonly<Record<string, (bench: Bench) => Promise<Result>>> = {
  'fan-out': measureFanOut,
  sends: measureSends,
  'slow-disk': measureSlowDisk,
  latency: measureLatency,
  idle: measureIdle,
  reads: measureReads,
  documents: measureDocuments,
  observability: measureObservability,
  scale: measureScale,
  capacity: measureCapacity,
  rows: measureRows,
  replica: measureReplica,
}
const withPeers = new Set(['fan-out', 'reads'])
const longer = new Set(['observability', 'scale'])

const usage = `Measures Kabar against its peers: npm run bench -- [options]

  --quick            a look in less than two minutes: fewer cases, shorter measurements, no scale or observability
  --full             also what takes long: a room with a million messages, and a table with ten millions
  --only <scenario>  one of ${Object.keys(scenarios).join(', ')}; may be given again. rows and replica are measured only where they are named
  --case <words>     only the cases whose names have all these words, such as 128/http
  --compare <before.json> <after.json>  what moved between two runs, instead of a run
  --html <run.json>  draws a run: writes a page beside its file, and the plots beside the page, instead of a run
  --profile <server> writes CPU profiles of a file of bench/servers or bench/peers, such as kabar, to bench/results

DATABASE_URL names a PostgreSQL to use in place of the embedded one: a database is made in it, and removed.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    case: { type: 'string', default: '' },
    compare: { type: 'boolean', default: false },
    html: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
// what fills tables, and what differs by a hundredth, takes longer than a look; rows takes much longer, and replica copies all
const onlyNamed = new Set(['rows', 'replica'])
const everything = Object.keys(scenarios).filter((name) => !onlyNamed.has(name) && !(values.quick && longer.has(name)))
const chosen = values.only.length > 0 ? values.only : everything
const words = values.case.toLowerCase().split('/')
const unknown = chosen.filter((name) => !(name in scenarios))
if (values.help || unknown.length > 0) {
  console.log(usage)
  if (unknown.length > 0) console.error(`\nThere is no scenario ${unknown.join(', ')}.`)
  process.exit(unknown.length > 0 ? 1 : 0)
}
if (values.compare) console.log(compareRuns(positionals.map(readRun)))
else if (values.html) console.log(drawRun(positionals).join('\n'))
else await main()

async function main(): Promise<void> {
  const startedAt = new Date()
  const directory = join(import.meta.dirname, 'results')
  mkdirSync(directory, { recursive: true })
  const seconds = () => Math.round((Date.now() - startedAt.getTime()) / 1_000)
  const say = (text: string) => console.error(`· ${String(seconds()).padStart(4)} s  ${text}`)
  const hasPeers = chosen.some((name) => withPeers.has(name)) && installPeers(say)
  // biome-ignore lint/style/noProcessEnv: the one setting
  const database = await openBenchDatabase(process.env.DATABASE_URL)
  let closing: Promise<void> | null = null
  const close = () => {
    closing ??= database.close()
    return closing
  }
  // PostgreSQL would outlive this process and keep its folder
  const giveUp = (error: unknown) => {
    if (closing && !(error instanceof Error)) return
    console.error(error)
    process.exitCode = 1
    void close().finally(() => process.exit(1))
  }
  process.on('uncaughtException', giveUp).on('SIGINT', giveUp).on('SIGTERM', giveUp)
  const results: Result[] = []
  const file = join(directory, `${startedAt.toISOString().replaceAll(':', '-').slice(0, 19)}.json`)
  try {
    const machine = describeMachine(database.directory ?? undefined)
    const versions = { node: process.versions.node, postgresql: database.version, ...readVersions(hasPeers) }
    const conditions = {
      ...{ machine, versions, commitMs: await database.commitMs(), isOurs: database.directory !== null },
    }
    console.log(formatHead(conditions))
    const bench: Bench = {
      database,
      hasPeers,
      start: createStarter(values.profile ? { server: values.profile, directory } : null),
      extent: values.quick ? 'quick' : values.full ? 'full' : 'normal',
      rounds: values.quick ? 3 : 5,
      measureMs: values.quick ? 350 : 2_000,
      takes: (caseName) => words.every((word) => caseName.toLowerCase().includes(word)),
      say,
    }
    for (const [name, measure] of Object.entries(scenarios)) {
      if (!chosen.includes(name)) continue
      const busy = busyWith(await readLoad())
      try {
        const result = { ...(await measure(bench)), busy }
        results.push(result)
        console.log(formatResult(result))
      } catch (error) {
        // a peer that fails takes only its scenario away
        console.error(`\n${name} failed:`, error)
        process.exitCode = 1
      }
      writeFileSync(file, `${JSON.stringify({ startedAt, ...conditions, results }, null, 2)}\n`)
    }
    if (values.profile) console.log(formatProfiles(directory, startedAt))
    say(`done; also as ${file}`)
  } finally {
    await close()
  }
}
