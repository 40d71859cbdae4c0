import { expect } from 'vitest'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import {
  eventsOf,
  keyOf,
  leaveRoom,
  openDirect,
  removeMember,
  setRole,
  test,
  unknown,
  uuidOf,
} from '../support/members.ts'

const muteMember = `mutation ($roomId: ID!, $userId: ID!, $until: DateTime) {
  muteMember(input: { roomId: $roomId, userId: $userId, until: $until }) { membership { mutedUntil user { id } } }
}`
const sendMessage = `mutation ($roomId: ID!) {
  sendMessage(input: { roomId: $roomId, body: "hello" }) { message { id } }
}`
const editMessage = `mutation ($messageId: ID!) {
  editMessage(input: { messageId: $messageId, body: "changed" }) { message { id } }
}`

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

test('a muted member reads but neither sends nor edits, until the mute is lifted', async ({ one, two }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const roomId = await makeRoom(ada, [bob])
  const { id: messageId } = await send(bob, roomId, 'before')
  const until = inHours(1)
  expect(await ada.call(muteMember, { roomId, userId: bob.userId, until })).toEqual({
    muteMember: { membership: { mutedUntil: until, user: { id: bob.userId } } },
  })
  for (const [query, variables] of [
    [sendMessage, { roomId }],
    [editMessage, { messageId }],
  ] as const) {
    const { errors } = await bob.attempt(query, variables)
    expect(errors?.[0]?.extensions.code).toBe('MUTED')
    const retryAfterMs = Number(errors?.[0]?.extensions.retryAfterMs)
    expect(retryAfterMs).toBeGreaterThan(3_000_000)
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000)
  }
  await bob.call('query ($id: ID!) { room(id: $id) { messages { nodes { body } } } }', { id: roomId })
  await ada.call(muteMember, { roomId, userId: bob.userId, until: null })
  await send(bob, roomId, 'after')
})

test('a mute ends by itself', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  await ada.call(muteMember, { roomId, userId: bob.userId, until: inHours(1) })
  await db.member.update({ where: keyOf(roomId, bob), data: { mutedUntil: new Date(Date.now() - 1) } })
  await send(bob, roomId, 'again')
})

test('one mutes those below oneself, for at most 365 days', async ({ one, db }) => {
  const [ada, bob, kim, eve] = [await guest(one), await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, kim, eve])
  await setRole(db, roomId, bob, 'ADMIN')
  await setRole(db, roomId, kim, 'ADMIN')
  const until = inHours(1)
  const mute = (who: Client, { userId }: { userId: string }, rest = { until }) =>
    who.fail(muteMember, { roomId, userId, ...rest })
  expect(await mute(eve, bob)).toBe('FORBIDDEN')
  expect(await mute(eve, eve)).toBe('FORBIDDEN')
  expect(await mute(bob, kim)).toBe('FORBIDDEN')
  expect(await mute(bob, ada)).toBe('FORBIDDEN')
  expect(await mute(ada, ada)).toBe('BAD_USER_INPUT')
  expect(await mute(bob, await guest(one))).toBe('NOT_FOUND')
  expect(await mute(bob, { userId: unknown.user })).toBe('NOT_FOUND')
  expect(await mute(bob, eve, { until: inHours(365 * 24 + 1) })).toBe('BAD_USER_INPUT')
  expect(await mute(bob, eve, { until: inHours(-1) })).toBe('BAD_USER_INPUT')
  expect(await ada.fail(muteMember, { roomId: await openDirect(ada, bob), userId: bob.userId, until })).toBe(
    'FORBIDDEN',
  )
  await bob.call(muteMember, { roomId, userId: eve.userId, until: inHours(365 * 24 - 1) })
})

test('a mute is seen by the member and by admins, also in the shared stream of the room', async ({ one, two, db }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, eve])
  const query = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) { ... on MemberUpdated { membership { role mutedUntil } } }
  }`
  const streams = [ada, bob, eve].map((client) => client.at(two).follow(query, { roomId }))
  for (const stream of streams) expect(await stream.nextData()).toEqual({ roomEvents: {} })
  const until = inHours(1)
  await ada.call(muteMember, { roomId, userId: bob.userId, until })
  for (const [index, mutedUntil] of [until, until, null].entries()) {
    expect(await streams[index]?.nextData()).toEqual({ roomEvents: { membership: { role: 'MEMBER', mutedUntil } } })
  }
  const before = await eventsOf(db, roomId)
  await ada.call(muteMember, { roomId, userId: bob.userId, until })
  expect(await eventsOf(db, roomId)).toEqual(before)
})

test('leaving, or being removed, is no way out of a mute', async ({ one, db }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, eve])
  const until = inHours(1)
  await ada.call(muteMember, { roomId, userId: bob.userId, until })
  for (const leave of [
    () => bob.call(leaveRoom, { roomId }),
    () => ada.call(removeMember, { roomId, userId: bob.userId }),
  ]) {
    await leave()
    await join(bob, roomId)
    expect(await bob.fail(sendMessage, { roomId })).toBe('MUTED')
    expect(await db.member.findUnique({ where: keyOf(roomId, bob) })).toMatchObject({
      mutedUntil: new Date(until),
    })
  }
  // lifted is lifted, and who was not muted is not
  await ada.call(muteMember, { roomId, userId: bob.userId, until: null })
  for (const client of [bob, eve]) {
    await client.call(leaveRoom, { roomId })
    await join(client, roomId)
    await send(client, roomId, 'hello')
  }
})

test('whoever becomes the owner is muted no longer, for nobody could lift it', async ({ one }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, eve])
  const events = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) { ... on MemberUpdated { membership { role mutedUntil } } }
  }`
  const mute = (by: Client, { userId }: Client) => by.call(muteMember, { roomId, userId, until: inHours(1) })
  await mute(ada, bob)
  const stream = bob.follow(events, { roomId })
  expect(await stream.nextData()).toEqual({ roomEvents: {} })
  expect(
    await ada.call(
      `mutation ($roomId: ID!, $userId: ID!) {
        transferOwnership(input: { roomId: $roomId, userId: $userId }) { owner { role mutedUntil } }
      }`,
      { roomId, userId: bob.userId },
    ),
  ).toEqual({ transferOwnership: { owner: { role: 'OWNER', mutedUntil: null } } })
  await expect
    .poll(() => stream.arrived)
    .toContainEqual({ data: { roomEvents: { membership: { role: 'OWNER', mutedUntil: null } } } })
  await send(bob, roomId, 'mine')
  // the heir
  await mute(bob, eve)
  await ada.call(leaveRoom, { roomId })
  await bob.call(leaveRoom, { roomId })
  await send(eve, roomId, 'inherited')
  // the first to enter a room that everybody has left
  await join(ada, roomId)
  await mute(eve, ada)
  await ada.call(leaveRoom, { roomId })
  await eve.call(leaveRoom, { roomId })
  await join(ada, roomId)
  await send(ada, roomId, 'found')
})

test('leaving is no way out of slow mode', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  await db.room.update({ where: { id: uuidOf(roomId) }, data: { slowModeSeconds: 3_600 } })
  await send(bob, roomId, 'first')
  await bob.call(leaveRoom, { roomId })
  await join(bob, roomId)
  expect(await bob.fail(sendMessage, { roomId })).toBe('SLOW_MODE')
})
