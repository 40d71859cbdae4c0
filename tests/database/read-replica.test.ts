// A standby that answers reads. Whatever happens to it, nobody reads anything that is not so any more.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { writePart } from '../../src/account/export/archive-writer.ts'
import { replicaDefaults } from '../../src/config/database.ts'
import type { ReplicaUse } from '../../src/database/read-replica.ts'
import type { Position } from '../../src/feed/chain.ts'
import { readTopics } from '../../src/feed/topics.ts'
import { Prisma } from '../../src/generated/prisma/client.ts'
import { formatId } from '../../src/input/ids.ts'
import { readReplicaStretches } from '../../src/messages/history/queries.ts'
import { readHistory } from '../../src/messages/history/service.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { connect } from '../support/database.ts'
import { uuidOf } from '../support/members.ts'
import { openReplica, runReplicaCheck, states, test } from '../support/replica.ts'
import {
  answersTo,
  catchUp,
  edit,
  readPage,
  readyOf,
  remove,
  rename,
  search,
  warmRoom,
  warmUp,
} from '../support/replica-reads.ts'

test('a replica is used while the lease of the server is young there', async ({ primary, standby }) => {
  const { clock, changes, isUsed, replica } = await openReplica(primary.url, standby)
  clock.aheadMs = replicaDefaults.ageMsMax
  expect(await isUsed()).toBe(true)
  clock.aheadMs = replicaDefaults.ageMsMax + 1
  expect(await isUsed()).toBe(false)
  // a standby that was promoted may have a lease of the future
  for (const aheadMs of [0, -replicaDefaults.ageMsMax - 1, 0]) {
    clock.aheadMs = aheadMs
    await expect.poll(isUsed).toBe(aheadMs === 0)
  }
  expect(changes).toEqual(['it answers', ...['it is behind', 'it answers', 'it is behind', 'it answers']])
  // what was asked before may be of a history that the primary has lost
  const asked = replica.read((column) => Prisma.sql`/* asked */ select ${column}`)
  replica.suspend()
  expect(await asked).toBeNull()
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
})

test('one statement that takes too long does not shut the replica to others', async ({ primary, standby }) => {
  const times = { statementTimeoutMs: 300, searchTimeoutMs: 600, exportTimeoutMs: 600 }
  const bounds = { ...times, slowInARowMax: 2, closedMs: 60_000 }
  const { replica, changes, isUsed } = await openReplica(primary.url, standby, bounds)
  const run = async (use: ReplicaUse, seconds: number) => {
    const rows = await replica.read((column) => Prisma.sql`/* run */ select ${column}, pg_sleep(${seconds})`, use)
    return rows !== null
  }
  type Case = [name: string, reads: [use: ReplicaUse, seconds: number][], isAnswered: boolean, isUsedAfter: boolean]
  const cases: Case[] = [
    ...(['search', 'export'] as const).flatMap((use): Case[] => [
      [`a long ${use}`, [[use, 0.4]], true, true],
      [`${use} that takes longer than it may, three times`, Array(3).fill([use, 9]), false, true],
    ]),
    ['a heavy page of history', [['page', 9]], false, true],
    ['the next heavy page, after one that was not', [['page', 9]], false, true],
    ['heavy pages alone', Array(2).fill(['page', 9]), false, false],
  ]
  for (const [name, reads, isAnswered, isUsedAfter] of cases) {
    for (const [use, seconds] of reads) expect([name, await run(use, seconds)]).toEqual([name, isAnswered])
    expect([name, await isUsed()]).toEqual([name, isUsedAfter])
  }
  expect(changes).toEqual(['it answers', expect.stringContaining('statement timeout')])
})

