import { expect } from 'vitest'
import { presenceDefaults } from '../src/config/presence.ts'
import { clearLeases } from '../src/presence/service.ts'
import type { KabarServer } from '../src/server.ts'
import { type Client, guest, makeRoom, type Stream } from './setup/client.ts'
import { guests, test, uuidOf } from './setup/members.ts'
import { statementsOf } from './setup/statements.ts'

const anything = 'subscription { viewerEvents { __typename } }'

const presenceEvents = `subscription ($roomId: ID!) {
  roomEvents(roomId: $roomId) { __typename ... on PresenceChanged { user { displayName presence { status } } } }
}`

const setPresence = `mutation ($status: PresenceStatus!) {
  setPresence(input: { status: $status }) { user { presence { status } } }
}`

interface Presence {
  status: string
  lastSeenAt: string | null
}

interface Events {
  roomEvents: { __typename: string; user?: { displayName: string; presence: { status: string } } }
}

/** How one user sees others. */
async function presencesOf(viewer: Client, users: readonly Client[]): Promise<Presence[]> {
  const { nodes } = await viewer.call<{ nodes: { presence: Presence }[] }>(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { presence { status lastSeenAt } } } }',
    { ids: users.map(({ userId }) => userId) },
  )
  return nodes.map(({ presence }) => presence)
}

const statusesOf = async (viewer: Client, users: readonly Client[]) =>
  (await presencesOf(viewer, users)).map(({ status }) => status)

/** Connects a user, and waits until that is known. */
async function connect(client: Client): Promise<Stream<Record<string, unknown>>> {
  const stream = client.follow(anything)
  await stream.nextData()
  await (client.server as KabarServer).parts.attendance.settle()
  return stream
}

async function followLive(client: Client, roomId: string): Promise<Stream<Events>> {
  const stream = client.follow<Events>(presenceEvents, { roomId })
  expect((await stream.nextData()).roomEvents.__typename).toBe('Synced')
  return stream
}

/** The next change of presence of somebody, whatever is told of others before. */
async function nextOf(stream: Stream<Events>, { name }: Client): Promise<string> {
  for (;;) {
    const { user } = (await stream.nextData()).roomEvents
    if (user?.displayName === name) return user.presence.status
  }
}

test('a member is online from the first socket to the last, over all servers', async ({ one, two }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  expect(await statusesOf(ada, [bob])).toEqual(['OFFLINE'])
  const first = await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  const second = await connect(bob.at(two))
  first.stop()
  await expect.poll(() => two.parts.db.userPresence.count({ where: { userId: uuidOf(bob.userId) } })).toBe(1)
  expect(await statusesOf(ada.at(two), [bob])).toEqual(['ONLINE'])
  const before = Date.now()
  second.stop()
  expect(await nextOf(stream, bob)).toBe('OFFLINE')
  const [presence] = await presencesOf(ada, [bob])
  expect(presence?.status).toBe('OFFLINE')
  expect(new Date(presence?.lastSeenAt ?? 0).getTime()).toBeGreaterThanOrEqual(before - 1_000)
  // that Bob was on two servers was nobody's news
  expect(stream.arrived.filter(({ data }) => data?.roomEvents.user?.displayName === 'Bob')).toHaveLength(2)
})

