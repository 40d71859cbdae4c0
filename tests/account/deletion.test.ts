import { expect } from 'vitest'
import { finishAccountDeletions } from '../../src/account/deletion/service.ts'
import { accountDeletionLimits } from '../../src/config/account.ts'
import type { Db } from '../../src/database/client.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { attempt, enter, freshName, newUser, password, refusal, whose } from '../support/accounts.ts'
import { holdChore } from '../support/chores.ts'
import { Client, guest, join, makeRoom, send } from '../support/client.ts'
import { test as base, countsOf, eventsOf, guests, keyOf, openDirect, setRole, uuidOf } from '../support/members.ts'
import { openInitialised } from '../support/raw-socket.ts'
import { anyBytes, findMedia, picture, upload } from '../support/uploads.ts'

/** Chores are done by the tests alone. */
const test = base.extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
  onCleanup(await holdChore(databaseUrl, 'deleted accounts'))
})

const deleteAccount = `mutation ($password: String) {
  deleteAccount(input: { password: $password }) { user { id username displayName bio } }
}`
const roomEvents = `subscription ($roomId: ID!) {
  roomEvents(roomId: $roomId) {
    __typename
    ... on MemberLeft { reason user { id displayName } }
    ... on MemberUpdated { membership { role user { id } } }
    ... on RoomUpdated { room { archivedAt memberCount } }
  }
}`
const viewerEvents = 'subscription { viewerEvents { __typename ... on FriendRemoved { user { id displayName } } } }'
const askFriend = 'mutation ($userId: ID!) { sendFriendRequest(input: { userId: $userId }) { user { id } } }'
const running = new AbortController().signal

type Server = { url: string }

/** A registered user with `password`. */
async function registered(server: Server, input: Record<string, unknown> = {}): Promise<Client> {
  const { accessToken: token, refreshToken, viewer } = await newUser(server, input)
  return new Client(server, { token, refreshToken, userId: viewer.user.id, name: viewer.user.displayName })
}

async function befriend(a: Client, b: Client): Promise<void> {
  await a.call(askFriend, { userId: b.userId })
  await b.call(askFriend, { userId: a.userId })
}

const deletedUser = (userId: string) => ({ id: userId, displayName: 'Deleted user' })

/** Lets the deletion of an account be as old as it must be to be over. */
const settle = (db: Db, userId: string) =>
  db.accountDeletion.update({
    where: { userId: uuidOf(userId) },
    data: { createdAt: new Date(Date.now() - accountDeletionLimits.settledMs) },
  })

test('who has a password must know it, and who has none need not', async ({ one, start, db }) => {
  const server = await start({ rates: { passwordOfUser: { points: 3, seconds: 60 } } })
  const [ada, bob] = [await registered(server), await guest(one)]
  expect(await ada.fail(deleteAccount, { password: 'wrong horse battery' })).toBe('BAD_CREDENTIALS')
  expect(await ada.fail(deleteAccount)).toBe('BAD_CREDENTIALS')
  expect(await ada.fail(deleteAccount, { password: 'p'.repeat(513) })).toBe('BAD_USER_INPUT')
  expect(await db.user.findUniqueOrThrow({ where: { id: uuidOf(ada.userId) } })).toMatchObject({ deletedAt: null })
  await ada.call(deleteAccount, { password })
  await bob.call(deleteAccount)
  const kim = await registered(server)
  for (const _ of [1, 2, 3]) await kim.fail(deleteAccount, { password: 'wrong horse battery' })
  expect(await kim.fail(deleteAccount, { password })).toBe('RATE_LIMITED')
})

