// The part of the server's CPU that metrics and traces take, from CPU profiles.
//
// Servers with and without them were compared first: equal servers differ by 8 %, because each start compiles other code.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, Entry, Result, Target } from '../bench.ts'
import * as dialects from '../load/dialects.ts'
import { profilesIn, shareOf } from '../profiles.ts'
import { entryOf, medianOf } from '../ratios.ts'
import { createStarter, type StartProcess } from '../servers/process.ts'
import { measureAudience } from './fan-out.ts'
import { measureSendCases, type SendCase } from './sends.ts'

/** Interval of scrapes, three times as often as a Prometheus asks. */
const scrapeMs = 5_000

/** Something that observes: its settings, its files, and how many percent of the CPU it may take. */
interface Observer {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly files: RegExp
  readonly percentMax: number
}

const fanOut = { name: '500 subscribers, 10 a tick', perTick: 10, bodyBytes: 120 }
const sends: SendCase = { name: '128 senders, 100 rooms, HTTP', senders: 128, rooms: 100, transport: 'HTTP' }

/** Measures the CPU that metrics and traces take in fan-out and sends. */
export async function measureObservability(bench: Bench): Promise<Result> {
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'))
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  const observers: readonly Observer[] = [
    {
      name: 'metrics',
      env: { METRICS_PORT: '0' },
      files: /\/src\/metrics\/|\/src\/server-gauges\.ts|\/metrics-listener\.ts|\/prom-client\//,
      percentMax: 1,
    },
    {
      name: '1 % of traces',
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_TRACES_SAMPLER_ARG: '0.01' },
      files: /\/src\/tracing\/|\/@opentelemetry\//,
      percentMax: 3,
    },
  ]
  try {
    const entries: Entry[] = []
    for (const observer of observers) {
      if (bench.takes(fanOut.name)) entries.push(await profile(bench, observer, fanOut.name))
      if (bench.takes(sends.name)) entries.push(await profile(bench, observer, sends.name))
    }
    return {
      scenario: 'observability',
      title: 'The cost of metrics and traces',
      figures: [{ key: 'percent', title: 'share of the server CPU', unit: '%' }],
      entries,
      targets: observers.flatMap((observer) => targetsOf(observer, entries)),
      notes: [
        'Metrics are read every five seconds. Traces of one operation in a hundred go to a collector that takes them all.',
        'The share is that of their files in a CPU profile, with what Node and V8 do for them, without collecting their garbage.',
      ],
    }
  } finally {
    collector.close()
    collector.closeAllConnections()
  }
}

/** Runs a case, and reads from the profile of its server the share of an observer. */
async function profile(bench: Bench, { name, env, files }: Observer, caseName: string): Promise<Entry> {
  bench.say(`${name}: ${caseName}`)
  const directory = await mkdtemp(join(tmpdir(), 'kabar-profile-'))
  try {
    const start = scrapeAll(createStarter({ server: 'kabar', directory }))
    const servers = [{ name, env, file: 'servers/kabar.ts', dialect: dialects.kabar }]
    const own = { ...bench, start }
    if (caseName === fanOut.name) await measureAudience(own, { subscribers: 500, cases: [fanOut], servers })
    else await measureSendCases(own, { cases: [sends], servers, hasLimit: false })
    const rounds = profilesIn(directory).map((file) => ({ percent: 100 * shareOf(file, (url) => files.test(url)) }))
    return { case: caseName, contestant: name, rounds }
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Starts servers, and reads the metrics of those that serve them until they stop. */
function scrapeAll(start: StartProcess): StartProcess {
  return async (file, settings) => {
    const server = await start(file, settings)
    const { metricsUrl } = server
    if (metricsUrl === null) return server
    const scrape = setInterval(() => {
      fetch(metricsUrl)
        .then((response) => response.text())
        .catch(() => {}) // the server may stop meanwhile
    }, scrapeMs)
    return {
      ...server,
      stop() {
        clearInterval(scrape)
        return server.stop()
      },
    }
  }
}

function targetsOf({ name, percentMax }: Observer, entries: readonly Entry[]): Target[] {
  const cases = [...new Set(entries.map((entry) => entry.case))]
  return cases.map((caseName) => {
    const reached = medianOf(entryOf(entries, caseName, name), 'percent')
    return { text: `${caseName}, ${name}: at most ${percentMax} %`, reached, met: reached <= percentMax }
  })
}