test('a stream without a socket makes its user online too', async ({ one }) => {
  const ada = await guest(one, 'Ada')
  const abort = new AbortController()
  const response = await fetch(`${one.url}/graphql`, {
    method: 'POST',
    signal: abort.signal,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${ada.token}`,
    },
    body: JSON.stringify({ query: anything }),
  })
  await response.body?.getReader().read()
  await expect.poll(() => statusesOf(ada, [ada])).toEqual(['ONLINE'])
  abort.abort()
  await expect.poll(() => statusesOf(ada, [ada])).toEqual(['OFFLINE'])
})

test('who comes back in a moment has not been away', async ({ start }) => {
  const server = await start({ presence: { lingerMs: 60_000 } })
  const [ada, bob] = [await guest(server, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  const first = await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  first.stop()
  await first.closed()
  await server.parts.attendance.settle()
  expect(await statusesOf(ada, [bob])).toEqual(['ONLINE'])
  await connect(bob)
  await bob.call(setPresence, { status: 'AWAY' })
  // the next that is heard of Bob
  expect(await nextOf(stream, bob)).toBe('AWAY')
})

test('friends and members of a shared room see a presence; strangers and blocked ones see nothing', async ({
  one,
  two,
  db,
}) => {
  const [ada, friend, member, stranger, blocker, blocked] = await guests(one, 6)
  if (!ada || !friend || !member || !stranger || !blocker || !blocked) throw new Error('there are six')
  const [lowId, highId] = [uuidOf(ada.userId), uuidOf(friend.userId)].sort()
  await db.friendship.create({
    data: {
      ...{ lowId: lowId ?? '', highId: highId ?? '', requesterId: uuidOf(ada.userId) },
      ...{ status: 'ACCEPTED', acceptedAt: new Date() },
    },
  })
  await makeRoom(ada, [member, blocker, blocked])
  const block = (by: Client, of: Client) =>
    db.block.create({ data: { blockerId: uuidOf(by.userId), blockedId: uuidOf(of.userId) } })
  await block(blocker, ada)
  await block(ada, blocked)
  await connect(ada.at(two))
  for (const viewer of [ada, friend, member]) {
    expect(await presencesOf(viewer, [ada])).toEqual([{ status: 'ONLINE', lastSeenAt: expect.any(String) }])
  }
  for (const viewer of [stranger, blocker, blocked]) {
    expect(await presencesOf(viewer, [ada])).toEqual([{ status: 'OFFLINE', lastSeenAt: null }])
  }
})

test('a change of presence is not told to who has blocked the user or is blocked', async ({ one, db }) => {
  const [ada, bob, cyd] = [await guest(one, 'Ada'), await guest(one, 'Bob'), await guest(one, 'Cyd')]
  const roomId = await makeRoom(ada, [bob, cyd])
  await db.block.create({ data: { blockerId: uuidOf(cyd.userId), blockedId: uuidOf(ada.userId) } })
  const [byAda, byBob] = [await followLive(ada, roomId), await followLive(bob, roomId)]
  await connect(cyd)
  expect(await nextOf(byBob, cyd)).toBe('ONLINE')
  await bob.call(setPresence, { status: 'AWAY' })
  let ofBob = ''
  while (ofBob !== 'AWAY') ofBob = await nextOf(byAda, bob)
  expect(byAda.arrived.filter(({ data }) => data?.roomEvents.user?.displayName === 'Cyd')).toEqual([])
})

test('friends are told of each other over viewerEvents', async ({ one, two, db }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(two, 'Bob')]
  const [lowId = '', highId = ''] = [uuidOf(ada.userId), uuidOf(bob.userId)].sort()
  await db.friendship.create({
    data: { lowId, highId, requesterId: lowId, status: 'ACCEPTED', acceptedAt: new Date() },
  })
  const stream = ada.follow<{ viewerEvents: unknown }>(
    'subscription { viewerEvents { __typename ... on PresenceChanged { user { id presence { status } } } } }',
  )
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  await connect(bob)
  expect(await stream.nextData()).toEqual({
    viewerEvents: { __typename: 'PresenceChanged', user: { id: bob.userId, presence: { status: 'ONLINE' } } },
  })
})

test('a user can say to be away, and is so on every server until they say otherwise', async ({ one, two }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(two, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  await connect(bob)
  await connect(bob.at(one))
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  expect(await bob.call(setPresence, { status: 'AWAY' })).toEqual({
    setPresence: { user: { presence: { status: 'AWAY' } } },
  })
  expect(await nextOf(stream, bob)).toBe('AWAY')
  expect(await statusesOf(ada, [bob])).toEqual(['AWAY'])
  await bob.call(setPresence, { status: 'ONLINE' })
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  expect(await bob.fail(setPresence, { status: 'OFFLINE' })).toBe('BAD_USER_INPUT')
})

test('who has said to be away stays so on devices that come, at any server, until all have gone', async ({
  one,
  two,
}) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  await makeRoom(ada, [bob])
  const streams = [await connect(bob)]
  await bob.call(setPresence, { status: 'AWAY' })
  for (const server of [one, two]) {
    streams.push(await connect(bob.at(server)))
    expect(await statusesOf(ada, [bob])).toEqual(['AWAY'])
  }
  for (const stream of streams) stream.stop()
  await expect.poll(() => statusesOf(ada, [bob])).toEqual(['OFFLINE'])
  await connect(bob)
  expect(await statusesOf(ada, [bob])).toEqual(['ONLINE'])
})

test('who does nothing for a while is away, and is back with the next operation', async ({ start }) => {
  const server = await start({ presence: { idleMs: 3_000, idleCheckMs: 50 } })
  const [ada, bob] = [await guest(server, 'Ada'), await guest(server, 'Bob')]
  await makeRoom(ada, [bob])
  await connect(bob)
  await expect.poll(() => statusesOf(ada, [bob])).toEqual(['AWAY'])
  // on a slow machine so long passes again before anybody looks
  const askAndLook = async () => {
    await bob.call('{ viewer { user { id } } }')
    await server.parts.attendance.settle()
    return statusesOf(ada, [bob])
  }
  await expect.poll(askAndLook).toEqual(['ONLINE'])
  await expect.poll(() => statusesOf(ada, [bob])).toEqual(['AWAY'])
})

test('who does something at another server than that of their socket is not away', async ({ start }) => {
  const server = await start({ presence: { idleMs: 3_000, idleCheckMs: 50 } })
  const other = await start({ presence: { activeToldMs: 0 } })
  const [ada, bob] = [await guest(other, 'Ada'), await guest(server, 'Bob')]
  await makeRoom(ada, [bob])
  await connect(bob)
  await expect.poll(() => statusesOf(ada, [bob])).toEqual(['AWAY'])
  const askAndLook = async () => {
    await bob.at(other).call('{ viewer { user { id } } }')
    return statusesOf(ada, [bob])
  }
  await expect.poll(askAndLook).toEqual(['ONLINE'])
})

test('users of a crashed server go offline with its lease, and are told of', async ({ start, two, db }) => {
  const doomed = await start()
  const [ada, bob] = [await guest(two, 'Ada'), await guest(doomed, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  const row = await db.userPresence.findFirstOrThrow({ where: { userId: uuidOf(bob.userId) } })
  const renewedAt = new Date(Date.now() - 60_000)
  await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { lastSeenAt: null } })
  const lease = { renewedAt, expiresAt: new Date(Date.now() - 30_000) }
  await db.serverLease.update({ where: { id: row.serverId }, data: lease })
  // at once for who asks, before anybody has cleared it away
  expect(await statusesOf(ada, [bob])).toEqual(['OFFLINE'])
  const { sql, feed, config } = two.parts
  expect(await clearLeases({ sql, feed, config: config.presence })).toBe(1)
  expect(await nextOf(stream, bob)).toBe('OFFLINE')
  expect(await presencesOf(ada, [bob])).toEqual([{ status: 'OFFLINE', lastSeenAt: renewedAt.toISOString() }])
  // it was not dead, only out of touch: with its next write all who are there are back
  await connect(await guest(doomed))
  await expect.poll(() => statusesOf(ada, [bob])).toEqual(['ONLINE'])
})

test('renewing a lease writes one row, however many users are here', async ({ start, db }) => {
  const server = await start({ presence: { renewMs: 100, leaseMs: 1_000 } })
  const clients = await guests(server, 5)
  const streams = await Promise.all(clients.map(connect))
  const { serverId } = await db.userPresence.findFirstOrThrow({
    where: { userId: uuidOf(clients[0]?.userId ?? '') },
  })
  const leaseOf = () => db.serverLease.findUniqueOrThrow({ where: { id: serverId } })
  const versions = () =>
    db.$queryRaw<{ xmin: string }[]>`select xmin::text from user_presences where server_id = ${serverId}::uuid`
  const [before, rows] = [await leaseOf(), await versions()]
  await expect.poll(async () => (await leaseOf()).renewedAt > before.renewedAt).toBe(true)
  expect(rows).toHaveLength(5)
  expect(await versions()).toEqual(rows)
  for (const stream of streams) stream.stop()
})

test('a clean stop takes everybody offline at once', async ({ start, one, db }) => {
  const server = await start({ presence: { lingerMs: 60_000 } })
  const [ada, bob] = [await guest(one, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  const { serverId } = await db.userPresence.findFirstOrThrow({ where: { userId: uuidOf(bob.userId) } })
  await server.close()
  expect(await nextOf(stream, bob)).toBe('OFFLINE')
  expect(await db.serverLease.count({ where: { id: serverId } })).toBe(0)
})

test('a room says how many of its members are here, to who may see them', async ({ one, two }) => {
  const [ada, bob, cyd, stranger] = await guests(one, 4)
  if (!ada || !bob || !cyd || !stranger) throw new Error('there are four')
  const roomId = await makeRoom(ada, [bob, cyd])
  const query = 'query ($id: ID!) { room(id: $id) { onlineCount } }'
  expect(await ada.call(query, { id: roomId })).toEqual({ room: { onlineCount: 0 } })
  await connect(bob)
  await connect(bob.at(two))
  await connect(cyd.at(two))
  await connect(stranger)
  expect(await ada.call(query, { id: roomId })).toEqual({ room: { onlineCount: 2 } })
  expect(await stranger.fail(query, { id: roomId })).toBe('FORBIDDEN')
})

test('the presence of many users takes one statement', async ({ one }) => {
  const members = await guests(one, 12)
  const [ada, ...others] = members
  if (!ada) throw new Error('there is one')
  const roomId = await makeRoom(ada, others)
  const query = `query ($id: ID!, $first: Int!) {
    room(id: $id) { onlineCount members(first: $first) { nodes { user { presence { status } } } } }
  }`
  const measure = async (first: number) => (await statementsOf(() => ada.call(query, { id: roomId, first }))).length
  await measure(1)
  expect(await measure(12)).toBe(await measure(1))
})

test('users of a crashed server are told to be offline by itself, within 45 seconds', async ({ start, db }) => {
  const { leaseMs, clearMs } = presenceDefaults
  // a chore waits up to a quarter longer
  expect(leaseMs + 1.25 * clearMs).toBeLessThan(45_000)
  const [doomed, watcher] = [await start(), await start({ presence: { clearMs: 50 } })]
  const [ada, bob] = [await guest(watcher, 'Ada'), await guest(doomed, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  const { serverId } = await db.userPresence.findFirstOrThrow({ where: { userId: uuidOf(bob.userId) } })
  const lease = { renewedAt: new Date(Date.now() - 60_000), expiresAt: new Date(Date.now() - 30_000) }
  await db.serverLease.update({ where: { id: serverId }, data: lease })
  expect(await nextOf(stream, bob)).toBe('OFFLINE')
})
