// A standby that answers reads. Whatever happens to it, nobody reads anything that is not so any more.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { checkReplica, judgeReplica } from '../../src/cli/replica-checks.ts'
import { replicaDefaults } from '../../src/config/database.ts'
import { Prisma } from '../../src/generated/prisma/client.ts'
import { readHistory } from '../../src/messages/history/service.ts'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { connect } from '../support/database.ts'
import { uuidOf } from '../support/members.ts'
import { openReplica, runReplicaCheck, test } from '../support/replica.ts'
import type { Standby } from '../support/standby.ts'

interface Node {
  number: number
  body: string
  deletedAt: string | null
  author: { displayName: string }
}

async function readPage(viewer: Client, roomId: string): Promise<{ nodes: Node[]; eventCursor: string }> {
  const { room } = await viewer.call<{ room: { messages: { nodes: Node[]; eventCursor: string } } }>(
    'query ($id: ID!) { room(id: $id) { messages(last: 50) { eventCursor nodes { number body deletedAt author { displayName } } } } }',
    { id: roomId },
  )
  return room.messages
}

/** Reads until the replica has answered, and returns the cursor of that page. */
async function warmUp(server: KabarServer, viewer: Client, roomId: string): Promise<string> {
  const { replica_reads_total: counts } = server.parts.metrics.counts
  const before = counts.replica
  for (;;) {
    const { eventCursor } = await readPage(viewer, roomId)
    if (counts.replica > before) return eventCursor
    await nextTurn()
  }
}

/** Tells who answered what is read meanwhile. */
async function answersTo(server: KabarServer, read: () => Promise<unknown>): Promise<string[]> {
  const { replica_reads_total: counts } = server.parts.metrics.counts
  const before = { ...counts }
  await read()
  const moved = Object.entries(counts).filter(([name, count]) => count > before[name as keyof typeof before])
  return moved.map(([name]) => name)
}

/** Collects what a room has told since a cursor, up to Synced. */
async function catchUp(viewer: Client, roomId: string, after: string): Promise<string[]> {
  const stream = viewer.follow<{ roomEvents: { __typename: string; message?: { body: string } } }>(
    `subscription ($roomId: ID!, $after: EventCursor) {
      roomEvents(roomId: $roomId, after: $after) {
        __typename ... on MessageSent { message { body } } ... on MessageEdited { message { body } }
      }
    }`,
    { roomId, after },
  )
  for (const said: string[] = []; ; ) {
    const { __typename: type, message } = (await stream.nextData()).roomEvents
    if (type === 'Synced') return said
    said.push(message ? `${type} ${message.body}` : type)
  }
}

const edit = (author: Client, messageId: string, body: string) =>
  author.call(
    'mutation ($id: ID!, $body: String!) { editMessage(input: { messageId: $id, body: $body }) { message { id } } }',
    {
      id: messageId,
      body,
    },
  )
const remove = (author: Client, messageId: string) =>
  author.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id: messageId })
const rename = (user: Client, name: string) =>
  user.call('mutation ($name: String!) { updateProfile(input: { displayName: $name }) { viewer { user { id } } } }', {
    name,
  })

interface State {
  readonly name: string
  enter(standby: Standby, server: KabarServer): unknown
  leave(standby: Standby): unknown
  /** Answers a page of history and a catch-up of two pages. */
  readonly answer: 'replica' | 'primary' | 'refused'
}

