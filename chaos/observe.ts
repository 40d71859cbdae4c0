// Records a fault as Prometheus would see it: the metrics of all servers, once a second, and the alerts that fire on them.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const rulesFile = join(import.meta.dirname, '../deploy/prometheus/rules.yml')

/** A fault lasts seconds and alerts wait for minutes: each second of a run counts as a minute. */
const stretch = 60

/** As Prometheus waits for an answer, unless told otherwise, made shorter by the run. */
const scrapeMs = 5_000

/** A server that is observed. */
export interface Observed {
  readonly name: string
  readonly metricsUrl: string
}

/** The metrics of a run. */
export interface Recording {
  /** Values by series, such as `kabar_send_queue{instance="server 1"}`: one a second, null where there was none. */
  readonly series: ReadonlyMap<string, readonly (number | null)[]>
  readonly seconds: number
}

/** Records the metrics that the rules name, until it is stopped. */
export function startRecording(servers: readonly Observed[]): { stop(): Promise<Recording> } {
  const named = new Set(readFileSync(rulesFile, 'utf8').match(/\bkabar_\w+/g) ?? [])
  const series = new Map<string, (number | null)[]>()
  const running = new Set<Promise<void>>()
  let second = 0

  function note(key: string, at: number, value: number): void {
    const values = series.get(key) ?? []
    series.set(key, values)
    while (values.length <= at) values.push(null)
    values[at] = value
  }

  async function scrape({ name, metricsUrl }: Observed, at: number): Promise<void> {
    const place = `instance="${name}",job="kabar"`
    const text = await fetch(metricsUrl, { signal: AbortSignal.timeout(scrapeMs) })
      .then((response) => response.text())
      .catch(() => null)
    note(`up{${place}}`, at, text === null ? 0 : 1)
    for (const line of text?.split('\n') ?? []) {
      const [, metric = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (named.has(metric)) note(`${metric}{${labels === '' ? '' : `${labels},`}${place}}`, at, Number(value))
    }
  }

  const timer = setInterval(() => {
    for (const server of servers) {
      const scraping = scrape(server, second).finally(() => running.delete(scraping))
      running.add(scraping)
    }
    second += 1
  }, 1_000)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(running)
      return { series, seconds: second }
    },
  }
}

/**
 * Finds the alerts that fire on a recording, by `promtool`.
 *
 * @returns their names, in the order of the rules.
 */
export function firingAlerts({ series, seconds }: Recording): string[] {
  const names = [...readFileSync(rulesFile, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
  const folder = mkdtempSync(join(tmpdir(), 'kabar-observe-'))
  try {
    const input = Array.from(series, ([name, values]) => ({ series: name, values: values.map(textOf(name)).join(' ') }))
    const expected = names.flatMap((alertname) =>
      Array.from({ length: seconds }, (_, minute) => ({ eval_time: `${minute}m`, alertname, exp_alerts: [] })),
    )
    const file = join(folder, 'run.test.yml')
    const test = { interval: '1m', input_series: input, alert_rule_test: expected }
    // JSON is YAML
    writeFileSync(file, JSON.stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests: [test] }))
    const { stdout, stderr, error } = spawnSync('promtool', ['test', 'rules', file], {
      encoding: 'utf8',
      maxBuffer: 256 * 1_048_576,
    })
    if (error) throw new Error('promtool is not installed: it comes with Prometheus.', { cause: error })
    const failed = new Set([...`${stdout}${stderr}`.matchAll(/alertname: ?(\w+)/g)].map(([, name = '']) => name))
    const alien = `${stderr}`.includes('error') && failed.size === 0 ? stderr : null
    if (alien !== null) throw new Error(`promtool could not read the recording: ${alien.slice(0, 2_000)}`)
    return names.filter((name) => failed.has(name))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Writes the values of a series. A counter counts in a second what it would count in the minute that it stands for. */
function textOf(name: string): (value: number | null) => string {
  const factor = /^\w+(?:_total|_bucket|_count|_sum)\{/.test(name) ? stretch : 1
  return (value) => (value === null || Number.isNaN(value) ? '_' : String(value * factor))
}
