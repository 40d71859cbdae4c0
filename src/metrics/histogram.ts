import type { Metric, MetricValueWithName, Registry } from 'prom-client'
import type { MetricSpec } from './list.ts'
import { createSeries, type Labels } from './series.ts'

/** A histogram of plain numbers. */
export interface PlainHistogram {
  observe(labels: Labels, value: number): void
}

interface Distribution {
  /** How many values are in each bucket; the last is for those above all bounds. */
  readonly counts: number[]
  sum: number
}

/** Creates a histogram and registers it. Its numbers are read at a scrape. */
export function createHistogram(
  registry: Registry,
  { name, spec: { labels, help, buckets = [] } }: { readonly name: string; readonly spec: MetricSpec },
): PlainHistogram {
  const series = createSeries<Distribution>(labels, () => ({ counts: [...buckets, 0].fill(0), sum: 0 }))
  // without labels it is there from the beginning
  if (Object.keys(labels).length === 0) series.of({})

  // what a registry reads of a metric; its type lists the classes of the library
  const metric = {
    name,
    get: async () => ({
      ...{ name, help, type: 'histogram' },
      values: [...series.all()].flatMap((one) => samplesOf(name, buckets, one)),
    }),
  }
  registry.registerMetric(metric as unknown as Metric)
  return {
    observe(of, value) {
      const distribution = series.of(of)
      const { counts } = distribution
      let bucket = 0
      while (bucket < buckets.length && value > (buckets[bucket] ?? 0)) bucket++
      counts[bucket] = (counts[bucket] ?? 0) + 1
      distribution.sum += value
    },
  }
}

/** Writes a distribution as Prometheus has it: each bucket counts what is in the smaller ones too. */
function samplesOf(
  name: string,
  buckets: readonly number[],
  { labels, value: { counts, sum } }: { readonly labels: Labels; readonly value: Distribution },
): MetricValueWithName<string>[] {
  let count = 0
  const cumulative = counts.map((inBucket, index) => {
    count += inBucket
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(buckets[index] ?? '+Inf') }, value: count }
  })
  return [
    ...cumulative,
    { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
    { metricName: `${name}_count`, labels: { ...labels }, value: count },
  ]
}
