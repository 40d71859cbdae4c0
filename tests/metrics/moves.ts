// The action that moves each metric: one row for each of the list.

import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { expect } from 'vitest'
import { replicaDefaults } from '../../src/config/database.ts'
import type { Notifier } from '../../src/feed/notify/notifier.ts'
import type { MetricName } from '../../src/metrics/list.ts'
import type { KabarServer, ServerOverrides } from '../../src/server.ts'
import { type Client, guest, makeRoom, post, send } from '../support/client.ts'
import { holdUp, makeFlood } from '../support/held-socket.ts'
import { uuidOf } from '../support/members.ts'
import { type MetricLine, scrape, sumOf } from '../support/metrics.ts'
import { frameOf, openUnreadSocket } from '../support/raw-connection.ts'
import type { TestSettings } from '../support/server.ts'
import { announce, anyBytes, bodyOf, picture, put, upload } from '../support/uploads.ts'

/** Two servers with somebody at each, who share a room. */
export interface Scene {
  readonly one: KabarServer
  readonly two: KabarServer
  readonly ada: Client
  readonly bob: Client
  readonly roomId: string
  readonly admin: pg.Client
  start(settings?: TestSettings, overrides?: ServerOverrides): Promise<KabarServer>
}

/** Moves a metric, and waits until it has moved. */
export type Move = (scene: Scene) => Promise<unknown>