test('nothing of a deleted account is left but an author without a name', async ({ one, two, db }) => {
  const username = freshName()
  const ada = await registered(one, { username, email: `${username}@example.org`, displayName: `Ada ${username}` })
  const bob = await guest(two)
  const roomId = await makeRoom(bob, [ada])
  const message = await send(ada, roomId, 'hello')
  const avatar = await upload(ada, await picture(), { mimeType: 'image/png' })
  await db.user.update({ where: { id: uuidOf(ada.userId) }, data: { avatarId: uuidOf(avatar.id) } })
  const [unused, sent] = [await upload(ada, anyBytes(10)), await upload(ada, anyBytes(10))]
  await ada.call(
    'mutation ($roomId: ID!, $ids: [ID!]) { sendMessage(input: { roomId: $roomId, body: "", attachmentIds: $ids }) { message { id } } }',
    { roomId, ids: [sent.id] },
  )
  const searchUser = 'query ($search: String!) { users(search: $search) { nodes { id } } }'
  expect(await bob.call(searchUser, { search: username })).toEqual({ users: { nodes: [{ id: ada.userId }] } })
  expect(await ada.call(deleteAccount, { password })).toEqual({
    deleteAccount: { user: { ...deletedUser(ada.userId), username: null, bio: null } },
  })
  const row = await db.user.findUniqueOrThrow({ where: { id: uuidOf(ada.userId) }, include: { credential: true } })
  expect(row).toMatchObject({ email: null, username: null, displayName: 'Deleted user', avatarId: null })
  expect(row.credential).toBeNull()
  expect(await db.media.findMany({ where: { ownerId: row.id } })).toMatchObject([{ id: uuidOf(sent.id) }])
  for (const { url } of [avatar, unused]) expect((await fetch(new URL(url, two.url))).status).toBe(404)
  expect(await bob.call(searchUser, { search: username })).toEqual({ users: { nodes: [] } })
  expect(await bob.call('query ($name: String!) { user(username: $name) { id } }', { name: username })).toEqual({
    user: null,
  })
  // what they said stays where it was said
  expect(
    await bob.call('query ($id: ID!) { node(id: $id) { ... on Message { body author { id displayName } } } }', {
      id: message.id,
    }),
  ).toEqual({ node: { body: 'hello', author: deletedUser(ada.userId) } })
  expect(await findMedia(bob, sent.id)).toMatchObject({ id: sent.id })
  // and the e-mail address is free, while the name rests: tests/users/usernames.test.ts
  const again = await newUser(two, { email: `${username}@example.org` })
  expect(again.viewer.user.id).not.toBe(ada.userId)
})

test('all sessions end on every server, and no token opens another', async ({ one, two }) => {
  const username = freshName()
  const ada = await registered(one, { username })
  const other = await enter(two, 'signIn', { username, password })
  expect(await whose(two, ada.token)).toBe(ada.userId)
  const stream = ada.at(two).follow('subscription { viewerEvents { __typename } }')
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  const socket = await openInitialised(two, ada.token)
  const twice = await ada.attempt(
    `mutation ($password: String) {
    deleteAccount(input: { password: $password }) { user { id } }
    createRoom(input: { name: "Late", access: OPEN }) { room { id } }
  }`,
    { password },
  )
  expect(twice.errors?.map(({ extensions, path }) => [path?.[0], extensions.code])).toEqual([
    ['createRoom', 'SESSION_EXPIRED'],
  ])
  await stream.closed()
  // the client above closes its socket itself when it hears of the end in the stream first
  expect(await socket.closed).toBe(4403)
  for (const server of [one, two]) {
    for (const token of [ada.token, other.accessToken]) {
      await expect.poll(() => whose(server, token)).toBe('SESSION_EXPIRED')
    }
    for (const { refreshToken } of [ada, other]) {
      expect(await refusal(server, 'refreshSession', { refreshToken })).toBe('SESSION_EXPIRED')
    }
    expect(await refusal(server, 'signIn', { username, password })).toBe('BAD_CREDENTIALS')
  }
})

