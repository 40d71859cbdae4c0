import { describe, expect } from 'vitest'
import { handOver } from '../../src/membership/ownership/hand-over/service.ts'
import { newUser } from '../support/accounts.ts'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { joinRoom, leaveRoom, make, test, uuidOf } from '../support/members.ts'

const discover = '{ discoverRooms(first: 100) { nodes { id } } }'
const isListed = async (client: Client, roomId: string) => {
  const { discoverRooms } = await client.call<{ discoverRooms: { nodes: { id: string }[] } }>(discover)
  return discoverRooms.nodes.some(({ id }) => id === roomId)
}
const joins = async (client: Client, roomId: string) => {
  const { joinRoom: joined } = await client.call<{ joinRoom: { membership: { role: string } } }>(joinRoom, {
    input: { roomId },
  })
  return joined.membership.role
}
const look = (client: Client, id: string) =>
  client.call('query ($id: ID!) { room(id: $id) { archivedAt owner { id } createdBy { id } memberCount } }', { id })

describe('a room that all members have left', () => {
  test('by invitation is archived, and takes back the one who made it, as its owner, and nobody else', async ({
    one,
  }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id: roomId } = await make(ada, { access: 'INVITE' })
    await ada.call(leaveRoom, { roomId })
    expect(await bob.fail(joinRoom, { input: { roomId } })).toBe('NOT_FOUND')
    expect(await look(ada, roomId)).toMatchObject({ room: { archivedAt: expect.any(String), memberCount: 0 } })
    expect(await joins(ada, roomId)).toBe('OWNER')
    await ada.call(
      'mutation ($roomId: ID!) { updateRoom(input: { roomId: $roomId, archived: false }) { room { id } } }',
      { roomId },
    )
    await send(ada, roomId, 'back')
  })

  test('is as much the room of who made it after a transfer', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await ada.call(
      'mutation ($roomId: ID!, $userId: ID!) { transferOwnership(input: { roomId: $roomId, userId: $userId }) { room { id } } }',
      {
        roomId,
        userId: bob.userId,
      },
    )
    expect(await look(bob, roomId)).toMatchObject({
      room: { owner: { id: bob.userId }, createdBy: { id: ada.userId } },
    })
    for (const client of [ada, bob]) await client.call(leaveRoom, { roomId })
    expect(await joins(bob, roomId)).toBe('MEMBER')
    expect(await joins(ada, roomId)).toBe('OWNER')
  })

  test('open to all is not listed, and strangers are plain members of it until its maker is back', async ({ one }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    expect(await isListed(bob, roomId)).toBe(true)
    await ada.call(leaveRoom, { roomId })
    expect(await isListed(bob, roomId)).toBe(false)
    for (const client of [bob, eve]) expect(await joins(client, roomId)).toBe('MEMBER')
    expect(await look(bob, roomId)).toMatchObject({ room: { owner: null } })
    expect(
      await bob.fail('mutation ($roomId: ID!) { deleteRoom(input: { roomId: $roomId }) { roomId } }', { roomId }),
    ).toBe('FORBIDDEN')
    expect(await joins(ada, roomId)).toBe('OWNER')
  })

  test('is handed over by the operator, and unarchived with it', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await newUser(one)]
    const { id: roomId, code } = await make(ada, { access: 'INVITE' })
    await ada.call(leaveRoom, { roomId })
    const username = bob.viewer.user.username ?? ''
    const { feed, config } = one.parts
    await handOver({ db, feed, config }, { code, username })
    await handOver({ db, feed, config }, { code, username })
    expect(await db.member.findMany({ where: { roomId: uuidOf(roomId) } })).toMatchObject([{ role: 'OWNER' }])
    expect(await db.room.findUnique({ where: { id: uuidOf(roomId) } })).toMatchObject({
      archivedAt: null,
      memberCount: 1,
    })
  })

  test('with members is handed over too, and its former owner is an admin', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await newUser(one)]
    const { id: roomId, code } = await make(ada, {})
    const { feed, config } = one.parts
    await handOver({ db, feed, config }, { code, username: bob.viewer.user.username ?? '' })
    const members = await db.member.findMany({ where: { roomId: uuidOf(roomId) }, orderBy: { joinedAt: 'asc' } })
    expect(members.map(({ role }) => role)).toEqual(['ADMIN', 'OWNER'])
  })
})

describe('a group without a name', () => {
  test('is titled by who is in it, for its members alone, and is not listed', async ({ one }) => {
    const [ada, eve] = [await guest(one, 'Ada'), await guest(one, 'Eve')]
    const { createRoom } = await ada.call<{ createRoom: { room: { id: string; code: string } } }>(
      'mutation { createRoom(input: { access: OPEN }) { room { id code name title } } }',
    )
    const { id: roomId, code } = createRoom.room
    expect(createRoom.room).toMatchObject({ name: null, title: 'Ada' })
    for (const name of ['Bob', 'Cyd', 'Dan', 'Fay', 'Gus']) await join(await guest(one, name), roomId)
    const title = async (client: Client) =>
      (await client.call<{ room: { title: string } }>('query ($id: ID!) { room(id: $id) { title } }', { id: roomId }))
        .room.title
    expect(await title(ada)).toBe('Bob, Cyd, Dan, Fay +1')
    expect(await title(eve)).toBe(code)
    expect(await isListed(eve, roomId)).toBe(false)
    expect(await ada.call('{ discoverRooms(orderBy: NAME) { nodes { title } } }')).toBeTruthy()
  })
})

describe('a room where admins write', () => {
  const post =
    'mutation ($roomId: ID!, $posting: RoomPosting!) { updateRoom(input: { roomId: $roomId, posting: $posting }) { room { posting } } }'

  test('takes no messages, edits and typing of plain members, who react and mark', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const { id } = await send(bob, roomId, 'before')
    await ada.call(post, { roomId, posting: 'ADMINS' })
    const sending = 'mutation ($roomId: ID!) { sendMessage(input: { roomId: $roomId, body: "x" }) { message { id } } }'
    const editing = 'mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "x" }) { message { id } } }'
    const typing = 'mutation ($roomId: ID!) { setTyping(input: { roomId: $roomId, isTyping: true }) { expiresAt } }'
    expect([
      await bob.fail(sending, { roomId }),
      await bob.fail(editing, { id }),
      await bob.fail(typing, { roomId }),
    ]).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'])
    await bob.call('mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { message { id } } }', {
      id,
    })
    await send(ada, roomId, 'by the owner')
    await ada.call(post, { roomId, posting: 'EVERYONE' })
    await send(bob, roomId, 'after')
  })
})
