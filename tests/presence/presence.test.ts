import { expect } from 'vitest'
import { type Client, guest, makeRoom } from '../support/client.ts'
import { listenAt } from '../support/ear.ts'
import { guests, test, uuidOf } from '../support/members.ts'
import { createMemoryNotifiers } from '../support/memory-notifier.ts'
import { anything, connect, followLive, nextOf, presencesOf, statusesOf } from '../support/presence.ts'
import { statementsOf } from '../support/statements.ts'

const setPresence = `mutation ($status: PresenceStatus!) {
  setPresence(input: { status: $status }) { user { presence { status } } }
}`

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
  await server.parts.presenceTracker.settle()
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
    await server.parts.presenceTracker.settle()
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

test('a socket that comes is no news to other servers, an operation of somebody without one is', async ({ start }) => {
  const bell = createMemoryNotifiers()
  const ear = await listenAt(bell.notifier())
  const server = await start({}, { notifier: bell.notifier() })
  const [ada, bob] = [await guest(server, 'Ada'), await guest(server, 'Bob')]
  await connect(bob)
  await ada.call('{ viewer { user { id } } }')
  const active = () => ear.hints.filter(({ kind }) => kind === 'USER_ACTIVE').map(({ subject }) => subject)
  await ear.until(() => active().length > 0)
  expect(active()).toEqual([uuidOf(ada.userId)])
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

test('who works over HTTP alone is last seen then, and not online', async ({ start, db }) => {
  const server = await start({ presence: { seenWriteMs: 200 } })
  const [ada, bob] = [await guest(server, 'Ada'), await guest(server, 'Bob')]
  await makeRoom(ada, [bob])
  const longAgo = new Date(Date.now() - 86_400_000)
  const seenAt = async () => (await db.user.findUniqueOrThrow({ where: { id: uuidOf(bob.userId) } })).lastSeenAt
  // what was noted before is written
  await expect.poll(async () => ((await seenAt())?.getTime() ?? 0) > longAgo.getTime()).toBe(true)
  await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { lastSeenAt: longAgo } })
  await bob.call('{ viewer { user { id } } }')
  await expect.poll(async () => ((await seenAt())?.getTime() ?? 0) > longAgo.getTime()).toBe(true)
  const [presence] = await presencesOf(ada, [bob])
  expect(presence?.status).toBe('OFFLINE')
})
