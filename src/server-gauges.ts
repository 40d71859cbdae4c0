// The metrics that are read when Prometheus asks, from the parts of one server.

import { performance } from 'node:perf_hooks'
import packageJson from '../package.json' with { type: 'json' }
import { hashFigures } from './auth/passwords/hashing.ts'
import type { QueueFigures } from './concurrency/semaphore.ts'
import type { Config } from './config/config.ts'
import type { Database } from './database/client.ts'
import type { Feed } from './feed/feed.ts'
import type { UnsentBytes } from './http/unsent-bytes.ts'
import type { Images } from './media/images/pool.ts'
import type { Metrics, Sample } from './metrics/metrics.ts'

/** The parts of a server that have figures. */
export interface Gauged {
  readonly metrics: Metrics
  readonly config: Pick<Config, 'doorbell'>
  readonly database: Database
  readonly feed: Feed
  readonly bytes: UnsentBytes
  readonly images: Images
  /** The numbers of open event streams and WebSockets. */
  open(): { sse: number; websocket: number }
}

/** Lets the metrics read the figures of a server. */
export function readGauges(gauged: Gauged): void {
  const { metrics } = gauged
  readConnections(gauged)
  readFeed(gauged)
  readDatabase(gauged)
  const build = { version: packageJson.version, node: process.versions.node }
  metrics.read('build_info', () => [{ labels: build, value: 1 }])
  metrics.read('hash_queue', () => queueSamples(hashFigures()))
  metrics.read('image_queue', () => queueSamples(gauged.images.figures()))
  let before = performance.eventLoopUtilization()
  metrics.read('event_loop_utilization', () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return single(utilization)
  })
}

function readConnections({ metrics, bytes, open }: Gauged): void {
  metrics.read('connections', () => [
    { labels: { transport: 'tcp' }, value: bytes.figures().connections },
    ...Object.entries(open()).map(([transport, value]) => ({ labels: { transport }, value })),
  ])
  metrics.read('unsent_bytes', () => single(bytes.figures().unsentBytes))
  metrics.read('paused_sockets', () => single(bytes.figures().pausedSockets))
}

function readFeed({ metrics, feed, config }: Gauged): void {
  metrics.read('topics', () => single(feed.state().topics))
  metrics.read('events_behind', () => single(feed.state().eventsBehind))
  metrics.read('doorbell_state', () => {
    const { notifier } = feed.state()
    return ['listening', 'polling', 'away'].map((state) => ({
      labels: { via: config.doorbell.kind, state },
      value: state === notifier ? 1 : 0,
    }))
  })
}

function readDatabase({ metrics, database }: Gauged): void {
  metrics.read('pg_pool', () =>
    Object.entries(database.figures()).flatMap(([pool, { open, idle, waiting }]) =>
      Object.entries({ open, idle, waiting }).map(([state, value]) => ({ labels: { pool, state }, value })),
    ),
  )
  metrics.read('clock_ahead_seconds', () => single(database.clock.aheadMs() / 1_000))
  metrics.read('notification_queue_usage', async () => {
    const { rows } = await database.own.query<{ usage: number }>(
      '/* readGauges */ select pg_notification_queue_usage() as usage',
    )
    return single(rows[0]?.usage ?? 0)
  })
}

const single = (value: number): readonly Sample<'topics'>[] => [{ labels: {}, value }]

const queueSamples = (figures: QueueFigures) =>
  Object.entries(figures).map(([state, value]: [string, number]) => ({ labels: { state }, value }))
