import { expect } from 'vitest'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { addMembers, test as base, leaveRoom, openDirect, removeMember, uuidOf } from '../support/members.ts'

const test = base
  .extend('telling', { scope: 'file' }, async ({ start }) => start({ systemMessages: true }))
  .extend('other', { scope: 'file' }, async ({ start }) => start({ systemMessages: true }))

interface Told {
  id: string
  number: number
  kind: string
  action: string | null
  body: string | null
  author: { id: string } | null
  actor: { id: string } | null
  subject: { id: string } | null
}

const fields = 'id number kind action body author { id } actor { id } subject { id }'

async function history(client: Client, id: string): Promise<Told[]> {
  const { room } = await client.call<{ room: { messages: { nodes: Told[] } } }>(
    `query ($id: ID!) { room(id: $id) { messages(first: 50) { nodes { ${fields} } } } }`,
    { id },
  )
  return room.messages.nodes
}

const lines = (messages: readonly Told[]) => messages.map(({ number, action, body }) => `${number} ${action} ${body}`)

async function unread(client: Client, id: string): Promise<number> {
  const { room } = await client.call<{ room: { viewerMembership: { unreadCount: number } } }>(
    'query ($id: ID!) { room(id: $id) { viewerMembership { unreadCount } } }',
    { id },
  )
  return room.viewerMembership.unreadCount
}

test('who comes and goes stands in the history, in the order of its numbers', async ({ telling, other }) => {
  const [ada, bob] = [await guest(telling, 'Ada'), await guest(other, 'Bob')]
  const [cyd, dan] = [await guest(telling, 'Cyd'), await guest(telling, 'Dan')]
  const roomId = await makeRoom(ada)
  await join(bob, roomId)
  await send(bob, roomId, 'hello')
  await ada.call(addMembers, { roomId, userIds: [cyd.userId, dan.userId, bob.userId] })
  await ada.call(removeMember, { roomId, userId: cyd.userId })
  await dan.call(leaveRoom, { roomId })
  const told = await history(bob, roomId)
  expect(lines(told)).toEqual([
    '1 JOINED Bob joined',
    '2 null hello',
    '3 ADDED Ada added Cyd',
    '4 ADDED Ada added Dan',
    '5 REMOVED Ada removed Cyd',
    '6 LEFT Dan left',
  ])
  expect(told[2]).toMatchObject({
    ...{ kind: 'SYSTEM', author: null, actor: { id: ada.userId }, subject: { id: cyd.userId } },
  })
  expect(told[1]).toMatchObject({ kind: 'TEXT', author: { id: bob.userId }, actor: null, subject: null })
})

test('an owner who leaves and an owner who hands over are told of', async ({ telling }) => {
  const [ada, bob, cyd] = [await guest(telling, 'Ada'), await guest(telling, 'Bob'), await guest(telling, 'Cyd')]
  const roomId = await makeRoom(ada, [bob, cyd])
  await ada.call('mutation ($input: TransferOwnershipInput!) { transferOwnership(input: $input) { __typename } }', {
    input: { roomId, userId: bob.userId },
  })
  await bob.call(leaveRoom, { roomId })
  expect(lines((await history(ada, roomId)).slice(2))).toEqual([
    '3 OWNER_CHANGED Bob is the owner now',
    '4 LEFT Bob left',
    '5 OWNER_CHANGED Ada is the owner now',
  ])
})

test('a ban, another name, and the archive are told of, other settings are not', async ({ telling }) => {
  const [ada, bob] = [await guest(telling, 'Ada'), await guest(telling, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const update = async (settings: object) =>
    ada.call('mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { room { id } } }', {
      input: { roomId, ...settings },
    })
  await ada.call('mutation ($input: BanMemberInput!) { banMember(input: $input) { __typename } }', {
    input: { roomId, userId: bob.userId },
  })
  await update({ name: 'Another' })
  await update({ description: 'What it is about' })
  await update({ archived: true })
  await update({ archived: false, name: 'A third' })
  expect(lines((await history(ada, roomId)).slice(1))).toEqual([
    '2 BANNED Ada banned Bob',
    '3 RENAMED Ada renamed the room',
    '4 ARCHIVED Ada archived the room',
    '5 RENAMED Ada renamed the room',
    '6 UNARCHIVED Ada unarchived the room',
  ])
})

test('names are those of now', async ({ telling, db }) => {
  const [ada, bob] = [await guest(telling, 'Ada'), await guest(telling, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { displayName: 'Robert' } })
  expect(lines(await history(ada, roomId))).toEqual(['1 JOINED Robert joined'])
  await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { deletedAt: new Date() } })
  expect(lines(await history(ada, roomId))).toEqual(['1 JOINED Deleted user joined'])
})

