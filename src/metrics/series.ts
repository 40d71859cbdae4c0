import { type LabelValues, labelValuesMax } from './list.ts'

/** The labels of a value, each with its value. */
export type Labels = Readonly<Record<string, string>>

/** The values of one metric, by their labels. */
export interface Series<Value> {
  /** Returns the value with these labels, which is made at its first use. */
  of(labels: Labels): Value
  all(): Iterable<{ readonly labels: Labels; readonly value: Value }>
}

/**
 * Creates the values of a metric.
 *
 * Prometheus' client checks and hashes the labels at each use, which takes four times as long.
 *
 * A label without a list of values has at most `labelValuesMax`: then it is `other`.
 */
export function createSeries<Value>(
  specs: Readonly<Record<string, LabelValues>>,
  makeValue: () => Value,
): Series<Value> {
  const names = Object.keys(specs)
  const open = names.filter((name) => specs[name] === 'open').map((name) => ({ name, values: new Set<string>() }))
  const known = new Map<string, { labels: Labels; value: Value }>()

  function keyOf(labels: Labels): string {
    let key = ''
    for (const name of names) key += `${labels[name]}\n`
    return key
  }

  /** Bounds the values of open labels. Returns the same object when all are known, or among the first. */
  function bound(labels: Labels): Labels {
    let bounded = labels
    for (const { name, values } of open) {
      const value = labels[name] ?? ''
      if (values.has(value)) continue
      if (values.size < labelValuesMax) values.add(value)
      else bounded = { ...bounded, [name]: 'other' }
    }
    return bounded
  }

  function of(labels: Labels): Value {
    const found = known.get(keyOf(labels))
    if (found) return found.value
    const bounded = bound(labels)
    const key = keyOf(bounded)
    const made = known.get(key) ?? { labels: { ...bounded }, value: makeValue() }
    known.set(key, made)
    return made.value
  }

  return { of, all: () => known.values() }
}
