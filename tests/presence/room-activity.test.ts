import { expect } from 'vitest'
import { type Client, guest, makeRoom, type Stream, send } from '../support/client.ts'
import { openDirect, test, uuidOf } from '../support/members.ts'

const advances = `subscription {
  viewerEvents { __typename ... on RoomAdvanced { roomId membership { unreadCount room { name } } } }
}`

interface Advances {
  viewerEvents: { __typename: string; roomId?: string; membership?: { unreadCount: number; room: { name: string } } }
}

async function followAdvances(client: Client): Promise<Stream<Advances>> {
  const stream = client.follow<Advances>(advances)
  expect((await stream.nextData()).viewerEvents.__typename).toBe('Synced')
  return stream
}

const toldOf = (stream: Stream<Advances>, roomId: string) =>
  stream.arrived.flatMap(({ data }) => {
    const event = data?.viewerEvents
    return event?.__typename === 'RoomAdvanced' && event.roomId === roomId ? event : []
  })

/** Sends until a stream has told of the room: which rooms it follows is found out a moment after it began. */
async function sendUntilTold(author: Client, roomId: string, stream: Stream<Advances>): Promise<void> {
  const before = toldOf(stream, roomId).length
  await expect
    .poll(
      async () => {
        await send(author, roomId, 'hello')
        return toldOf(stream, roomId).length
      },
      { interval: 200 },
    )
    .toBeGreaterThan(before)
}

test('a viewer is told which rooms got messages, on every server, without a write for each member', async ({
  one,
  two,
}) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const [quiet, busy] = [await makeRoom(ada, [bob], 'Quiet'), await makeRoom(ada, [bob], 'Busy')]
  const streams = [await followAdvances(bob), await followAdvances(bob.at(two))]
  // a room that one comes to later is followed too
  const later = await makeRoom(ada, [bob], 'Later')
  const rows = () =>
    one.parts.db.$queryRaw`select room_id, xmin::text from members where user_id = ${uuidOf(bob.userId)}::uuid`
  const before = await rows()
  for (const stream of streams) for (const roomId of [busy, later]) await sendUntilTold(ada, roomId, stream)
  const told = streams.map((stream) => toldOf(stream, busy).length)
  await Promise.all(Array.from({ length: 50 }, () => send(ada, busy, 'more')))
  const { number } = await send(ada, busy, 'last')
  for (const [index, stream] of streams.entries()) {
    const unread = () => toldOf(stream, busy).at(-1)?.membership?.unreadCount
    await expect.poll(unread).toBe(number)
    // for 51 that came at once far fewer
    expect(toldOf(stream, busy).length - (told[index] ?? 0)).toBeLessThan(20)
    expect(toldOf(stream, quiet)).toEqual([])
  }
  expect(await rows()).toEqual(before)
})

test('a viewer is told of what came just before their stream or membership began', async ({ one, two }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await send(ada, roomId, 'hello')
  const stream = await followAdvances(bob.at(two))
  const unreadOf = (id: string) => () => toldOf(stream, id).at(-1)?.membership?.unreadCount
  await expect.poll(unreadOf(roomId)).toBe(1)
  // as clients do who open the room with the first message
  const direct = await openDirect(ada, bob)
  await send(ada, direct, 'hi')
  await expect.poll(unreadOf(direct)).toBe(1)
})

