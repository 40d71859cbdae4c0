// All metrics of a server. docs/metrics.md, the dashboard and the checks of the alert rules are made from this list.

/** Values that a label without a list may have; one more counts as `other`. */
export const labelValuesMax = 300

const transport = ['http', 'sse', 'websocket'] as const
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** The values of a label: a list, or `open` for those found while the server runs. */
export type LabelValues = readonly string[] | 'open'

/** A metric: its type, labels, help text, and what operators read from it. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: Readonly<Record<string, LabelValues>>
  readonly help: string
  readonly meaning: string
  /** The upper bounds of a histogram. */
  readonly buckets?: readonly number[]
}

/** All metrics, without the prefix `kabar_` of their names. */
export const metricList = {
  build_info: {
    type: 'gauge',
    labels: { version: 'open', node: 'open' },
    help: 'The version of Kabar and of Node.js; the value is 1.',
    meaning: 'Marks deploys: the version changes, and the process starts again.',
  },
  connections: {
    type: 'gauge',
    labels: { transport: ['tcp', ...transport.slice(1)] },
    help: 'Open connections; `tcp` counts them all, with those of the other kinds.',
    meaning: 'Load. A sudden fall is a deploy, a network fault, or a proxy that closes sockets.',
  },
  subscriptions: {
    type: 'gauge',
    labels: { transport: ['sse', 'websocket'], field: 'open' },
    help: 'Running subscriptions by root field.',
    meaning: 'Load of the feed: memory and deliveries grow with it.',
  },
  topics: {
    type: 'gauge',
    labels: {},
    help: 'Topics with subscribers on this server.',
    meaning: 'Reads of the feed grow with it; deliveries per topic show how well they are shared.',
  },
  socket_closes_total: {
    type: 'counter',
    labels: {
      code: [
        ...['1000', '1001', '1005', '1006', '1007', '1009', '1012', '1013'],
        ...['4400', '4401', '4403', '4406', '4408', '4409', '4429', 'other'],
      ],
    },
    help: 'Closed WebSockets by close code.',
    meaning:
      '1000, 1001 and 1005 are clients that leave; 1006 is a broken network; 1012 a deploy; 1013 an overload, a slow reader or a flood; 4403 an ended session.',
  },
  operations_total: {
    type: 'counter',
    labels: { transport, type: ['query', 'mutation', 'subscription', 'none'], field: 'open', code: 'open' },
    help: 'Answered operations by root field (`several` with more than one) and code of the first error, or `OK`. A subscription counts when it starts.',
    meaning:
      'Load and errors. INTERNAL is a fault of Kabar, SERVICE_UNAVAILABLE an overload or the database; other codes are made by clients.',
  },
  operation_seconds: {
    type: 'histogram',
    labels: { transport, type: ['query', 'mutation', 'subscription', 'none'] },
    help: 'Time from the arrival of an operation to its answer.',
    meaning: 'Latency as clients see it, without the network.',
    buckets: seconds,
  },
  send_seconds: {
    type: 'histogram',
    labels: { outcome: ['stored', 'refused', 'failed'] },
    help: 'Time from the queue of sends to the answer after COMMIT.',
    meaning: 'The write path: the disk of PostgreSQL, locks, and the queue. `failed` is an overload or the database.',
    buckets: seconds,
  },
  send_batch_size: {
    type: 'histogram',
    labels: {},
    help: 'Messages per transaction of sends.',
    meaning: 'Group commit: large batches mean that COMMIT is slow or that many send at once.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  },
  send_queue: {
    type: 'gauge',
    labels: {},
    help: 'Sends that wait for a transaction.',
    meaning: 'Near 5,000 further sends are refused with SERVICE_UNAVAILABLE.',
  },
  delivery_lag_seconds: {
    type: 'histogram',
    labels: {},
    help: 'Time from the transaction of an event to its write to the sockets of this server, by the clock of PostgreSQL; once per page of a topic, for its oldest event.',
    meaning:
      'The service level: how late messages are. Seconds mean lost rings, a slow database, or a busy event loop.',
    buckets: seconds,
  },
  resumes_total: {
    type: 'counter',
    labels: { result: ['exact', 'too_old', 'diverged', 'other'] },
    help: 'Subscriptions that continued from a cursor: `exact` missed nothing; `too_old` and `diverged` had to resync; `other` ended before.',
    meaning:
      'Tells whether the promise holds in the field. `too_old`: raise FEED_DAYS. `diverged`: a restore, or a client of another database.',
  },
  replica_reads_total: {
    type: 'counter',
    labels: { answer: ['replica', 'primary', 'refused'] },
    help: 'Pages of history, catch-ups, searches and exports, with DATABASE_REPLICA_URL: by the `replica`; by the `primary`, because the replica was not in use, failed or lacks the room; or by the primary because the answer of the replica was `refused` as too old.',
    meaning:
      'What the replica takes from the primary. Many `refused`: it is behind. Many `primary`: it is away or more than 15 s behind.',
  },
  replayed_events_total: {
    type: 'counter',
    labels: { from: ['memory', 'database'] },
    help: 'Events delivered to subscribers that were behind.',
    meaning: 'The cost of reconnects; a deploy shows as a peak. `database` costs reads, `memory` none.',
  },
  deliveries_total: {
    type: 'counter',
    labels: { transport: ['sse', 'websocket'] },
    help: 'Events, control messages and hints handed to connections.',
    meaning: 'Outgoing load. Divided by `executions_total` it shows how well the fan-out shares.',
  },
  executions_total: {
    type: 'counter',
    labels: { for: ['all', 'viewer'] },
    help: 'Executions of subscriptions: for all viewers at once, or for one.',
    meaning:
      'CPU time of the fan-out. Many for one viewer: clients select fields that depend on the viewer, or use SSE.',
  },
  events_behind: {
    type: 'gauge',
    labels: {},
    help: 'Events that were rung for topics of this server and are not delivered yet.',
    meaning: 'Grows while the database or this server cannot keep up.',
  },
  subscriber_stalls_total: {
    type: 'counter',
    labels: {},
    help: 'Subscribers set back because their connection was full.',
    meaning: 'Slow readers. Many at once: the network of this server, or an attack.',
  },
  unsent_bytes: {
    type: 'gauge',
    labels: {},
    help: 'Unsent bytes of all connections.',
    meaning: 'Memory taken by slow readers; above an eighth of the heap the worst is dropped.',
  },
  paused_sockets: {
    type: 'gauge',
    labels: {},
    help: 'WebSockets that are not read because they have too many unsent bytes.',
    meaning: 'Slow readers at this moment.',
  },
  connections_dropped_total: {
    type: 'counter',
    labels: { reason: ['stalled', 'serverFull', 'pipelined', 'dead', 'flood', 'refused'] },
    help: 'Connections dropped by this server: `dead` did not answer a ping, `flood` sent too many messages, `refused` were too many of one address.',
    meaning: 'Slow readers, dead networks and attacks. `serverFull` is an attack or too little memory.',
  },
  rings_total: {
    type: 'counter',
    labels: { via: ['here', 'notification'] },
    help: 'Rings of topics that were heard: of writes of this server, and by notification of all servers, this one included.',
    meaning: 'Writes of the deployment. Without `notification` nothing arrives from other servers.',
  },
  ring_lag_seconds: {
    type: 'histogram',
    labels: {},
    help: 'Time from COMMIT on a server to the arrival of its ring by notification.',
    meaning: 'The part of the delivery lag that is PostgreSQL’s NOTIFY, or the bus.',
    buckets: seconds,
  },
  doorbell_state: {
    type: 'gauge',
    labels: { via: ['postgres', 'nats', 'redis'], state: ['listening', 'polling', 'away'] },
    help: 'How this server hears of writes of other servers: 1 for the current state.',
    meaning:
      '`polling`: a pooler in transaction mode or a bus that is away, messages are up to 250 ms late. `away`: the connection is lost.',
  },
  sweep_finds_total: {
    type: 'counter',
    labels: {},
    help: 'Topics whose events the sweep found, and whose ring did not arrive afterwards.',
    meaning: 'Rings get lost: events arrive seconds late. Look at the notification queue and at poolers.',
  },
  pg_pool: {
    type: 'gauge',
    labels: { pool: ['requests', 'lookups', 'own', 'sends'], state: ['open', 'idle', 'waiting'] },
    help: 'Connections to PostgreSQL, and callers that wait for one.',
    meaning: 'Waiting callers: raise DATABASE_POOL_SIZE, or find the slow statement.',
  },
  pg_seconds: {
    type: 'histogram',
    labels: { statement: 'open' },
    help: 'Time of statements by the function that sends them, as seen by the server; those of Prisma by their verb and table.',
    meaning: 'Which statement is slow, or sent too often.',
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
  },
  pg_errors_total: {
    type: 'counter',
    labels: { class: 'open' },
    help: 'Failed statements by class of SQLSTATE, or `connection`.',
    meaning:
      '53 is a full disk or too many connections, 57 a stop or a timeout, 40 a conflict that is retried, 23 a constraint.',
  },
  notification_queue_usage: {
    type: 'gauge',
    labels: {},
    help: 'Used part of the notification queue of PostgreSQL, from 0 to 1.',
    meaning: 'Fills when a listener does not read. When it is full, rings fail.',
  },
  clock_ahead_seconds: {
    type: 'gauge',
    labels: {},
    help: 'How far the clock of this machine is ahead of that of PostgreSQL.',
    meaning: 'Tokens and deadlines follow PostgreSQL; logs and visits follow this machine.',
  },
  hash_queue: {
    type: 'gauge',
    labels: { state: ['running', 'waiting'] },
    help: 'Passwords being hashed or compared, in this process.',
    meaning: 'Waiting ones: many sign in at once, or an attack.',
  },
  image_queue: {
    type: 'gauge',
    labels: { state: ['running', 'waiting'] },
    help: 'Images being decoded.',
    meaning: 'Waiting ones: many upload at once.',
  },
  media_bytes_total: {
    type: 'counter',
    labels: { direction: ['received', 'sent'] },
    help: 'Bytes of files that this server received and sent; not those that an S3 bucket sends itself.',
    meaning: 'Network and disk used by files.',
  },
  rate_limited_total: {
    type: 'counter',
    labels: { kind: 'open' },
    help: 'Refused attempts by the name of the limit; `operations` and `sends` are the limits of all operations and of messages.',
    meaning: 'Attacks, and clients that retry too fast. `signInToAccount` is somebody who guesses passwords.',
  },
  sign_ins_total: {
    type: 'counter',
    labels: { kind: ['password', 'guest', 'registration', 'refresh'], outcome: ['ok', 'refused', 'failed'] },
    help: 'Sign-ins; `failed` is an overload or the database.',
    meaning: 'Refused ones by password: guessing. A wave of refreshes follows a restart.',
  },
  hints_dropped_total: {
    type: 'counter',
    labels: { reason: ['queue_full', 'too_many', 'slow_reader', 'moved'] },
    help: 'Hints, such as typing and presence, that were dropped.',
    meaning: 'Best effort: only many for a long time mean an overload.',
  },
  presence_connections: {
    type: 'gauge',
    labels: {},
    help: 'Sockets and streams that count for presence.',
    meaning: 'Signed-in load. It must follow `connections`.',
  },
  chore_seconds: {
    type: 'histogram',
    labels: { chore: 'open', outcome: ['done', 'elsewhere', 'failed'] },
    help: 'Time of background jobs; `elsewhere` is a round in which another server runs the job.',
    meaning: '`failed` repeats: files, old events or accounts are not removed.',
    buckets: [0.01, 0.1, 1, 10, 60, 600],
  },
  event_loop_utilization: {
    type: 'gauge',
    labels: {},
    help: 'Part of the time in which the event loop was busy since the last scrape, from 0 to 1.',
    meaning: 'Near 1 the server is at its limit: start another one.',
  },
} as const satisfies Record<string, MetricSpec>

/** The list of metrics. */
export type MetricList = typeof metricList

/** The name of a metric, without its prefix. */
export type MetricName = keyof MetricList

/** The prefix of all names. */
export const metricPrefix = 'kabar_'