test('they come over subscriptions, but not to who has left', async ({ telling, other }) => {
  const [ada, bob, cyd] = [await guest(telling, 'Ada'), await guest(other, 'Bob'), await guest(other, 'Cyd')]
  const roomId = await makeRoom(ada, [bob])
  const follow = (client: Client) =>
    client.follow(
      `subscription ($roomId: ID!) {
        roomEvents(roomId: $roomId) { __typename ... on MessageSent { message { number body action } } }
      }`,
      { roomId },
    )
  const [hers, his] = [follow(ada), follow(bob)]
  for (const stream of [hers, his]) expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  await join(cyd, roomId)
  const joined = { number: 2, body: 'Cyd joined', action: 'JOINED' }
  for (const stream of [hers, his]) {
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MemberJoined' } })
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MessageSent', message: joined } })
  }
  await bob.call(leaveRoom, { roomId })
  for (const stream of [hers, his])
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MemberLeft' } })
  const left = { number: 3, body: 'Bob left', action: 'LEFT' }
  expect(await hers.nextData()).toEqual({ roomEvents: { __typename: 'MessageSent', message: left } })
  await his.ended()
})

test('nobody has system messages to read', async ({ telling }) => {
  const [ada, bob, cyd] = [await guest(telling), await guest(telling), await guest(telling)]
  const roomId = await makeRoom(ada, [bob])
  expect(await unread(ada, roomId)).toBe(0)
  expect(await unread(bob, roomId)).toBe(0)
  await send(ada, roomId, 'hello')
  await ada.call(addMembers, { roomId, userIds: [cyd.userId] })
  expect(await unread(ada, roomId)).toBe(0)
  expect(await unread(cyd, roomId)).toBe(0)
  // a message that was not read stays so
  expect(await unread(bob, roomId)).toBe(1)
  await bob.call(leaveRoom, { roomId })
  expect(await unread(ada, roomId)).toBe(0)
})

test('nobody edits or deletes them, and their authors are no exception', async ({ telling }) => {
  const [ada, bob] = [await guest(telling), await guest(telling)]
  const roomId = await makeRoom(ada, [bob])
  const [told] = await history(ada, roomId)
  if (!told) throw new Error('nothing was told')
  const variables = { id: told.id }
  const edit = 'mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "x" }) { message { id } } }'
  const remove = 'mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }'
  for (const client of [ada, bob]) {
    expect(await client.fail(edit, variables)).toBe('FORBIDDEN')
    expect(await client.fail(remove, variables)).toBe('FORBIDDEN')
  }
})

test('many who come at once leave no hole', async ({ telling, other, db }) => {
  const ada = await guest(telling)
  const roomId = await makeRoom(ada)
  const others = await Promise.all(Array.from({ length: 8 }, (_, index) => guest(index % 2 ? telling : other)))
  await Promise.all([
    ...others.map((client) => join(client, roomId)),
    ...Array.from({ length: 8 }, () => send(ada, roomId, 'hello')),
  ])
  const messages = await db.message.findMany({ where: { roomId: uuidOf(roomId) }, orderBy: { number: 'asc' } })
  expect(messages.map(({ number }) => number)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1))
  const sent = await db.event.findMany({
    where: { topicId: uuidOf(roomId), kind: 'MESSAGE_SENT' },
    orderBy: { seq: 'asc' },
  })
  expect(messages.map(({ id, seq }) => `${id} ${seq}`)).toEqual(sent.map(({ subject, seq }) => `${subject} ${seq}`))
})

test('a direct room tells nothing, and neither does a server that is told not to', async ({ telling, one, db }) => {
  const [ada, bob] = [await guest(telling), await guest(telling)]
  const directId = await openDirect(ada, bob)
  expect(await db.message.count({ where: { roomId: uuidOf(directId) } })).toBe(0)
  const roomId = await makeRoom(ada.at(one), [bob.at(one)])
  expect(await db.message.count({ where: { roomId: uuidOf(roomId) } })).toBe(0)
})