test('rooms hear that the account is deleted, and one that it owned gets its heir', async ({ one, two, db }) => {
  const [ada, bob, eve] = [await registered(one), await guest(two), await guest(one)]
  const roomId = await makeRoom(ada, [eve, bob])
  await setRole(db, roomId, bob, 'ADMIN')
  const alone = await makeRoom(ada)
  const streams = [bob.at(one), eve.at(two)].map((client) => client.follow(roomEvents, { roomId }))
  const own = ada.at(two).follow(roomEvents, { roomId })
  for (const stream of [...streams, own]) await stream.nextData()
  await ada.call(deleteAccount, { password })
  const left = { __typename: 'MemberLeft', reason: 'ACCOUNT_DELETED', user: deletedUser(ada.userId) }
  for (const stream of streams) {
    expect(await stream.nextData()).toEqual({ roomEvents: left })
    expect(await stream.nextData()).toEqual({
      roomEvents: { __typename: 'MemberUpdated', membership: { role: 'OWNER', user: { id: bob.userId } } },
    })
  }
  expect(await countsOf(db, roomId)).toEqual({ memberCount: 2, rows: 2 })
  expect(await countsOf(db, alone)).toEqual({ memberCount: 0, rows: 0 })
  // the one who made it does not come back: nobody owns it until the operator says who
  await join(eve, alone)
  expect(await db.member.findUniqueOrThrow({ where: keyOf(alone, eve) })).toMatchObject({ role: 'MEMBER' })
})

test('the other one of a direct room keeps what was said, and it is archived', async ({ one, two, db }) => {
  const [ada, bob] = [await registered(one), await guest(two)]
  const roomId = await openDirect(ada, bob)
  await send(ada, roomId, 'keep this')
  const stream = bob.follow(roomEvents, { roomId })
  await stream.nextData()
  await ada.call(deleteAccount, { password })
  const archived = { archivedAt: expect.any(String), memberCount: 1 }
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'RoomUpdated', room: archived } })
  expect(await stream.nextData()).toMatchObject({ roomEvents: { reason: 'ACCOUNT_DELETED' } })
  expect(
    await bob.call('query ($id: ID!) { room(id: $id) { messages { nodes { body author { displayName } } } } }', {
      id: roomId,
    }),
  ).toEqual({ room: { messages: { nodes: [{ body: 'keep this', author: { displayName: 'Deleted user' } }] } } })
  const say = 'mutation ($id: ID!) { sendMessage(input: { roomId: $id, body: "x" }) { message { id } } }'
  expect(await bob.fail(say, { id: roomId })).toBe('ROOM_ARCHIVED')
  expect(await countsOf(db, roomId)).toEqual({ memberCount: 1, rows: 1 })
})

test('friends and those who were asked are told, and blocks by others stay', async ({ one, two, db }) => {
  const ada = await registered(one)
  const [bob, eve, kim, joe] = await guests(two, 4)
  if (!bob || !eve || !kim || !joe) throw new Error('nobody')
  await befriend(ada, bob)
  await ada.call(askFriend, { userId: eve.userId })
  await kim.call(askFriend, { userId: ada.userId })
  const block = 'mutation ($userId: ID!) { blockUser(input: { userId: $userId }) { user { id } } }'
  await joe.call(block, { userId: ada.userId })
  await ada.call(block, { userId: joe.userId })
  const streams = [bob, eve, kim].map((client) => client.follow(viewerEvents))
  for (const stream of streams) await stream.nextData()
  await ada.call(deleteAccount, { password })
  for (const stream of streams) {
    expect(await stream.nextData()).toEqual({
      viewerEvents: { __typename: 'FriendRemoved', user: deletedUser(ada.userId) },
    })
  }
  const id = uuidOf(ada.userId)
  expect(await db.friendship.count({ where: { OR: [{ lowId: id }, { highId: id }] } })).toBe(0)
  expect(await db.block.findMany({ where: { OR: [{ blockerId: id }, { blockedId: id }] } })).toMatchObject([
    { blockerId: uuidOf(joe.userId), blockedId: id },
  ])
})

