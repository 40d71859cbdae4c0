import { expect } from 'vitest'
import { type Client, guest, makeRoom, type Stream, send } from '../support/client.ts'
import { leaveRoom, removeMember, setRole, test, uuidOf } from '../support/members.ts'
import { createMemoryNotifiers } from '../support/memory-notifier.ts'
import { statementsOf } from '../support/statements.ts'

const typing = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename
    cursor
    ... on TypingChanged { users { displayName } }
    ... on MessageSent { message { number } }
  }
}`

const setTypingMutation = `mutation ($roomId: ID!, $isTyping: Boolean!) {
  setTyping(input: { roomId: $roomId, isTyping: $isTyping }) { room { id } expiresAt }
}`

interface Event {
  __typename: string
  cursor: string
  users?: { displayName: string }[]
  message?: { number: number }
}

interface Events {
  roomEvents: Event
}

const setTyping = (client: Client, roomId: string, isTyping: boolean) =>
  client.call<{ setTyping: { room: { id: string }; expiresAt: string | null } }>(setTypingMutation, {
    roomId,
    isTyping,
  })

/** Follows a room and waits until it is live. */
async function followLive(client: Client, roomId: string): Promise<Stream<Events>> {
  const stream = client.follow<Events>(typing, { roomId })
  expect((await stream.nextData()).roomEvents.__typename).toBe('Synced')
  return stream
}

/** The names of those who type, as the next event of a stream tells them. */
async function nextTypists(stream: Stream<Events>): Promise<string[]> {
  const { roomEvents } = await stream.nextData()
  expect(roomEvents.__typename).toBe('TypingChanged')
  return (roomEvents.users ?? []).map(({ displayName }) => displayName)
}

test('who types is told to the room on every server, and who stops too', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(two, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  const streams = [await followLive(bob, roomId), await followLive(ada, roomId)]
  const before = Date.now()
  const { room, expiresAt } = (await setTyping(ada, roomId, true)).setTyping
  expect(room.id).toBe(roomId)
  expect(new Date(expiresAt ?? 0).getTime()).toBeGreaterThanOrEqual(before + 6_000)
  for (const stream of streams) expect(await nextTypists(stream)).toEqual(['Ada'])
  await setTyping(bob, roomId, true)
  for (const stream of streams) expect(await nextTypists(stream)).toEqual(['Ada', 'Bob'])
  expect((await setTyping(ada, roomId, false)).setTyping.expiresAt).toBeNull()
  for (const stream of streams) expect(await nextTypists(stream)).toEqual(['Bob'])
})

/** The next list of those who type, whatever comes before it. */
async function nextListAfter(stream: Stream<Events>): Promise<string[]> {
  for (;;) {
    const { users } = (await stream.nextData()).roomEvents
    if (users) return users.map(({ displayName }) => displayName)
  }
}

const mute = `mutation ($roomId: ID!, $userId: ID!, $until: DateTime!) {
  muteMember(input: { roomId: $roomId, userId: $userId, until: $until }) { membership { id } }
}`
const ban =
  'mutation ($roomId: ID!, $userId: ID!) { banMember(input: { roomId: $roomId, userId: $userId }) { ban { user { id } } } }'

/** A way in which typing ends without a hint of the client. Ada has typed on one server, and it happens on the other. */
interface Ending {
  readonly end: string
  act(room: { roomId: string; owner: Client; ada: Client }): Promise<unknown>
}

test.for<Ending>([
  { end: 'sends a message', act: ({ roomId, ada }) => send(ada, roomId, 'said') },
  { end: 'leaves', act: ({ roomId, ada }) => ada.call(leaveRoom, { roomId }) },
  { end: 'is removed', act: ({ roomId, owner, ada }) => owner.call(removeMember, { roomId, userId: ada.userId }) },
  { end: 'is banned', act: ({ roomId, owner, ada }) => owner.call(ban, { roomId, userId: ada.userId }) },
  {
    end: 'is muted',
    act: ({ roomId, owner, ada }) =>
      owner.call(mute, { roomId, userId: ada.userId, until: new Date(Date.now() + 60_000).toISOString() }),
  },
])('a member who $end is off the list of those who type, on every server', async ({ act }, { one, two }) => {
  const owner = await guest(two, 'Owner')
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(owner, [ada])
  const streams = [await followLive(owner.at(one), roomId), await followLive(owner, roomId)]
  await setTyping(ada, roomId, true)
  for (const stream of streams) expect(await nextTypists(stream)).toEqual(['Ada'])
  const startedAt = performance.now()
  await act({ roomId, owner, ada: ada.at(two) })
  for (const stream of streams) expect(await nextListAfter(stream)).toEqual([])
  expect(performance.now() - startedAt, 'long before it would end by itself').toBeLessThan(5_000)
  await setTyping(owner, roomId, true)
  for (const stream of streams) expect(await nextListAfter(stream)).toEqual(['Owner'])
})

test('who types and sends at once is not shown as typing after the message', async ({ start }) => {
  // the hint still waits for others like it when the message is sent
  const server = await start({ feed: { hintWaitMs: 1_000 } })
  const ada = await guest(server, 'Ada')
  const bob = await guest(server, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(bob, roomId)
  await setTyping(ada, roomId, true)
  await send(ada, roomId, 'quick')
  await setTyping(bob, roomId, true)
  expect(await nextListAfter(stream)).toEqual(['Bob'])
})

test('typing ends by itself where a stop is lost', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const stream = await followLive(ada.at(two), roomId)
  await setTyping(ada, roomId, true)
  expect(await nextTypists(stream)).toEqual(['Ada'])
  // nobody says that Ada has stopped
  expect(await nextTypists(stream)).toEqual([])
})

test('the cursor of a hint is a place to go on from', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const stream = await followLive(ada.at(two), roomId)
  await send(ada, roomId, 'first')
  expect((await stream.nextData()).roomEvents).toMatchObject({ message: { number: 1 } })
  await setTyping(ada, roomId, true)
  const hint = (await stream.nextData()).roomEvents
  expect(hint.__typename).toBe('TypingChanged')
  await send(ada, roomId, 'second')
  const again = ada.follow<Events>(typing, { roomId, after: hint.cursor })
  expect((await again.nextData()).roomEvents).toMatchObject({ message: { number: 2 } })
})

test('typing takes no number, writes nothing, and is not sent to who does not ask for it', async ({ one, two, db }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const plain = ada.follow<Events>(
    'subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename cursor } }',
    { roomId },
  )
  expect((await plain.nextData()).roomEvents.__typename).toBe('Synced')
  const stream = await followLive(ada.at(two), roomId)
  const headOf = () => db.topic.findUniqueOrThrow({ where: { id: uuidOf(roomId) } }).then(({ head }) => head)
  const head = await headOf()
  const statements = await statementsOf(async () => {
    await setTyping(ada, roomId, true)
    expect(await nextTypists(stream)).toEqual(['Ada'])
  })
  expect(statements.filter((text) => /\b(insert|update|delete)\b/i.test(text))).toEqual([])
  expect(await headOf()).toBe(head)
  await send(ada, roomId, 'fence')
  expect((await plain.nextData()).roomEvents.__typename).toBe('MessageSent')
})

test('who may not send may not type, and a stranger learns nothing', async ({ one, db }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const stranger = await guest(one, 'Stranger')
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  const variables = { roomId, isTyping: true }
  await db.member.update({
    where: { roomId_userId: { roomId: uuidOf(roomId), userId: uuidOf(bob.userId) } },
    data: { mutedUntil: new Date(Date.now() + 60_000) },
  })
  expect(await bob.fail(setTypingMutation, variables)).toBe('MUTED')
  expect(await stranger.fail(setTypingMutation, variables)).toBe('FORBIDDEN')
  await db.room.update({ where: { id: uuidOf(roomId) }, data: { access: 'INVITE' } })
  expect(await stranger.fail(setTypingMutation, variables)).toBe('NOT_FOUND')
  await setRole(db, roomId, bob, 'ADMIN')
  await setTyping(ada, roomId, true)
  expect(await nextTypists(stream)).toEqual(['Ada'])
})

test('who waits in slow mode for their next message may type it', async ({ one, db }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  await db.room.update({ where: { id: uuidOf(roomId) }, data: { slowModeSeconds: 3_600 } })
  const stream = await followLive(ada, roomId)
  await send(bob, roomId, 'first')
  expect((await stream.nextData()).roomEvents.__typename).toBe('MessageSent')
  await setTyping(bob, roomId, true)
  expect(await nextTypists(stream)).toEqual(['Bob'])
  await setTyping(bob, roomId, false)
  expect(await nextTypists(stream)).toEqual([])
})

test('somebody who has blocked a typist, or is blocked by them, does not see them type', async ({ one, two, db }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const cyd = await guest(two, 'Cyd')
  const roomId = await makeRoom(ada, [bob, cyd])
  await db.block.create({ data: { blockerId: uuidOf(ada.userId), blockedId: uuidOf(bob.userId) } })
  const streams = {
    ada: await followLive(ada.at(two), roomId),
    bob: await followLive(bob, roomId),
    cyd: await followLive(cyd, roomId),
  }
  await setTyping(bob, roomId, true)
  expect(await nextTypists(streams.cyd)).toEqual(['Bob'])
  expect(await nextTypists(streams.bob)).toEqual(['Bob'])
  await setTyping(ada, roomId, true)
  expect(await nextTypists(streams.cyd)).toEqual(['Bob', 'Ada'])
  expect(await nextTypists(streams.ada)).toEqual(['Ada'])
  await setTyping(cyd, roomId, true)
  expect(await nextTypists(streams.cyd)).toEqual(['Bob', 'Ada', 'Cyd'])
  expect(await nextTypists(streams.ada)).toEqual(['Ada', 'Cyd'])
  expect(await nextTypists(streams.bob)).toEqual(['Bob', 'Cyd'])
})

test('one typist past the bound drops the one who began first', async ({ start }) => {
  const bell = createMemoryNotifiers()
  const server = await start({}, { notifier: bell.notifier() })
  const ada = await guest(server, 'Ada')
  const typists = await Promise.all(Array.from({ length: 21 }, (_, index) => guest(server, `Typist ${index}`)))
  const roomId = await makeRoom(ada, typists)
  const stream = await followLive(ada, roomId)
  for (const typist of typists) await setTyping(typist, roomId, true)
  await setTyping(ada, roomId, true)
  let last: string[] = []
  while (!last.includes('Ada')) last = await nextTypists(stream)
  expect(last.length).toBeLessThanOrEqual(20)
  expect(last).not.toContain('Typist 0')
})