const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) { __typename ... on MessageSent { message { body } } }
}`
const typingEvents = `subscription ($roomId: ID!) {
  roomEvents(roomId: $roomId) { __typename ... on TypingChanged { users { id } } }
}`
const setTyping = 'mutation ($roomId: ID!) { setTyping(input: { roomId: $roomId, isTyping: true }) { __typename } }'

type Labels = Readonly<Record<string, string>>

/** Waits until a metric is above what it was before some work. */
async function rises(
  server: KabarServer,
  [name, labels]: [name: string, labels?: Labels | undefined],
  work: () => unknown,
) {
  const read = (lines: readonly MetricLine[]) => sumOf(lines, name, labels)
  const before = read(await scrape(server))
  const done = work()
  await expect.poll(async () => read(await scrape(server))).toBeGreaterThan(before)
  await done
}

async function follow(client: Client, roomId: string, after?: string) {
  const stream = client.follow<{ roomEvents: { __typename: string } }>(roomEvents, { roomId, after })
  for (;;) if ((await stream.nextData()).roomEvents.__typename === 'Synced') return stream
}

const readRoom = (client: Client, id: string) =>
  client.call('query ($id: ID!) { room(id: $id) { messages(last: 1) { nodes { id } } } }', { id })

const isThere =
  (name: MetricName): Move =>
  async ({ one }) =>
    expect((await scrape(one)).some((line) => line.name === `kabar_${name}`)).toBe(true)

/** A notifier that says that it listens and hears nothing. */
const deaf: Notifier = { async listen() {}, ring() {}, hint() {}, state: () => 'listening', async close() {} }

const listens =
  (name: string, labels?: Labels): Move =>
  ({ two, bob, roomId }) =>
    rises(two, [name, labels], () => follow(bob, roomId))

/** A gauge of streams: on a server of its own, because those of other tests end when they like. */
const holds =
  (name: string, labels?: Labels): Move =>
  async ({ start, bob, roomId }) => {
    const server = await start()
    await rises(server, [name, labels], () => follow(bob.at(server), roomId))
  }

const hears =
  (name: string, labels?: Labels): Move =>
  async ({ two, ada, bob, roomId }) => {
    await follow(bob, roomId)
    await rises(two, [name, labels], () => send(ada, roomId, 'hello'))
  }

const sends =
  (name: string, labels?: Labels): Move =>
  ({ one, ada, roomId }) =>
    rises(one, [name, labels], () => send(ada, roomId, 'hello'))

/** Keeps a table locked during some work. */
async function locked(admin: pg.Client, statement: string, work: () => Promise<void>): Promise<void> {
  await admin.query('begin')
  await admin.query(statement)
  try {
    await work()
  } finally {
    await admin.query('rollback')
  }
}

const flooded =
  (...metric: [name: string, labels?: Labels | undefined]): Move =>
  async ({ start }) => {
    const server = await start({ feed: { stallMs: 600_000 } })
    const socket = await openUnreadSocket(server)
    const pings = Buffer.concat(
      Array.from({ length: 9_000 }, () => frameOf({ type: 'ping', payload: { x: 'x'.repeat(900) } })),
    )
    await rises(server, metric, () => void socket.write(pings))
  }

/** By metric. */
export const moves: Readonly<Record<MetricName, Move>> = {
  build_info: isThere('build_info'),
  connections: holds('connections', { transport: 'websocket' }),
  subscriptions: holds('subscriptions', { transport: 'websocket', field: 'roomEvents' }),
  topics: holds('topics'),
  async socket_closes_total({ two, bob, roomId }) {
    const stream = await follow(bob, roomId)
    await rises(two, ['socket_closes_total'], () => stream.stop())
  },
  operations_total: async ({ one, ada }) => {
    const labels = { transport: 'http', type: 'query', field: 'viewer', code: 'OK' }
    await rises(one, ['operations_total', labels], () => ada.call('{ viewer { user { id } } }'))
  },
  operation_seconds: listens('operation_seconds_count', { transport: 'websocket', type: 'subscription' }),
  send_seconds: sends('send_seconds_count', { outcome: 'stored' }),
  send_batch_size: sends('send_batch_size_count'),
  async send_queue({ one, ada, roomId, admin }) {
    const lock = `select from topics where id = '${uuidOf(roomId)}' for update`
    let sent: Promise<unknown> = Promise.resolve()
    await locked(admin, lock, () =>
      rises(one, ['send_queue'], () => {
        // the first begins a batch, and the others wait for it
        sent = Promise.all(['first', 'second', 'third'].map((body) => send(ada, roomId, body)))
      }),
    )
    await sent
  },
  delivery_lag_seconds: hears('delivery_lag_seconds_count'),
  async resumes_total({ two, ada, bob, roomId }) {
    const { cursor } = await send(ada, roomId, 'before')
    await rises(two, ['resumes_total', { result: 'exact' }], () => follow(bob, roomId, cursor))
  },
  async replica_reads_total({ one, start, ada, roomId }) {
    // whatever it is: at first it is not in use
    const server = await start({ replica: { ...replicaDefaults, url: one.database.url } })
    await rises(server, ['replica_reads_total', { answer: 'primary' }], () => readRoom(ada.at(server), roomId))
  },
  async replayed_events_total({ two, ada, bob, roomId }) {
    const { cursor } = await send(ada, roomId, 'before')
    await send(ada, roomId, 'missed')
    await rises(two, ['replayed_events_total'], () => follow(bob, roomId, cursor))
  },
  deliveries_total: hears('deliveries_total', { transport: 'websocket' }),
  executions_total: hears('executions_total', { for: 'all' }),
  async events_behind({ two, bob, roomId, admin }) {
    await follow(bob, roomId)
    await locked(admin, 'lock table events in access exclusive mode', () =>
      rises(two, ['events_behind'], () =>
        two.database.pool.query(`select pg_notify('kabar', '${uuidOf(roomId)}' || 'zz')`),
      ),
    )
  },
  async subscriber_stalls_total({ start }) {
    const server = await start({ feed: { socketBufferBytesMax: 65_536, stallMs: 600_000 } })
    const ada = await guest(server)
    const flood = await makeFlood(ada, server)
    const operations = new Map([['events', roomEvents]])
    const held = await holdUp(ada, flood, { operations, variables: { roomId: flood.roomId } })
    await rises(server, ['subscriber_stalls_total'], () => send(ada, flood.roomId, 'one more'))
    held.letGo()
  },
  unsent_bytes: flooded('unsent_bytes'),
  paused_sockets: flooded('paused_sockets'),
  async connections_dropped_total({ start }) {
    const server = await start({ edge: { operationsPerMinuteMax: 1 } })
    const socket = await openUnreadSocket(server)
    const ping = frameOf({ type: 'ping' })
    const pings = Buffer.concat(Array.from({ length: 10 }, () => ping))
    await rises(server, ['connections_dropped_total', { reason: 'flood' }], () => void socket.write(pings))
  },
  rings_total: hears('rings_total', { via: 'notification' }),
  ring_lag_seconds: hears('ring_lag_seconds_count'),
  doorbell_state: async ({ one }) => expect(sumOf(await scrape(one), 'doorbell_state', { state: 'listening' })).toBe(1),
  async sweep_finds_total({ start, ada, bob, roomId }) {
    const server = await start({ feed: { echoTimeoutMs: 20 } }, { notifier: deaf })
    await follow(bob.at(server), roomId)
    await send(ada, roomId, 'unheard')
    await rises(server, ['sweep_finds_total'], () => server.parts.feed.catchUp())
  },
  pg_pool: isThere('pg_pool'),
  pg_seconds: sends('pg_seconds_count', { statement: 'appendEvents' }),
  async pg_errors_total({ one }) {
    const username = `u${randomUUID().slice(0, 8)}`
    const query = `mutation { register(input: { username: "${username}", password: "long enough" }) { accessToken } }`
    await post(one, { query })
    await rises(one, ['pg_errors_total', { class: '23' }], () => post(one, { query }))
  },
  notification_queue_usage: isThere('notification_queue_usage'),
  clock_ahead_seconds: isThere('clock_ahead_seconds'),
  async hash_queue({ one }) {
    const register = () => {
      const username = `u${randomUUID().slice(0, 8)}`
      return post(one, {
        query: `mutation { register(input: { username: "${username}", password: "long enough" }) { accessToken } }`,
      })
    }
    await rises(one, ['hash_queue'], () => Promise.all(Array.from({ length: 40 }, register)))
  },
  async image_queue({ one, ada }) {
    const large = await picture('png', { width: 3_000, height: 2_000 })
    const { uploadUrl } = await announce(ada, large, { mimeType: 'image/png', name: 'a.png' })
    await rises(one, ['image_queue'], () => put(ada, uploadUrl, bodyOf(large)))
  },
  media_bytes_total: async ({ one, ada }) =>
    rises(one, ['media_bytes_total', { direction: 'received' }], () => upload(ada, anyBytes(1_000))),
  async rate_limited_total({ start }) {
    const server = await start({ rates: { roomsOfUser: { points: 1, seconds: 60 } } })
    const ada = await guest(server)
    await makeRoom(ada)
    await rises(server, ['rate_limited_total', { kind: 'roomsOfUser' }], () => makeRoom(ada).catch(() => {}))
  },
  sign_ins_total: async ({ one }) => rises(one, ['sign_ins_total', { kind: 'guest', outcome: 'ok' }], () => guest(one)),
  async hints_dropped_total({ start, ada, bob, roomId }) {
    const server = await start({ feed: { hintsRenderedMax: 0, hintWaitMs: 10 } })
    const stream = bob.at(server).follow(typingEvents, { roomId })
    await stream.next()
    await rises(server, ['hints_dropped_total', { reason: 'too_many' }], () => ada.call(setTyping, { roomId }))
  },
  presence_connections: holds('presence_connections'),
  async chore_seconds({ start }) {
    const server = await start({ presence: { oldVisitsEveryMs: 20 } })
    await rises(server, ['chore_seconds_count'], () => {})
  },
  event_loop_utilization: async ({ one }) =>
    expect.poll(async () => sumOf(await scrape(one), 'event_loop_utilization')).toBeGreaterThan(0),
}