test('a viewer is told of a room once in a while, whatever happens there, and then how it is', async ({ start }) => {
  const advanceMs = 3_000
  const server = await start({ presence: { advanceMs } })
  const [ada, bob] = [await guest(server, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await send(ada, roomId, 'came before')
  const begun = Date.now()
  const stream = await followAdvances(bob)
  await expect.poll(() => toldOf(stream, roomId).length).toBe(1)
  for (let number = 1; number <= 4; number++) {
    await send(ada, roomId, 'more')
    await bob.call('mutation ($input: MarkReadInput!) { markRead(input: $input) { __typename } }', {
      input: { roomId, number },
    })
    await followAdvances(bob)
    // what is told of others comes meanwhile
    await sendUntilTold(ada, await makeRoom(ada, [bob]), stream)
  }
  expect(toldOf(stream, roomId).length - 1).toBeLessThanOrEqual((Date.now() - begun) / advanceMs)
  await expect.poll(() => toldOf(stream, roomId).at(-1)?.membership?.unreadCount).toBe(1)
})

test('what the viewer does with a room on one device is told to the others', async ({ one, two }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await send(ada, roomId, 'first')
  const setNotifications = `mutation ($input: SetNotificationsInput!) {
    setNotifications(input: $input) { membership { notifications } }
  }`
  const stream = bob
    .at(two)
    .follow(
      'subscription { viewerEvents { __typename ... on NotificationsChanged { roomId membership { notifications } } } }',
    )
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  // the second changes nothing
  for (const level of ['MENTIONS', 'MENTIONS', 'NONE']) await bob.call(setNotifications, { input: { roomId, level } })
  for (const notifications of ['MENTIONS', 'NONE']) {
    const told = { __typename: 'NotificationsChanged', roomId, membership: { notifications: expect.any(String) } }
    expect(await stream.nextData(), notifications).toEqual({ viewerEvents: told })
  }
  await send(ada, roomId, 'second')
  const advanced = await followAdvances(bob.at(two))
  await bob.call('mutation ($roomId: ID!) { markRead(input: { roomId: $roomId, number: 2 }) { __typename } }', {
    roomId,
  })
  await expect.poll(() => toldOf(advanced, roomId).at(-1)?.membership?.unreadCount).toBe(0)
})

test('a viewer is told, wherever they are, that they have another role or mute', async ({ one, two }) => {
  const [ada, bob, cyd] = [await guest(one, 'Ada'), await guest(one, 'Bob'), await guest(one, 'Cyd')]
  const roomId = await makeRoom(ada, [bob, cyd])
  const stream = bob
    .at(two)
    .follow('subscription { viewerEvents { __typename ... on RoomAdvanced { membership { role mutedUntil } } } }')
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  const told = (role: string, mutedUntil: unknown = null) => ({
    viewerEvents: { __typename: 'RoomAdvanced', membership: { role, mutedUntil } },
  })
  const run = (client: Client, field: string, input: Record<string, unknown>) => {
    const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`
    return client.call(`mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`, {
      input: { roomId, ...input },
    })
  }
  await run(ada, 'muteMember', { userId: bob.userId, until: new Date(Date.now() + 3_600_000).toISOString() })
  expect(await stream.nextData()).toEqual(told('MEMBER', expect.any(String)))
  await run(ada, 'muteMember', { userId: bob.userId })
  expect(await stream.nextData()).toEqual(told('MEMBER'))
  await run(ada, 'setMemberRole', { userId: bob.userId, role: 'ADMIN' })
  expect(await stream.nextData()).toEqual(told('ADMIN'))
  // the heir
  await run(ada, 'leaveRoom', {})
  expect(await stream.nextData()).toEqual(told('OWNER'))
})

test('who has too many rooms is told of those that were active last', async ({ start }) => {
  const server = await start({ presence: { roomsFollowedMax: 1 } })
  const [ada, bob] = [await guest(server, 'Ada'), await guest(server, 'Bob')]
  const [first, second, third] = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
  await send(ada, second, 'the last')
  const stream = await followAdvances(bob)
  await sendUntilTold(ada, second, stream)
  for (const roomId of [first, third]) await send(ada, roomId, 'nobody is told')
  await sendUntilTold(ada, second, stream)
  for (const roomId of [first, third]) expect(toldOf(stream, roomId)).toEqual([])
})

test('who has left a room is not told of its messages', async ({ one }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const [left, kept] = [await makeRoom(ada, [bob], 'Left'), await makeRoom(ada, [bob], 'Kept')]
  const stream = await followAdvances(bob)
  await sendUntilTold(ada, left, stream)
  await bob.call('mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }', { roomId: left })
  await sendUntilTold(ada, kept, stream)
  const before = toldOf(stream, left).length
  await send(ada, left, 'you are not here')
  await sendUntilTold(ada, kept, stream)
  await sendUntilTold(ada, kept, stream)
  expect(toldOf(stream, left)).toHaveLength(before)
})
