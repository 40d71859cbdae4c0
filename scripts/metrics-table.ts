// The table of metrics in docs/metrics.md. Every row comes from the code.

import { labelValuesMax, type MetricSpec, metricList, metricPrefix } from '../src/metrics/list.ts'

/** Makes the table of metrics from their list. */
export function metricsTable(): string {
  const rows = Object.entries<MetricSpec>(metricList).map(([name, { type, labels, help, meaning }]) => {
    const shown = Object.entries(labels).map(
      ([label, values]) => `\`${label}\`${values === 'open' ? '' : ` (${values.join(', ')})`}`,
    )
    return `| \`${metricPrefix}${name}\` | ${type} | ${shown.join('; ')} | ${help} ${meaning} |`
  })
  const note = `A label without a list of values has at most ${labelValuesMax} of them; further ones are \`other\`.`
  return [note, '', '| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows].join('\n')
}
