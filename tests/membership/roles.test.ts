import { describe, expect } from 'vitest'
import { type Client, guest, join, makeRoom } from '../support/client.ts'
import { eventsOf, leaveRoom, make, openDirect, setRole, test, unknown, uuidOf } from '../support/members.ts'

const setMemberRole = `mutation ($roomId: ID!, $userId: ID!, $role: MemberRole!) {
  setMemberRole(input: { roomId: $roomId, userId: $userId, role: $role }) { membership { role user { id } } room { id } }
}`
const transferOwnership = `mutation ($roomId: ID!, $userId: ID!) {
  transferOwnership(input: { roomId: $roomId, userId: $userId }) {
    room { owner { id } } owner { role user { id } } formerOwner { role user { id } }
  }
}`
const roles = `query ($id: ID!) { room(id: $id) { members { nodes { role user { id } } } } }`

async function rolesOf(client: Client, id: string): Promise<Record<string, string>> {
  const { room } = await client.call<{ room: { members: { nodes: { role: string; user: { id: string } }[] } } }>(
    roles,
    { id },
  )
  return Object.fromEntries(room.members.nodes.map(({ role, user }) => [user.id, role]))
}

describe('setMemberRole', () => {
  test('the owner makes admins and members, and everybody in the room hears of it', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    const stream = bob.follow(
      `subscription ($roomId: ID!) {
        roomEvents(roomId: $roomId) { __typename ... on MemberUpdated { membership { role user { id } } } }
      }`,
      { roomId },
    )
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
    for (const role of ['ADMIN', 'MEMBER']) {
      const membership = { role, user: { id: bob.userId } }
      expect(await ada.call(setMemberRole, { roomId, userId: bob.userId, role })).toEqual({
        setMemberRole: { membership, room: { id: roomId } },
      })
      expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MemberUpdated', membership } })
    }
    const before = await eventsOf(db, roomId)
    await ada.call(setMemberRole, { roomId, userId: bob.userId, role: 'MEMBER' })
    expect(await eventsOf(db, roomId)).toEqual(before)
  })

  test('nobody but the owner gives roles, not even an admin or to oneself', async ({ one, db }) => {
    const [ada, bob, eve, kim] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob, eve])
    await setRole(db, roomId, bob, 'ADMIN')
    const give = (who: Client, { userId }: Client, role: string) => who.fail(setMemberRole, { roomId, userId, role })
    expect(await give(bob, eve, 'ADMIN')).toBe('FORBIDDEN')
    expect(await give(bob, bob, 'MEMBER')).toBe('FORBIDDEN')
    expect(await give(eve, eve, 'ADMIN')).toBe('FORBIDDEN')
    expect(await give(kim, eve, 'ADMIN')).toBe('FORBIDDEN')
    expect(await give(ada, kim, 'ADMIN')).toBe('NOT_FOUND')
    expect(await rolesOf(ada, roomId)).toEqual({ [ada.userId]: 'OWNER', [bob.userId]: 'ADMIN', [eve.userId]: 'MEMBER' })
  })

  test('a room is not given away, nor left without its owner, by a role', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const { errors } = await ada.attempt(setMemberRole, { roomId, userId: bob.userId, role: 'OWNER' })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'role' }] })
    expect(errors?.[0]?.message).toContain('transferOwnership')
    for (const role of ['ADMIN', 'MEMBER']) {
      expect(await ada.fail(setMemberRole, { roomId, userId: ada.userId, role })).toBe('BAD_USER_INPUT')
    }
    expect(await rolesOf(ada, roomId)).toEqual({ [ada.userId]: 'OWNER', [bob.userId]: 'MEMBER' })
  })

  test('rooms and users that are not there, not seen, or of the wrong kind', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    const hidden = await make(bob, { access: 'INVITE' })
    const direct = await openDirect(ada, bob)
    for (const [query, rest] of [
      [setMemberRole, { role: 'ADMIN' }],
      [transferOwnership, {}],
    ] as const) {
      const fail = (room: string, userId: string) => ada.fail(query, { roomId: room, userId, ...rest })
      expect(await fail(hidden.id, bob.userId)).toBe('NOT_FOUND')
      expect(await fail(unknown.room, bob.userId)).toBe('NOT_FOUND')
      expect(await fail(roomId, unknown.user)).toBe('NOT_FOUND')
      expect(await fail(roomId, 'bob')).toBe('BAD_USER_INPUT')
      expect(await fail(bob.userId, roomId)).toBe('BAD_USER_INPUT')
      expect(await fail(direct, bob.userId)).toBe('FORBIDDEN')
    }
  })
})

describe('transferOwnership', () => {
  test('a room has a new owner, the old one is an admin, and both changes are told', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    expect(await ada.call(transferOwnership, { roomId, userId: bob.userId })).toEqual({
      transferOwnership: {
        room: { owner: { id: bob.userId } },
        owner: { role: 'OWNER', user: { id: bob.userId } },
        formerOwner: { role: 'ADMIN', user: { id: ada.userId } },
      },
    })
    expect((await eventsOf(db, roomId)).slice(-2)).toEqual([
      `MEMBER_UPDATED ${uuidOf(ada.userId)}`,
      `MEMBER_UPDATED ${uuidOf(bob.userId)}`,
    ])
    expect(await ada.fail(transferOwnership, { roomId, userId: ada.userId })).toBe('FORBIDDEN')
    await ada.call(leaveRoom, { roomId })
    expect(await rolesOf(bob, roomId)).toEqual({ [bob.userId]: 'OWNER' })
  })

  test('only the owner hands over, and only to another member', async ({ one, db }) => {
    const [ada, bob, eve, kim] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob, eve])
    await setRole(db, roomId, bob, 'ADMIN')
    for (const who of [bob, eve, kim]) {
      expect(await who.fail(transferOwnership, { roomId, userId: who.userId })).toBe('FORBIDDEN')
      expect(await who.fail(transferOwnership, { roomId, userId: eve.userId })).toBe('FORBIDDEN')
    }
    expect(await ada.fail(transferOwnership, { roomId, userId: kim.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(transferOwnership, { roomId, userId: ada.userId })).toBe('BAD_USER_INPUT')
  })

  test('of transfers, promotions and departures at once a room keeps one owner', async ({ one, two, db }) => {
    const clients = await Promise.all(Array.from({ length: 6 }, (_, index) => guest(index % 2 ? one : two)))
    const [ada] = clients
    if (!ada) throw new Error('nobody')
    const roomId = await makeRoom(ada, clients.slice(1))
    for (let round = 0; round < 5; round++) {
      // whoever owns the room just then succeeds, and the others are refused
      await Promise.all(
        clients.flatMap((client, index) => {
          const userId = clients[(index + round + 1) % clients.length]?.userId
          return [
            client.attempt(transferOwnership, { roomId, userId }),
            client.attempt(setMemberRole, { roomId, userId, role: round % 2 ? 'ADMIN' : 'MEMBER' }),
            ...(index === round ? [client.attempt(leaveRoom, { roomId }).then(() => join(client, roomId))] : []),
          ]
        }),
      )
      expect(await db.member.count({ where: { roomId: uuidOf(roomId), role: 'OWNER' } })).toBe(1)
    }
    expect(await db.member.count({ where: { roomId: uuidOf(roomId) } })).toBe(6)
  })
})