test.for(['search', 'export'] as const)(
  'reads of one kind have a connection of their own, and wait for none: %s',
  async (own, { primary, standby }) => {
    const bounds = { connectionsMax: 1, searchConnectionsMax: 1, exportConnectionsMax: 1 }
    const { replica, changes } = await openReplica(primary.url, standby, bounds)
    const run = (use: ReplicaUse) =>
      replica.read((column) => Prisma.sql`/* run */ select ${column}, pg_sleep(0.1)`, use)
    const underway = run(own)
    expect(await Promise.race([underway, run(own)])).toBeNull()
    expect(await Promise.all([underway, run('page')])).toEqual([[expect.anything()], [expect.anything()]])
    expect(changes).toEqual(['it answers'])
  },
)

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
  const { lookups, metrics } = server.parts
  const counts = { ...metrics.counts, replica_reads_total: { replica: 0, primary: 0, refused: 0 } }
  const parts = { lookups, replica, clock, metrics: { ...metrics, counts } }
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

test('a page of history is taken from a replica that has what its viewer has seen', async ({
  server,
  standby,
  databaseUrl,
}) => {
  const ada = await guest(server)
  const [roomId, trimmedId] = [await makeRoom(ada), await makeRoom(ada)]
  for (const id of [roomId, trimmedId]) for (const body of ['one', 'two']) await send(ada, id, body)
  const { replica, primary } = await openReplica(databaseUrl, standby)
  await primary.query('delete from events where topic_id = $1', [uuidOf(trimmedId)])
  await primary.query('update topics set floor = head where id = $1', [uuidOf(trimmedId)])
  await standby.follow()
  const headOf = async (id: string) => {
    const { head: seq = 0, chain = '' } = (await readTopics(server.parts.sql, [uuidOf(id)])).get(uuidOf(id)) ?? {}
    return { seq, chain }
  }
  const [head, trimmed] = [await headOf(roomId), await headOf(trimmedId)]
  const { rows } = await primary.query(
    `select seq::int, encode(chain, 'hex') as chain from messages where room_id = $1 and number = 1`,
    [uuidOf(roomId)],
  )
  const before: Position = rows[0]
  const other = '00000000000000ff'
  const cases: [name: string, since: Position, roomId: string, messages: number | null][] = [
    ['the head', head, roomId, 2],
    ['an event before it', before, roomId, 2],
    ['an event that is not there yet', { seq: head.seq + 1, chain: other }, roomId, null],
    ['a head of another history', { ...head, chain: other }, roomId, null],
    ['an event of another history', { ...before, chain: other }, roomId, null],
    ['a head whose event was trimmed', trimmed, trimmedId, 2],
    ['an event that was trimmed', { ...trimmed, seq: trimmed.seq - 1 }, trimmedId, null],
    ['a room that is not there', head, ada.userId, null],
  ]
  const bounds = { above: 0, upTo: 2, take: 9, direction: 'forward' } as const
  const stretches = cases.map(([, since, id]) => ({ ...bounds, roomId: uuidOf(id), since }))
  const lists = await readReplicaStretches(replica, stretches, 'forward')
  expect(lists?.map((list, index) => [cases[index]?.[0], list?.length ?? null])).toEqual(
    cases.map(([name, , , length]) => [name, length]),
  )
})

test('a part of an export is read at a replica that has the beginning of the export', async ({ server, standby }) => {
  const { db, sql, metrics } = server.parts
  const { ada, roomId } = await warmRoom(server, ['one'])
  const data = { userId: uuidOf(ada.userId), status: 'FAILED', expiresAt: new Date(Date.now() + 3_600_000) } as const
  const { id, userId } = await db.dataExport.create({ data })
  const written = async (tries: number) => {
    await db.dataExport.update({ where: { id }, data: { tries } })
    if (tries === 1) await standby.follow()
    const sources = { sql, metrics, replica: server.parts.replica, formatId }
    const taken = { id, userId, hasMedia: false, tries }
    let text = ''
    for await (const piece of writePart(sources, { name: 'messages', taken })) text += piece
    return (JSON.parse(text) as { body: string }[]).map(({ body }) => body)
  }
  expect(await answersTo(server, async () => expect(await written(1)).toEqual(['one']))).toEqual(['replica'])
  await standby.query('select pg_wal_replay_pause()')
  try {
    await send(ada, roomId, 'two')
    expect(await answersTo(server, async () => expect(await written(2)).toEqual(['one', 'two']))).toEqual(['primary'])
  } finally {
    await standby.query('select pg_wal_replay_resume()')
  }
})

