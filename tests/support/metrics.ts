// Reads what a server tells Prometheus.

import type { KabarServer } from '../../src/server.ts'

/** One line of the text format. */
export interface MetricLine {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads all metrics of a server, as Prometheus would. */
export async function scrape({ metricsUrl }: Pick<KabarServer, 'metricsUrl'>): Promise<MetricLine[]> {
  if (metricsUrl === null) throw new Error('this server has no METRICS_PORT')
  const response = await fetch(metricsUrl)
  if (response.status !== 200) throw new Error(`${metricsUrl} answers ${response.status}`)
  return parseMetrics(await response.text())
}

/** Parses the text format. Fails on a line that is not in it. */
export function parseMetrics(text: string): MetricLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (name === '') throw new Error(`not a metric: ${line}`)
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text = '']) => [label, text])
      return { name, labels: Object.fromEntries(pairs), value: Number(value) }
    })
}

/** Adds up the values of a metric whose labels are as given. */
export function sumOf(
  lines: readonly MetricLine[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return lines
    .filter((line) => line.name === `kabar_${name}`)
    .filter((line) => Object.entries(labels).every(([label, value]) => line.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0)
}
