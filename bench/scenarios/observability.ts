// The cost of metrics and traces, against the same server without them.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Bench, type Entry, ours, type Result, type Target } from '../bench.ts'
import * as dialects from '../load/dialects.ts'
import { entryOf, ratioOf } from '../ratios.ts'
import type { StartProcess } from '../servers/process.ts'
import { measureAudience } from './fan-out.ts'
import { measureSendCases, type SendCase } from './sends.ts'

const withMetrics = 'with metrics'
const withTraces = 'with 1 % of traces'

/** The largest ratio of CPU to that of the plain server. */
const ratioMax: Readonly<Record<string, number>> = { [withMetrics]: 1.01, [withTraces]: 1.03 }

/** Interval of scrapes: a Prometheus asks every 15 seconds, which is longer than a measurement. */
const scrapeMs = 1_000

const fanOut = { name: '500 subscribers, 10 a tick', perTick: 10, bodyBytes: 120 }
const sends: SendCase = { name: '128 senders, 100 rooms, HTTP', senders: 128, rooms: 100, transport: 'HTTP' }

/** Measures the CPU that metrics and traces take in fan-out and sends. */
export async function measureObservability(bench: Bench): Promise<Result> {
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'))
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_TRACES_SAMPLER_ARG: '0.01' }
  const variants: readonly { name: string; env: Readonly<Record<string, string>> }[] = [
    { name: ours, env: {} },
    { name: withMetrics, env: { METRICS_PORT: '0' } },
    { name: withTraces, env: traces },
  ]
  const scraped = { ...bench, rounds: bench.rounds * 3, start: scrapeAll(bench.start) }
  const servers = variants.map((variant) => ({ ...variant, file: 'servers/kabar.ts', dialect: dialects.kabar }))
  try {
    bench.say(`metrics and traces: ${fanOut.name}`)
    const cases = bench.takes(fanOut.name) ? [fanOut] : []
    const entries = await measureAudience(scraped, { subscribers: 500, cases, servers })
    const sendCases = bench.takes(sends.name) ? [sends] : []
    entries.push(...(await measureSendCases(scraped, { cases: sendCases, servers, hasLimit: false })))
    return {
      scenario: 'observability',
      title: 'The cost of metrics and traces',
      figures: [
        { key: 'cpu', title: 'server CPU per delivery or send', unit: 'µs' },
        { key: 'postgres', title: 'PostgreSQL CPU', unit: 'µs' },
      ],
      entries,
      targets: targetsOf(entries),
      notes: [
        `Metrics are read once a second. Traces of one operation in a hundred go to a collector that takes them all.`,
        'The servers differ in nothing else, and take turns.',
      ],
    }
  } finally {
    collector.close()
    collector.closeAllConnections()
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

function targetsOf(entries: readonly Entry[]): Target[] {
  const cases = [...new Set(entries.map((entry) => entry.case))]
  return cases.flatMap((name) =>
    Object.entries(ratioMax).map(([contestant, max]) => {
      const reached = ratioOf(entryOf(entries, name, contestant), entryOf(entries, name, ours), 'cpu')
      return { text: `${name}, ${contestant}: at most ${max} × ${ours}`, reached, met: reached <= max }
    }),
  )
}