test('a page of an export that waits at the replica leaves it open to history', async ({
  server,
  standby,
  databaseUrl,
}) => {
  const { db, sql, metrics, replica } = server.parts
  const { ada, roomId } = await warmRoom(server, ['one'])
  const data = { userId: uuidOf(ada.userId), status: 'FAILED', expiresAt: new Date(Date.now() + 3_600_000) } as const
  const taken = await db.dataExport.create({ data })
  // as a migration does, which the standby repeats
  const migration = await connect(databaseUrl)
  await migration.query('begin; lock table saved_messages in access exclusive mode')
  await standby.follow()
  const { replica_reads_total: counts } = metrics.counts
  const before = counts.primary
  const writing = writePart({ sql, metrics, replica, formatId }, { name: 'savedMessages', taken }).next()
  await expect.poll(() => counts.primary).toBe(before + 1)
  await migration.query('rollback')
  expect(await writing).toEqual({ value: '[]\n', done: false })
  expect(await answersTo(server, () => readPage(ada, roomId))).toEqual(['replica'])
})

test('a message that has left the primary without an event is not found at the replica', async ({
  server,
  standby,
}) => {
  const { ada } = await warmRoom(server, ['kept words', 'lost words'])
  await standby.follow()
  const found = async (bodies: string[]) => expect(await search(ada, 'words')).toEqual(bodies)
  expect(await answersTo(server, () => found(['lost words, Ada', 'kept words, Ada']))).toEqual(['replica'])
  await standby.query('select pg_wal_replay_pause()')
  try {
    await server.parts.db.$executeRaw`update messages set terms = null where body = 'lost words'`
    expect(await answersTo(server, () => found(['kept words, Ada']))).toEqual(['refused'])
  } finally {
    await standby.query('select pg_wal_replay_resume()')
  }
})

test('doctor tells of the replica', async ({ standby, databaseUrl }) => {
  const { out } = await kabar(databaseUrl, ['doctor'], { env: { DATABASE_REPLICA_URL: standby.url } })
  expect(out).toMatch(/✓ replica: a standby, \d+ ms behind; hot_standby_feedback is off: /)
})

test('it is noticed when any answer of a replica is taken', async ({ server, databaseUrl, standby }) => {
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const { serverId } = await openReplica(databaseUrl, standby)
  await standby.query('select pg_wal_replay_pause()')
  for (const body of ['one', 'two', 'three']) await send(ada, roomId, body)
  const check = (mutant: string) => runReplicaCheck(mutant, [databaseUrl, standby.url, uuidOf(roomId), serverId])
  try {
    expect(await check('any answer of the replica')).toContain('stale: history, catch-up, search.')
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
      const { nodes, lastBody } = await readPage(ada, roomId)
      expect(nodes.map(({ body }) => body)).toEqual([
        ...[`edited ${round}`, ''],
        ...Array.from({ length: round }, (_, index) => `round ${index + 1}`),
      ])
      expect(lastBody).toBe(`round ${round}`)
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
    const searching = async () => expect(await search(ada, 'edited')).toEqual(['edited 3, Ada 3'])
    expect(await answersTo(server, searching)).toEqual([state.answer])
    // a server whose replica is away can serve, and tells its operators
    const isUsed = state.answer !== 'primary'
    expect(await readyOf(server)).toEqual({ status: 200, finding: expect.objectContaining({ isGood: isUsed }) })
  },
)
