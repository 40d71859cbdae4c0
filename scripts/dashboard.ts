// The dashboard of Grafana, deploy/grafana/kabar.json. `npm run docs` writes it.

import { type MetricName, metricList, metricPrefix } from '../src/metrics/list.ts'

interface Query {
  readonly expr: string
  readonly legend: string
}

interface Panel {
  readonly title: string
  readonly about: string
  readonly unit: 's' | 'ops' | 'short' | 'bytes' | 'percentunit'
  readonly queries: readonly Query[]
}

const selector = 'instance=~"$instance"'
const name = (metric: MetricName) => `${metricPrefix}${metric}`
const figure = (metric: MetricName, more = '') => `${name(metric)}{${selector}${more}}`
const rate = (metric: MetricName, by: string, more = '') =>
  `sum by (${by}) (rate(${figure(metric, more)}[$__rate_interval]))`
const quantile = (metric: MetricName, part: number) =>
  `histogram_quantile(${part}, sum by (le) (rate(${name(metric)}_bucket{${selector}}[$__rate_interval])))`
const quantiles = (metric: MetricName): Query[] =>
  [0.5, 0.95, 0.99].map((part) => ({ expr: quantile(metric, part), legend: `p${part * 100}` }))
const meaningOf = (metric: MetricName) => metricList[metric].meaning
const by = (metric: MetricName, label: string): Query[] => [{ expr: rate(metric, label), legend: `{{${label}}}` }]
const sum = (metric: MetricName, label: string): Query[] => [
  { expr: `sum by (${label}) (${figure(metric)})`, legend: `{{${label}}}` },
]

const rows: Readonly<Record<string, readonly Panel[]>> = {
  'Service level': [
    of('delivery_lag_seconds', 'Delivery lag', 's', quantiles('delivery_lag_seconds')),
    of('resumes_total', 'Resumes', 'ops', by('resumes_total', 'result')),
    of('operations_total', 'Errors of the server', 'ops', [
      { expr: rate('operations_total', 'code', ',code=~"INTERNAL|SERVICE_UNAVAILABLE"'), legend: '{{code}}' },
    ]),
    of('operation_seconds', 'Latency of operations', 's', quantiles('operation_seconds')),
  ],
  Load: [
    of('connections', 'Connections', 'short', sum('connections', 'transport')),
    of('subscriptions', 'Subscriptions', 'short', sum('subscriptions', 'field')),
    of('operations_total', 'Operations', 'ops', by('operations_total', 'field')),
    of('event_loop_utilization', 'Event loop', 'percentunit', [
      { expr: figure('event_loop_utilization'), legend: '{{instance}}' },
    ]),
    of('socket_closes_total', 'Closed sockets', 'ops', by('socket_closes_total', 'code')),
    of('presence_connections', 'Presence', 'short', sum('presence_connections', 'instance')),
  ],
  Sends: [
    of('send_seconds', 'Time of sends', 's', quantiles('send_seconds')),
    of('send_batch_size', 'Messages per batch', 'short', quantiles('send_batch_size')),
    of('send_queue', 'Waiting sends', 'short', sum('send_queue', 'instance')),
  ],
  'Fan-out': [
    of('deliveries_total', 'Deliveries', 'ops', by('deliveries_total', 'transport')),
    of('executions_total', 'Executions', 'ops', by('executions_total', 'for')),
    of('replayed_events_total', 'Replayed events', 'ops', by('replayed_events_total', 'from')),
    of('replica_reads_total', 'Reads with a replica', 'ops', by('replica_reads_total', 'answer')),
    of('events_behind', 'Events behind', 'short', sum('events_behind', 'instance')),
    of('unsent_bytes', 'Unsent bytes', 'bytes', sum('unsent_bytes', 'instance')),
    of('subscriber_stalls_total', 'Slow readers', 'ops', by('subscriber_stalls_total', 'instance')),
    of('connections_dropped_total', 'Dropped connections', 'ops', by('connections_dropped_total', 'reason')),
    of('hints_dropped_total', 'Dropped hints', 'ops', by('hints_dropped_total', 'reason')),
  ],
  'Between servers': [
    of('rings_total', 'Rings', 'ops', by('rings_total', 'via')),
    of('ring_lag_seconds', 'Lag of rings', 's', quantiles('ring_lag_seconds')),
    of('doorbell_state', 'State of notifications', 'short', sum('doorbell_state', 'state')),
    of('sweep_finds_total', 'Lost rings', 'ops', by('sweep_finds_total', 'instance')),
    of('notification_queue_usage', 'Notification queue', 'percentunit', [
      { expr: `max(${figure('notification_queue_usage')})`, legend: 'used' },
    ]),
    of('clock_ahead_seconds', 'Clock', 's', [{ expr: figure('clock_ahead_seconds'), legend: '{{instance}}' }]),
  ],
  Database: [
    of('pg_pool', 'Connections', 'short', [
      { expr: `sum by (pool, state) (${figure('pg_pool')})`, legend: '{{pool}} {{state}}' },
    ]),
    of('pg_seconds', 'Busiest statements', 'short', [
      {
        expr: `topk(10, sum by (statement) (rate(${name('pg_seconds')}_sum{${selector}}[$__rate_interval])))`,
        legend: '{{statement}}',
      },
    ]),
    of('pg_errors_total', 'Failed statements', 'ops', by('pg_errors_total', 'class')),
    of('chore_seconds', 'Background jobs', 'short', [
      {
        expr: `sum by (chore, outcome) (increase(${name('chore_seconds')}_count{${selector}}[1h]))`,
        legend: '{{chore}} {{outcome}}',
      },
    ]),
  ],
  Limits: [
    of('rate_limited_total', 'Rate limits', 'ops', by('rate_limited_total', 'kind')),
    of('sign_ins_total', 'Sign-ins', 'ops', [
      { expr: rate('sign_ins_total', 'kind, outcome'), legend: '{{kind}} {{outcome}}' },
    ]),
    of('hash_queue', 'Passwords', 'short', sum('hash_queue', 'state')),
    of('image_queue', 'Images', 'short', sum('image_queue', 'state')),
    of('media_bytes_total', 'Files', 'bytes', by('media_bytes_total', 'direction')),
  ],
}

