import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { createHistogram, type PlainHistogram } from './histogram.ts'
import { type MetricList, type MetricName, type MetricSpec, metricList, metricPrefix } from './list.ts'
import { createSeries, type Series } from './series.ts'

type NamesOf<Type extends MetricSpec['type']> = {
  [Name in MetricName]: MetricList[Name]['type'] extends Type ? Name : never
}[MetricName]

type Labels<Name extends MetricName> = MetricList[Name]['labels']

/** The labels of a metric, with a value for each. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<Extract<keyof Labels<Name>, string>, string>>

type IsUnion<Type, All = Type> = Type extends All ? ([All] extends [Type] ? false : true) : never

/** `total` without a label, the values of the only label if they are listed, and otherwise nothing. */
type PlainKey<All> = [keyof All] extends [never]
  ? 'total'
  : true extends IsUnion<keyof All>
    ? never
    : All[keyof All] extends readonly (infer Value extends string)[]
      ? Value
      : never

type Counts = {
  readonly [Name in NamesOf<'counter' | 'gauge'> as [PlainKey<Labels<Name>>] extends [never] ? never : Name]: Record<
    PlainKey<Labels<Name>>,
    number
  >
}

/** A value with the labels that it has. */
export interface Sample<Name extends MetricName> {
  readonly labels: LabelsOf<Name>
  readonly value: number
}

/** The metrics of one server: see `createMetrics`. */
export interface Metrics {
  /**
   * The counters and gauges with at most one label, as plain numbers: `counts.rings_total.here += 1`.
   *
   * Those without a label have the key `total`.
   */
  readonly counts: Counts
  /** Adds 1 to a counter, or another amount to a gauge, with any labels. */
  add<Name extends NamesOf<'counter' | 'gauge'>>(name: Name, labels: LabelsOf<Name>, amount?: number): void
  /** Adds a value to a histogram. */
  observe<Name extends NamesOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, value: number): void
  /** Calls back at each scrape for the values of a gauge. */
  read<Name extends NamesOf<'gauge'>>(
    name: Name,
    samples: () => readonly Sample<Name>[] | Promise<readonly Sample<Name>[]>,
  ): void
  /** Adds the figures of the process: CPU time, memory, garbage collection, event loop, files. They cannot be removed. */
  watchProcess(): void
  /** Renders all metrics in Prometheus' text format. */
  text(): Promise<string>
  /** The media type of the text. */
  readonly contentType: string
}

/**
 * Creates the metrics of one server, from the list.
 *
 * All paths add to plain numbers, which are copied at a scrape. A label without a list of values has at most
 * `labelValuesMax`: then it is `other`.
 */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const counts: Record<string, Record<string, number>> = {}
  const sums = new Map<string, Series<{ total: number }>>()
  const histograms = new Map<string, PlainHistogram>()
  const readers = new Map<string, () => readonly Sample<never>[] | Promise<readonly Sample<never>[]>>()
  for (const [name, spec] of Object.entries<MetricSpec>(metricList)) {
    const fullName = `${metricPrefix}${name}`
    if (spec.type === 'histogram') {
      histograms.set(name, createHistogram(registry, { name: fullName, spec }))
      continue
    }
    const plain = plainNumbers(spec)
    if (plain) counts[name] = plain
    const series = createSeries(spec.labels, () => ({ total: 0 }))
    sums.set(name, series)
    const labelNames = Object.keys(spec.labels)
    const Type = spec.type === 'counter' ? Counter : Gauge
    const metric: Counter | Gauge = new Type({
      ...{ name: fullName, help: spec.help, labelNames, registers: [registry] },
      async collect() {
        const reader = readers.get(name)
        if (reader) await copySamples(metric, reader)
        else {
          metric.reset()
          if (plain) copyNumbers(metric, { plain, label: labelNames[0] })
          for (const { labels, value } of series.all()) metric.inc({ ...labels }, value.total)
        }
      },
    })
  }

  return {
    // the record was made from the list, as its type was
    counts: counts as Metrics['counts'],
    add(name, labels, amount = 1) {
      const sum = sums.get(name)?.of(labels)
      if (sum) sum.total += amount
    },
    observe(name, labels, value) {
      histograms.get(name)?.observe(labels, value)
    },
    read(name, samples) {
      readers.set(name, samples)
    },
    watchProcess: () => collectDefaultMetrics({ register: registry, prefix: metricPrefix }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** Numbers for each value of the only label; null when there are several labels or their values are not listed. */
function plainNumbers({ labels }: MetricSpec): Record<string, number> | null {
  const [values, ...rest] = Object.values(labels)
  if (values === undefined) return { total: 0 }
  if (values === 'open' || rest.length > 0) return null
  return Object.fromEntries(values.map((value) => [value, 0]))
}

function copyNumbers(
  metric: Counter | Gauge,
  { plain, label }: { plain: Record<string, number>; label?: string | undefined },
) {
  for (const [value, number] of Object.entries(plain)) metric.inc(label === undefined ? {} : { [label]: value }, number)
}

async function copySamples(
  metric: Counter | Gauge,
  read: () => readonly Sample<never>[] | Promise<readonly Sample<never>[]>,
): Promise<void> {
  // a source that is away, such as the database, leaves its metric out
  const samples: readonly { labels: Record<string, string>; value: number }[] = await Promise.resolve()
    .then(read)
    .catch(() => [])
  metric.reset()
  for (const { labels, value } of samples) metric.inc(labels, value)
}