test('two devices that delete at once delete once', async ({ one, two, db }) => {
  const ada = await registered(one)
  const bob = await guest(one)
  const rooms = [await makeRoom(ada, [bob]), await makeRoom(bob, [ada])]
  const answers = await Promise.all(
    [ada, ada.at(two), ada].map((client) => client.attempt(deleteAccount, { password })),
  )
  const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'DONE')
  expect(codes).toContain('DONE')
  expect(codes.filter((code) => code !== 'DONE' && code !== 'SESSION_EXPIRED')).toEqual([])
  for (const roomId of rooms) {
    await expect.poll(() => countsOf(db, roomId)).toEqual({ memberCount: 1, rows: 1 })
    const events = await eventsOf(db, roomId)
    expect(events.filter((event) => event.startsWith('MEMBER_DELETED'))).toHaveLength(1)
  }
})

test('what a dead server left undone is done by another', async ({ one, two, db }) => {
  const ada = await registered(one)
  const others = await guests(one, 101)
  const [bob] = others
  if (!bob) throw new Error('nobody')
  const userId = uuidOf(ada.userId)
  const roomIds = await Promise.all([makeRoom(ada, [bob]), makeRoom(bob, [ada]), openDirect(ada, bob)])
  await db.friendship.createMany({
    data: others.map((other) => {
      const [lowId = '', highId = ''] = [userId, uuidOf(other.userId)].sort()
      return { lowId, highId, requesterId: userId }
    }),
  })
  // as far as the first transaction, and something that was on its way then
  await db.user.update({ where: { id: userId }, data: { deletedAt: new Date(), email: 'late@example.org' } })
  await db.accountDeletion.create({ data: { userId } })
  const roomId = uuidOf(roomIds[0])
  const visit = () => ({ id: newUuidIn(roomId), roomId, userId, enteredAt: new Date(0) })
  await db.roomVisit.createMany({ data: [{ ...visit(), leftAt: new Date() }, visit()] })
  const stream = bob.follow(roomEvents, { roomId: roomIds[1] })
  await stream.nextData()
  await Promise.all([one, two].map(({ parts }) => finishAccountDeletions(parts, running)))
  expect(await stream.nextData()).toMatchObject({ roomEvents: { reason: 'ACCOUNT_DELETED' } })
  expect(await db.member.count({ where: { userId } })).toBe(0)
  expect(await db.friendship.count({ where: { requesterId: userId } })).toBe(0)
  expect(await db.event.count({ where: { kind: 'FRIEND_REMOVED', subject: userId } })).toBe(101)
  expect(await db.event.count({ where: { kind: 'MEMBER_DELETED', subject: userId } })).toBe(3)
  expect(await db.roomVisit.count({ where: { userId } })).toBe(0)
  // it is looked at again until nothing can be on its way
  expect(await db.accountDeletion.count({ where: { userId } })).toBe(1)
  await settle(db, ada.userId)
  await finishAccountDeletions(two.parts, running)
  expect(await db.accountDeletion.count({ where: { userId } })).toBe(0)
  expect(await db.user.findUniqueOrThrow({ where: { id: userId } })).toMatchObject({ email: null, username: null })
})

test('more rooms than are left at once are left by the chore', async ({ one, db }) => {
  const ada = await registered(one)
  const { roomsAtOnceMax } = accountDeletionLimits
  for (let made = 0; made <= roomsAtOnceMax; made++) await makeRoom(ada)
  await ada.call(deleteAccount, { password })
  const where = { userId: uuidOf(ada.userId) }
  expect(await db.member.count({ where })).toBe(1)
  await finishAccountDeletions(one.parts, running)
  expect(await db.member.count({ where })).toBe(0)
  expect((await attempt(one, 'refreshSession', { refreshToken: ada.refreshToken })).errors).toHaveLength(1)
})