function of(metric: MetricName, title: string, unit: Panel['unit'], queries: readonly Query[]): Panel {
  return { title, about: meaningOf(metric), unit, queries }
}

/** The queries of all panels, by title. */
export const dashboardQueries: readonly { readonly title: string; readonly expr: string }[] = Object.values(rows)
  .flat()
  .flatMap(({ title, queries }) => queries.map(({ expr }) => ({ title, expr })))

const width = 8
const height = 8
const columns = 24 / width
const datasource = { type: 'prometheus', uid: '$datasource' }

/** Makes the dashboard as JSON. */
export function dashboardJson(): string {
  const panels: object[] = []
  let y = 0
  for (const [row, items] of Object.entries(rows)) {
    panels.push({ id: panels.length + 1, type: 'row', title: row, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] })
    y += 1
    for (const [index, item] of items.entries()) {
      const gridPos = { x: (index % columns) * width, y: y + Math.floor(index / columns) * height, w: width, h: height }
      panels.push(panelOf(item, { id: panels.length + 1, gridPos }))
    }
    y += Math.ceil(items.length / columns) * height
  }
  return `${JSON.stringify({ ...frame, panels }, null, 2)}\n`
}

function panelOf({ title, about, unit, queries }: Panel, place: object): object {
  return {
    ...place,
    type: 'timeseries',
    title,
    description: about,
    datasource,
    fieldConfig: { defaults: { unit, min: unit === 'percentunit' ? 0 : undefined }, overrides: [] },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource,
      expr,
      legendFormat: legend,
    })),
  }
}

const frame = {
  uid: 'kabar',
  title: 'Kabar',
  tags: ['kabar'],
  schemaVersion: 39,
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
      {
        ...{ name: 'instance', type: 'query', label: 'Server', datasource, multi: true, includeAll: true },
        ...{ allValue: '.*', query: `label_values(${name('build_info')}, instance)`, refresh: 2 },
      },
    ],
  },
  annotations: { list: [] },
}