const states: readonly State[] = [
  {
    name: 'in step',
    enter() {},
    leave() {},
    answer: 'replica',
  },
  {
    name: 'paused',
    enter: ({ query }) => query('select pg_wal_replay_pause()'),
    leave: ({ query }) => query('select pg_wal_replay_resume()'),
    answer: 'refused',
  },
  {
    name: 'frozen',
    enter: ({ freeze }) => freeze(),
    leave: ({ thaw }) => thaw(),
    answer: 'primary',
  },
  {
    name: 'killed',
    enter: ({ kill }) => kill(),
    leave: ({ start }) => start(),
    answer: 'primary',
  },
  // the last one: then it is not used for long
  {
    name: 'in step, and a connection to the primary was lost',
    async enter(_, { database }) {
      const lost = Promise.withResolvers<void>()
      database.onLost(lost.resolve)
      await database.own.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'kabar' and state = 'idle' and pid <> pg_backend_pid() limit 1`)
      await lost.promise
    },
    leave() {},
    answer: 'primary',
  },
]

test('a replica is used while the lease of the server is young there', async ({ primary, standby }) => {
  const { clock, changes, isUsed } = await openReplica(primary.url, standby)
  clock.aheadMs = replicaDefaults.ageMsMax
  expect(await isUsed()).toBe(true)
  clock.aheadMs = replicaDefaults.ageMsMax + 1
  expect(await isUsed()).toBe(false)
  clock.aheadMs = 0
  await expect.poll(isUsed).toBe(true)
  expect(changes).toEqual(['it answers', 'it is behind', 'it answers'])
})

test('a read that would wait, or that takes long, is for the primary', async ({ primary, standby }) => {
  const bounds = { connectionsMax: 1, waitingMax: 1, statementTimeoutMs: 200 }
  const { replica, changes, isUsed } = await openReplica(primary.url, standby, bounds)
  const run = (text: string) => replica.read((column) => Prisma.sql`/* run */ select ${column}, ${Prisma.raw(text)}`)
  const running = run('pg_sleep(0.05)')
  await nextTurn()
  const [waiting, tooMany] = [run('1'), run('1')]
  expect(await tooMany).toBeNull()
  expect(await running).toHaveLength(1)
  expect(await waiting).toHaveLength(1)
  // cancelled by replay, as PostgreSQL reports it: this one alone
  expect(await replica.read(() => Prisma.sql`/* run */ do $$ begin raise using errcode = '40001'; end $$`)).toBeNull()
  expect(changes).toEqual(['it answers'])
  expect(await isUsed()).toBe(true)
  expect(await run('pg_sleep(10)')).toBeNull()
  expect(changes[1]).toContain('statement timeout')
})

test('a message ends by the time of the primary, whatever the clock of the replica says', async ({
  server,
  standby,
  databaseUrl,
}) => {
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'for an hour')
  const { replica, clock, primary, serverId } = await openReplica(databaseUrl, standby)
  await primary.query(`update messages set expires_at = now() + interval '1 hour' where room_id = $1`, [uuidOf(roomId)])
  await standby.follow()
  const { rows } = await primary.query(
    'select head::int as seq, encode(chain, $2) as chain from topics where id = $1',
    [...[uuidOf(roomId), 'hex']],
  )
  const { sql, metrics } = server.parts
  const counts = { ...metrics.counts, replica_reads_total: { replica: 0, primary: 0, refused: 0 } }
  const parts = { sql, replica, clock, metrics: { ...metrics, counts } }
  const stretch = { roomId: uuidOf(roomId), above: 0, upTo: 1, take: 2, direction: 'forward', since: rows[0] } as const
  const read = async () => (await readHistory(parts, [stretch], 'forward')).flat()[0]?.message.body
  expect(await read()).toBe('for an hour')
  expect(counts.replica_reads_total).toEqual({ replica: 1, primary: 0, refused: 0 })
  // for the primary the message has ended by now, and for the clock of the replica it has not
  await primary.query(
    `update server_leases set renewed_at = now() + interval '2 hours', expires_at = now() + interval '3 hours' where id = $1`,
    [serverId],
  )
  await standby.follow()
  clock.aheadMs = 2 * 3_600_000
  expect(await read()).toBe('for an hour')
  expect(counts.replica_reads_total).toEqual({ replica: 1, primary: 0, refused: 1 })
})

test('doctor tells of the replica', async ({ primary, standby, databaseUrl }) => {
  const { out } = await kabar(databaseUrl, ['doctor'], { env: { DATABASE_REPLICA_URL: standby.url } })
  expect(out).toMatch(/✓ replica: a standby, \d+ ms behind; hot_standby_feedback is off: /)
  const client = await connect(primary.url)
  expect(await checkReplica(client, client)).toMatchObject({ isGood: false, detail: 'is not a standby' })
  const well = { isStandby: true, isSame: true, hasFeedback: true, behindMs: 3 }
  expect(judgeReplica(well)).toMatchObject({ isGood: true, detail: expect.stringContaining('feedback is on') })
  expect(judgeReplica({ ...well, isSame: false }).detail).toBe('is not of the same PostgreSQL')
  expect(judgeReplica({ ...well, behindMs: null })).toMatchObject({
    isGood: false,
    detail: expect.stringContaining('3 s'),
  })
})

test('it is noticed when any answer of a replica is taken', async ({ server, databaseUrl, standby }) => {
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const { serverId } = await openReplica(databaseUrl, standby)
  await standby.query('select pg_wal_replay_pause()')
  for (const body of ['one', 'two', 'three']) await send(ada, roomId, body)
  const check = (mutant: string) => runReplicaCheck(mutant, [databaseUrl, standby.url, uuidOf(roomId), serverId])
  try {
    expect(await check('any answer of the replica')).toContain('stale: history, catch-up.')
  } finally {
    await standby.query('select pg_wal_replay_resume()')
  }
})

test.for(states)(
  'nothing is stale, and nothing missing, while the replica is $name',
  async (state, { server, standby }) => {
    const ada = await guest(server, 'Ada')
    const roomId = await makeRoom(ada)
    const [edited, deleted] = [await send(ada, roomId, 'one'), await send(ada, roomId, 'two')]
    const eventCursor = await warmUp(server, ada, roomId)
    const missed: string[] = []
    const seesAll = async (round: number) => {
      const { nodes } = await readPage(ada, roomId)
      expect(nodes.map(({ body }) => body)).toEqual([
        ...[`edited ${round}`, ''],
        ...Array.from({ length: round }, (_, index) => `round ${index + 1}`),
      ])
      expect(nodes[1]?.deletedAt).not.toBeNull()
      expect(new Set(nodes.map(({ author }) => author.displayName))).toEqual(new Set([`Ada ${round}`]))
    }
    await state.enter(standby, server)
    onTestFinished(async () => void (await state.leave(standby)))
    for (const round of [1, 2, 3]) {
      await send(ada, roomId, `round ${round}`)
      await edit(ada, edited.id, `edited ${round}`)
      if (round === 1) await remove(ada, deleted.id)
      await rename(ada, `Ada ${round}`)
      await seesAll(round)
      missed.push(`MessageSent round ${round}`, 'MessageEdited edited 3', ...(round === 1 ? ['MessageDeleted'] : []))
    }
    if (state.name === 'in step') await standby.follow()
    expect(await answersTo(server, () => seesAll(3))).toEqual([state.answer])
    const catchingUp = async () => expect(await catchUp(ada, roomId, eventCursor)).toEqual(missed)
    expect(await answersTo(server, catchingUp)).toEqual([state.answer])
  },
)
