// Things say who made them, when they changed and what they belong to, the same by whatever door.

import { expect } from 'vitest'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { make, openDirect, setRole, test, uuidOf } from '../support/members.ts'
import { upload } from '../support/uploads.ts'

const transfer = `mutation ($roomId: ID!, $userId: ID!) {
  transferOwnership(input: { roomId: $roomId, userId: $userId }) { room { owner { id } createdBy { id } } }
}`

test('a room says who made it, also after a transfer; a direct room, who opened it, and who the other is', async ({
  one,
}) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  expect(await ada.call(transfer, { roomId, userId: bob.userId })).toEqual({
    transferOwnership: { room: { owner: { id: bob.userId }, createdBy: { id: ada.userId } } },
  })
  const direct = await openDirect(bob, ada)
  const query = 'query ($id: ID!) { room(id: $id) { title createdBy { id } } }'
  for (const [client, title] of [
    [ada, 'Bob'],
    [bob, 'Ada'],
  ] as const) {
    expect(await client.call(query, { id: direct })).toEqual({ room: { title, createdBy: { id: bob.userId } } })
  }
})

test('a message says who deleted it', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const remove = 'mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { deletedBy } } }'
  for (const [by, deletedBy] of [
    [bob, 'AUTHOR'],
    [ada, 'MODERATOR'],
  ] as const) {
    const { id } = await send(bob, roomId, 'hello')
    expect(await by.call(remove, { id })).toEqual({ deleteMessage: { message: { deletedBy } } })
  }
})

test('an account says when it changed, which being seen does not', async ({ one }) => {
  const ada = await guest(one)
  const read = () =>
    ada.call<{ viewer: { user: { createdAt: string; updatedAt: string } } }>(
      '{ viewer { user { createdAt updatedAt } } }',
    )
  const before = (await read()).viewer.user
  ada.follow('subscription { viewerEvents { __typename } }').stop()
  await one.parts.presenceTracker.settle()
  expect((await read()).viewer.user).toEqual(before)
  await ada.call('mutation { updateProfile(input: { bio: "new" }) { viewer { user { id } } } }')
  const after = (await read()).viewer.user
  expect(after.createdAt).toBe(before.createdAt)
  expect(after.updatedAt > before.updatedAt).toBe(true)
})

test('a file says what message it belongs to', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { id } = await upload(ada, Buffer.from('a text'), { mimeType: 'text/plain' })
  const query = 'query ($id: ID!) { node(id: $id) { ... on Media { message { id } } } }'
  expect(await ada.call(query, { id })).toEqual({ node: { message: null } })
  const sent = await ada.call<{ sendMessage: { message: { id: string } } }>(
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
    { input: { roomId, body: '', attachmentIds: [id] } },
  )
  expect(await ada.call(query, { id })).toEqual({ node: sent.sendMessage })
})

test('what is between two has an id that is the same by every door, and of no other two', async ({ one, db }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const rooms = [await makeRoom(ada, [bob, eve]), await makeRoom(ada, [bob])]
  await befriend(ada, bob)
  await setRole(db, rooms[0] ?? '', bob, 'ADMIN')
  const ban = `mutation ($roomId: ID!, $userId: ID!) {
    banMember(input: { roomId: $roomId, userId: $userId }) { ban { id } }
  }`
  const banned = await ada.call<{ banMember: { ban: { id: string } } }>(ban, { roomId: rooms[0], userId: eve.userId })
  const listed = `query ($id: ID!) {
    room(id: $id) { members { nodes { id user { id } } } viewerMembership { id } bans { nodes { id } } }
  }`
  interface Listed {
    room: {
      members: { nodes: { id: string; user: { id: string } }[] }
      viewerMembership: { id: string }
      bans: { nodes: { id: string }[] }
    }
  }
  const seen = new Set<string>()
  for (const id of rooms) {
    const [byAda, byBob] = [
      await ada.call<Listed>(listed, { id }),
      await bob.call<Partial<Listed>>(listed.replace(/bans.*/, '}'), { id }),
    ]
    expect(byBob.room?.members).toEqual(byAda.room.members)
    const own = byAda.room.members.nodes.find(({ user }) => user.id === ada.userId)
    expect(byAda.room.viewerMembership.id).toBe(own?.id)
    for (const node of byAda.room.members.nodes) seen.add(node.id)
    if (id === rooms[0]) expect(byAda.room.bans.nodes).toEqual([banned.banMember.ban])
  }
  expect(seen.size).toBe(4)
  const friendship = async (client: Client, { userId }: Client) =>
    client.call('query ($id: ID!) { node(id: $id) { ... on User { friendship { id } } } }', { id: userId })
  expect(await friendship(ada, bob)).toEqual(await friendship(bob, ada))
  expect(await friendship(ada, bob)).toEqual({ node: { friendship: { id: expect.stringMatching(/^friendship_/) } } })
})

test('a category says what it is about, where its operator has said it', async ({ one, db }) => {
  const category = await db.category.findFirstOrThrow({ orderBy: { position: 'desc' } })
  await db.category.update({ where: { id: category.id }, data: { description: 'All about tea.' } })
  const ada = await guest(one)
  const { id } = await make(ada, {})
  await join(await guest(one), id)
  await db.room.update({ where: { id: uuidOf(id) }, data: { categoryId: category.id } })
  const query = 'query ($id: ID!) { room(id: $id) { category { description } } }'
  expect(await ada.call(query, { id })).toEqual({ room: { category: { description: 'All about tea.' } } })
})
