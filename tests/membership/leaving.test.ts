import { describe, expect } from 'vitest'
import { type Client, guest, join, makeRoom } from '../support/client.ts'
import {
  addMembers,
  countsOf,
  eventsOf,
  guests,
  joinRoom,
  leaveRoom,
  make,
  openDirect,
  removeMember,
  setRole,
  test,
  unknown,
  uuidOf,
} from '../support/members.ts'

describe('leaveRoom', () => {
  test('who leaves is out, and may come back', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const id = await makeRoom(ada, [bob])
    expect(await bob.call(leaveRoom, { roomId: id })).toEqual({ leaveRoom: { roomId: id } })
    expect(await bob.fail('query ($id: ID!) { room(id: $id) { members { nodes { role } } } }', { id })).toBe(
      'FORBIDDEN',
    )
    expect(await bob.fail(leaveRoom, { roomId: id })).toBe('FORBIDDEN')
    await join(bob, id)
    const user = uuidOf(bob.userId)
    expect((await eventsOf(db, id)).slice(1)).toEqual([
      `MEMBER_JOINED ${user}`,
      `MEMBER_LEFT ${user}`,
      `MEMBER_JOINED ${user}`,
    ])
    const room = uuidOf(id)
    expect(await eventsOf(db, bob.userId)).toEqual([`ROOM_ADDED ${room}`, `ROOM_REMOVED ${room}`, `ROOM_ADDED ${room}`])
  })

  test('an owner who leaves hands over to the oldest admin, the oldest member, or the one who made it', async ({
    one,
    db,
  }) => {
    const [ada, bob, eve, kim] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob, eve, kim])
    await setRole(db, id, eve, 'ADMIN')
    await setRole(db, id, kim, 'ADMIN')
    const owner = 'query ($id: ID!) { room(id: $id) { owner { id } memberCount } }'
    await ada.call(leaveRoom, { roomId: id })
    expect(await bob.call(owner, { id })).toEqual({ room: { owner: { id: eve.userId }, memberCount: 3 } })
    expect((await eventsOf(db, id)).slice(-2)).toEqual([
      `MEMBER_LEFT ${uuidOf(ada.userId)}`,
      `MEMBER_UPDATED ${uuidOf(eve.userId)}`,
    ])
    await setRole(db, id, kim, 'MEMBER')
    await eve.call(leaveRoom, { roomId: id })
    expect(await kim.call(owner, { id })).toEqual({ room: { owner: { id: bob.userId }, memberCount: 2 } })
    await bob.call(leaveRoom, { roomId: id })
    await kim.call(leaveRoom, { roomId: id })
    expect(await ada.call(owner, { id })).toEqual({ room: { owner: null, memberCount: 0 } })
    await join(eve, id)
    await join(kim, id)
    expect(await eve.call(owner, { id })).toEqual({ room: { owner: null, memberCount: 2 } })
    await join(ada, id)
    expect(await eve.call(owner, { id })).toEqual({ room: { owner: { id: ada.userId }, memberCount: 3 } })
  })

  test('a direct room cannot be left, joined or added to', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const id = await openDirect(ada, bob)
    expect(await ada.fail(leaveRoom, { roomId: id })).toBe('FORBIDDEN')
    expect(await eve.fail(leaveRoom, { roomId: id })).toBe('NOT_FOUND')
    expect(await eve.fail(joinRoom, { input: { roomId: id } })).toBe('NOT_FOUND')
    expect(await ada.fail(addMembers, { roomId: id, userIds: [eve.userId] })).toBe('FORBIDDEN')
    expect(await ada.fail(removeMember, { roomId: id, userId: bob.userId })).toBe('FORBIDDEN')
    expect(await countsOf(db, id)).toEqual({ memberCount: 2, rows: 2 })
  })

  test('rooms that do not exist, or are not seen, are not left', async ({ one }) => {
    const { id } = await make(await guest(one), { access: 'INVITE' })
    const bob = await guest(one)
    expect(await bob.fail(leaveRoom, { roomId: id })).toBe('NOT_FOUND')
    expect(await bob.fail(leaveRoom, { roomId: unknown.room })).toBe('NOT_FOUND')
    expect(await bob.fail(leaveRoom, { roomId: bob.userId })).toBe('BAD_USER_INPUT')
  })

  test('parallel joins and leaves on two servers keep the number of members and one owner', async ({
    one,
    two,
    db,
  }) => {
    const clients = await guests(one, 8)
    const [ada] = clients
    if (!ada) throw new Error('nobody')
    // somebody stays: a room that all have left has no owner until its maker comes back
    const id = await makeRoom(ada, [await guest(one)])
    await Promise.all(
      clients.map(async (client, index) => {
        for (let round = 0; round < 4; round++) {
          const here = client.at((index + round) % 2 ? one : two)
          await join(here, id)
          if (round < 3 || index % 2 === 0) await here.call(leaveRoom, { roomId: id })
        }
      }),
    )
    expect(await countsOf(db, id)).toEqual({ memberCount: 5, rows: 5 })
    expect(await db.member.count({ where: { roomId: uuidOf(id), role: 'OWNER' } })).toBe(1)
    const { head } = await db.topic.findUniqueOrThrow({ where: { id: uuidOf(id) } })
    const events = await eventsOf(db, id)
    expect(events).toHaveLength(Number(head))
    const joined = events.filter((event) => event.startsWith('MEMBER_JOINED')).length
    const left = events.filter((event) => event.startsWith('MEMBER_LEFT')).length
    expect(joined - left).toBe(5)
  })
})

describe('removeMember', () => {
  test('members are removed by those above them only', async ({ one, db }) => {
    const [ada, bob, kim, eve] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob, kim, eve])
    await setRole(db, id, bob, 'ADMIN')
    await setRole(db, id, kim, 'ADMIN')
    const remove = (who: Client, { userId }: Client) => who.fail(removeMember, { roomId: id, userId })
    expect(await remove(eve, bob)).toBe('FORBIDDEN')
    expect(await remove(bob, kim)).toBe('FORBIDDEN')
    expect(await remove(bob, ada)).toBe('FORBIDDEN')
    expect(await remove(bob, bob)).toBe('FORBIDDEN')
    expect(await remove(ada, ada)).toBe('FORBIDDEN')
    expect(await bob.call(removeMember, { roomId: id, userId: eve.userId })).toEqual({
      removeMember: { room: { memberCount: 3 }, user: { id: eve.userId } },
    })
    expect(await ada.call(removeMember, { roomId: id, userId: kim.userId })).toMatchObject({
      removeMember: { room: { memberCount: 2 } },
    })
    expect(await remove(ada, eve)).toBe('NOT_FOUND')
    expect((await eventsOf(db, id)).slice(-2)).toEqual([
      `MEMBER_REMOVED ${uuidOf(eve.userId)}`,
      `MEMBER_REMOVED ${uuidOf(kim.userId)}`,
    ])
    expect((await eventsOf(db, eve.userId)).at(-1)).toBe(`ROOM_REMOVED ${uuidOf(id)}`)
  })

  test('unknown rooms, users and ids are told apart from nothing else', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const id = await makeRoom(ada)
    const hidden = await make(bob, { access: 'INVITE' })
    expect(await ada.fail(removeMember, { roomId: id, userId: unknown.user })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: id, userId: bob.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: hidden.id, userId: bob.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: unknown.room, userId: bob.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: id, userId: 'bob' })).toBe('BAD_USER_INPUT')
  })
})
