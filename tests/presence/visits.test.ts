import { expect } from 'vitest'
import type { Db } from '../../src/database/client.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { clearLeases } from '../../src/presence/leases/service.ts'
import { oldVisitsChore } from '../../src/presence/visits/service.ts'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, join, makeRoom, type Stream } from '../support/client.ts'
import { guests, setRole, test, uuidOf } from '../support/members.ts'

const roomEvents = 'subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename } }'
const messageAdded = 'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { number } }'

const visitsQuery = `query ($id: ID!, $first: Int, $after: String) {
  room(id: $id) {
    visits(first: $first, after: $after) {
      nodes { user { displayName } enteredAt leftAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

interface Visit {
  user: { displayName: string }
  enteredAt: string
  leftAt: string | null
}

interface Page {
  nodes: Visit[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

async function visitsOf(admin: Client, id: string, page: Record<string, unknown> = {}): Promise<Page> {
  const { room } = await admin.call<{ room: { visits: Page } }>(visitsQuery, { id, ...page })
  return room.visits
}

const namesOf = ({ nodes }: Page) => nodes.map(({ user, leftAt }) => `${user.displayName}${leftAt ? ' left' : ''}`)

/** Enters a room with a stream, and waits until that is written. */
async function enterRoom(client: Client, roomId: string): Promise<Stream<Record<string, unknown>>> {
  const stream = client.follow(roomEvents, { roomId })
  await stream.nextData()
  await (client.server as KabarServer).parts.presenceTracker.settle()
  return stream
}

test('a visit lasts from the first stream of a room to the last on a server', async ({ one }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const first = await enterRoom(bob, roomId)
  const second = bob.follow(messageAdded, { roomId })
  expect(namesOf(await visitsOf(ada, roomId))).toEqual(['Bob'])
  await expect.poll(() => one.parts.feed.state().subscribers).toBeGreaterThanOrEqual(2)
  first.stop()
  await first.closed()
  await one.parts.presenceTracker.settle()
  expect(namesOf(await visitsOf(ada, roomId))).toEqual(['Bob'])
  second.stop()
  await expect.poll(async () => namesOf(await visitsOf(ada, roomId))).toEqual(['Bob left'])
})

test('a visit has the times of coming and going, however much later it is written', async ({ start }) => {
  const lingerMs = 2_000
  const server = await start({ presence: { lingerMs, writeWaitMs: 1_000 } })
  const [ada, bob] = [await guest(server, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const times = async () => (await visitsOf(ada, roomId)).nodes.at(0)
  const asked = Date.now()
  const stream = bob.follow(roomEvents, { roomId })
  await stream.nextData()
  const entered = Date.now()
  await expect.poll(times).toMatchObject({ leftAt: null })
  const stopped = Date.now()
  stream.stop()
  await expect.poll(times).toMatchObject({ leftAt: expect.any(String) })
  const written = Date.now()
  const visit = await times()
  const [enteredAt, leftAt] = [Date.parse(visit?.enteredAt ?? ''), Date.parse(visit?.leftAt ?? '')]
  expect(enteredAt).toBeGreaterThanOrEqual(asked)
  expect(enteredAt).toBeLessThanOrEqual(entered)
  expect(leftAt).toBeGreaterThanOrEqual(stopped)
  expect(leftAt).toBeLessThanOrEqual(written - lingerMs)
})

test('a member who leaves the room ends the visit with the membership', async ({ one, two }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(two, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await enterRoom(bob, roomId)
  await bob.call('mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }', { roomId })
  await expect.poll(async () => namesOf(await visitsOf(ada, roomId))).toEqual(['Bob left'])
})

test('visits of two servers stand in one list, the newest first; members see their own', async ({ one, two, db }) => {
  const [ada, bob, cyd] = [await guest(one, 'Ada'), await guest(one, 'Bob'), await guest(two, 'Cyd')]
  const roomId = await makeRoom(ada, [bob, cyd])
  await enterRoom(ada, roomId)
  await enterRoom(bob, roomId)
  await enterRoom(cyd, roomId)
  const first = await visitsOf(ada.at(two), roomId, { first: 2 })
  expect(namesOf(first)).toEqual(['Cyd', 'Bob'])
  expect(first.pageInfo.hasNextPage).toBe(true)
  const rest = await visitsOf(ada, roomId, { first: 2, after: first.pageInfo.endCursor })
  expect(namesOf(rest)).toEqual(['Ada'])
  expect(namesOf(await visitsOf(bob, roomId))).toEqual(['Bob'])
  await setRole(db, roomId, bob, 'ADMIN')
  expect(namesOf(await visitsOf(bob, roomId))).toHaveLength(3)
})

test('a subscription that is refused is no visit', async ({ one }) => {
  const [ada, stranger] = [await guest(one, 'Ada'), await guest(one, 'Stranger')]
  const roomId = await makeRoom(ada)
  const refused = stranger.follow(roomEvents, { roomId })
  expect((await refused.next()).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  await join(stranger, roomId)
  await enterRoom(ada, roomId)
  expect(namesOf(await visitsOf(ada, roomId))).toEqual(['Ada'])
})

test('visits of a crashed server end with the last renewal of its lease', async ({ start, two, db }) => {
  const doomed = await start()
  const [ada, bob] = [await guest(two, 'Ada'), await guest(doomed, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await enterRoom(bob, roomId)
  const visit = await db.roomVisit.findFirstOrThrow({ where: { roomId: uuidOf(roomId) } })
  const enteredAt = new Date(Date.now() - 120_000)
  const renewedAt = new Date(Date.now() - 60_000)
  await db.roomVisit.update({ where: { id: visit.id }, data: { enteredAt } })
  await db.serverLease.update({
    where: { id: visit.serverId ?? '' },
    data: { renewedAt, expiresAt: new Date(Date.now() - 30_000) },
  })
  const { sql, feed, config } = two.parts
  await clearLeases({ sql, feed, config: config.presence })
  const nodes = [{ leftAt: renewedAt.toISOString() }]
  expect((await visitsOf(ada, roomId)).nodes).toMatchObject(nodes)
})

test('a clean stop ends all visits at once', async ({ start, one }) => {
  const server = await start({ presence: { lingerMs: 60_000 } })
  const [ada, bob] = [await guest(one, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await enterRoom(bob, roomId)
  await server.close()
  expect(namesOf(await visitsOf(ada, roomId))).toEqual(['Bob left'])
})

/** Refuses every write of visits until the returned function is called. */
async function refuseVisits(db: Db): Promise<() => Promise<unknown>> {
  await db.$executeRaw`
    create function refuse_visit() returns trigger language plpgsql as 'begin raise exception ''refused''; end'`
  await db.$executeRaw`
    create trigger refuse_visits before insert on room_visits for each statement execute function refuse_visit()`
  return () => db.$executeRaw`drop function refuse_visit cascade`
}

test('a visit that could not be written until after its end is written once, as are those after it', async ({
  start,
  db,
}) => {
  const server = await start({ presence: { retryMs: 20 } })
  const [ada, bob, cyd] = [await guest(server, 'Ada'), await guest(server, 'Bob'), await guest(server, 'Cyd')]
  const roomId = await makeRoom(ada, [bob, cyd])
  const accept = await refuseVisits(db)
  try {
    const stream = await enterRoom(bob, roomId)
    await enterRoom(cyd, roomId)
    stream.stop()
    await stream.closed()
    await server.parts.presenceTracker.settle()
    expect(namesOf(await visitsOf(ada, roomId))).toEqual([])
  } finally {
    await accept()
  }
  await expect.poll(async () => namesOf(await visitsOf(ada, roomId))).toEqual(['Cyd', 'Bob left'])
})

test('a visit whose end could not be written by a server that stopped ends with its lease', async ({
  start,
  one,
  db,
}) => {
  const server = await start()
  const [ada, bob] = [await guest(one, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await enterRoom(bob, roomId)
  const { serverId } = await db.roomVisit.findFirstOrThrow({ where: { roomId: uuidOf(roomId) } })
  const accept = await refuseVisits(db)
  await server.close()
  await accept()
  expect(namesOf(await visitsOf(ada, roomId))).toEqual(['Bob'])
  const lease = { renewedAt: new Date(Date.now() - 60_000), expiresAt: new Date(Date.now() - 30_000) }
  await db.serverLease.updateMany({ where: { id: serverId ?? '' }, data: lease })
  const { sql, feed, config } = one.parts
  await clearLeases({ sql, feed, config: config.presence })
  expect(namesOf(await visitsOf(ada, roomId))).toEqual(['Bob left'])
})

test('the visit of a deleted account is not written any more', async ({ start, one, db }) => {
  const server = await start()
  const [ada, bob] = [await guest(one, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await enterRoom(bob, roomId)
  await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { deletedAt: new Date() } })
  await db.roomVisit.deleteMany({ where: { userId: uuidOf(bob.userId) } })
  await server.close()
  expect(await db.roomVisit.count({ where: { userId: uuidOf(bob.userId) } })).toBe(0)
})

test('a visit that was begun before its account was deleted is ended', async ({ start, one, db }) => {
  const server = await start()
  const [ada, bob] = [await guest(one, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await enterRoom(bob, roomId)
  const { id, serverId } = await db.roomVisit.findFirstOrThrow({ where: { roomId: uuidOf(roomId) } })
  await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { deletedAt: new Date() } })
  await server.close()
  expect((await db.roomVisit.findUniqueOrThrow({ where: { id } })).leftAt).not.toBeNull()
  expect(await db.serverLease.count({ where: { id: serverId ?? '' } })).toBe(0)
})

test('many who come together are written together', async ({ start, db }) => {
  const server = await start({ presence: { rowsPerWriteMax: 3 } })
  const members = await guests(server, 10)
  const [ada, ...others] = members
  if (!ada) throw new Error('there is one')
  const roomId = await makeRoom(ada, others)
  const streams = members.map((member) => member.follow(roomEvents, { roomId }))
  for (const stream of streams) await stream.nextData()
  const open = () => db.roomVisit.count({ where: { roomId: uuidOf(roomId), leftAt: null } })
  await expect.poll(open).toBe(10)
  for (const stream of streams) stream.stop()
  await expect.poll(open).toBe(0)
  expect(await db.roomVisit.count({ where: { roomId: uuidOf(roomId) } })).toBe(10)
})

test('visits that ended too long ago are removed, and those that go on are not', async ({ start, one, db }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const id = uuidOf(roomId)
  const day = 86_400_000
  const daysAgo = (days: number) => new Date(Date.now() - days * day)
  await db.roomVisit.createMany({
    data: [
      { userId: uuidOf(ada.userId), enteredAt: daysAgo(20), leftAt: daysAgo(10.1) },
      { userId: uuidOf(bob.userId), enteredAt: daysAgo(20), leftAt: daysAgo(9.9) },
      { userId: uuidOf(ada.userId), enteredAt: daysAgo(30), leftAt: null },
    ].map((visit) => ({ id: newUuidIn(id), roomId: id, ...visit })),
  })
  const chore = oldVisitsChore({ sql: one.parts.sql, days: 10, everyMs: 1 })
  await chore.run(new AbortController().signal)
  expect(namesOf(await visitsOf(ada, roomId))).toEqual(['Bob left', 'Ada'])
  // by itself
  await start({ visitsDays: 9, presence: { oldVisitsEveryMs: 50 } })
  await expect.poll(async () => namesOf(await visitsOf(ada, roomId))).toEqual(['Ada'])
})
