import { describe, expect } from 'vitest'
import { roomLimits } from '../../src/config/rooms.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { keyOf, leaveRoom, openDirect, test, uuidOf } from '../support/members.ts'

async function listOf(client: Client): Promise<string[]> {
  const query = '{ viewer { memberships { nodes { room { id } } } } }'
  type List = { viewer: { memberships: { nodes: { room: { id: string } }[] } } }
  return (await client.call<List>(query)).viewer.memberships.nodes.map(({ room }) => room.id)
}

const mutation = (name: string) =>
  `mutation ($roomId: ID!) { ${name}(input: { roomId: $roomId }) { membership { isHidden pinnedAt } } }`
const subscription = `subscription { viewerEvents { __typename
  ... on RoomAdded { roomId membership { isHidden } }
  ... on NotificationsChanged { roomId membership { isHidden } }
} }`

describe('a direct room', () => {
  test('that somebody opens and says nothing in is not in the list of the other, who is not told', async ({
    one,
    two,
  }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const stream = bob.follow(subscription)
    expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
    const roomId = await openDirect(ada, bob)
    expect(await listOf(ada)).toEqual([roomId])
    expect(await listOf(bob)).toEqual([])
    // they are a member of it all the same, and find it where they open it
    await send(ada, roomId, 'hello')
    const told = { roomId, membership: { isHidden: false } }
    expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'NotificationsChanged', ...told } })
    expect(await listOf(bob)).toEqual([roomId])
  })

  test('that the other opens too is in both lists', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await openDirect(ada, bob)
    expect(await openDirect(bob, ada)).toBe(roomId)
    expect(await listOf(bob)).toEqual([roomId])
  })

  test('is hidden until its next message, by whoever, or until it is opened', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await openDirect(ada, bob)
    await send(ada, roomId, 'one')
    const comesBack = [() => send(ada, roomId, 'two'), () => send(bob, roomId, 'three'), () => openDirect(bob, ada)]
    for (const happens of comesBack) {
      expect(await bob.call(mutation('hideRoom'), { roomId })).toMatchObject({
        hideRoom: { membership: { isHidden: true } },
      })
      expect(await listOf(bob)).toEqual([])
      expect(await listOf(ada)).toEqual([roomId])
      await happens()
      expect(await listOf(bob)).toEqual([roomId])
    }
  })

  test('does not count as unread while it is hidden', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await openDirect(ada, bob)
    await send(ada, roomId, 'one')
    await bob.call(mutation('hideRoom'), { roomId })
    expect(await bob.call('{ viewer { unreadCount } }')).toEqual({ viewer: { unreadCount: 0 } })
  })

  test('is left once the other half is gone, and not before', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await openDirect(ada, bob)
    await send(ada, roomId, 'hello')
    expect(await bob.fail(leaveRoom, { roomId })).toBe('FORBIDDEN')
    await ada.call('mutation { deleteAccount(input: {}) { user { id } } }')
    expect(await listOf(bob)).toEqual([roomId])
    await bob.call(leaveRoom, { roomId })
    expect(await listOf(bob)).toEqual([])
    expect(await db.member.count({ where: { roomId: uuidOf(roomId) } })).toBe(0)
  })

  test('that is not listed stays so when the other half goes', async ({ start }) => {
    const telling = await start({ systemMessages: true })
    const cases: Record<string, (ada: Client, bob: Client) => Promise<string>> = {
      'with nothing said': (ada, bob) => openDirect(ada, bob),
      'that was hidden': async (ada, bob) => {
        const roomId = await openDirect(ada, bob)
        await send(ada, roomId, 'hello')
        await bob.call(mutation('hideRoom'), { roomId })
        return roomId
      },
    }
    for (const [name, make] of Object.entries(cases)) {
      const [ada, bob] = [await guest(telling), await guest(telling)]
      const roomId = await make(ada, bob)
      await ada.call('mutation { deleteAccount(input: {}) { user { id } } }')
      const query = 'query ($id: ID!) { room(id: $id) { memberCount lastMessage { action } } }'
      const gone = { room: { memberCount: 1, lastMessage: { action: 'LEFT' } } }
      await expect.poll(() => bob.call(query, { id: roomId })).toEqual(gone)
      expect(await listOf(bob), name).toEqual([])
    }
  })

  test('with oneself holds notes, and is not left', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await openDirect(ada, ada)
    expect(await openDirect(ada, ada)).toBe(roomId)
    const { number } = await send(ada, roomId, 'milk')
    expect(number).toBe(1)
    expect(await listOf(ada)).toEqual([roomId])
    expect(await ada.fail(leaveRoom, { roomId })).toBe('FORBIDDEN')
    const query = 'query ($id: ID!) { room(id: $id) { title kind memberCount } }'
    expect(await ada.call(query, { id: roomId })).toEqual({ room: { title: ada.name, kind: 'DIRECT', memberCount: 1 } })
  })
})

describe('a direct room made alone', () => {
  const create = 'mutation { createRoom(input: { kind: DIRECT }) { room { id code kind title } } }'
  const joinByCode = 'mutation ($code: String!) { joinRoom(input: { code: $code }) { room { id title } } }'
  type Made = { createRoom: { room: { id: string; code: string } } }

  test('takes the first who joins by its code, and then nobody', async ({ one, two }) => {
    const [ada, bob, eve] = [await guest(one), await guest(two), await guest(one)]
    const { id, code } = (await ada.call<Made>(create)).createRoom.room
    await send(ada, id, 'are you there?')
    expect(await bob.call(joinByCode, { code })).toEqual({ joinRoom: { room: { id, title: ada.name } } })
    expect(await eve.fail(joinByCode, { code })).toBe('NOT_FOUND')
    // it is the one room of the two
    expect(await openDirect(bob, ada)).toBe(id)
    await send(bob, id, 'here')
  })

  test('of two who join at once, one is the second', async ({ one, two }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(two)]
    const { id, code } = (await ada.call<Made>(create)).createRoom.room
    const answers = await Promise.all([bob, eve].map((client) => client.attempt(joinByCode, { code })))
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1)
    expect(await ada.call('query ($id: ID!) { room(id: $id) { memberCount } }', { id })).toEqual({
      room: { memberCount: 2 },
    })
  })

  test('is refused to somebody blocked, and to one who has a direct room with its maker', async ({ one }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    await openDirect(ada, bob)
    await ada.call('mutation ($id: ID!) { blockUser(input: { userId: $id }) { user { id } } }', { id: eve.userId })
    const { code } = (await ada.call<Made>(create)).createRoom.room
    expect(await bob.fail(joinByCode, { code })).toBe('CONFLICT')
    expect(await eve.fail(joinByCode, { code })).toBe('NOT_FOUND')
  })

  test('has no settings of a group', async ({ one }) => {
    const ada = await guest(one)
    const mutation = 'mutation { createRoom(input: { kind: DIRECT, name: "A" }) { room { id } } }'
    expect(await ada.fail(mutation)).toBe('BAD_USER_INPUT')
  })
})

describe('rooms pinned to the top', () => {
  test('come first, page by page, and others do not see it', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const rooms = []
    for (const name of ['A', 'B', 'C']) rooms.push(await makeRoom(ada, [bob], name))
    const [a = '', b = '', c = ''] = rooms
    for (const roomId of rooms) await send(ada, roomId, 'hello')
    await ada.call(mutation('pinRoom'), { roomId: a })
    expect(await listOf(ada)).toEqual([a, c, b])
    expect(await listOf(bob)).toEqual([c, b, a])
    const page = `query ($after: String) { viewer { memberships(first: 1, after: $after) {
      nodes { room { id } } pageInfo { endCursor }
    } } }`
    type Page = { viewer: { memberships: { nodes: { room: { id: string } }[]; pageInfo: { endCursor: string } } } }
    const seen: string[] = []
    let after: string | null = null
    for (let count = 0; count < 3; count++) {
      const { memberships }: Page['viewer'] = (await ada.call<Page>(page, { after })).viewer
      seen.push(...memberships.nodes.map(({ room }) => room.id))
      after = memberships.pageInfo.endCursor
    }
    expect(seen).toEqual([a, c, b])
    const others = 'query ($id: ID!) { room(id: $id) { members { nodes { pinnedAt } } } }'
    expect(await bob.call(others, { id: a })).toEqual({
      room: { members: { nodes: [{ pinnedAt: null }, { pinnedAt: null }] } },
    })
    await ada.call(mutation('unpinRoom'), { roomId: a })
    expect(await listOf(ada)).toEqual([c, b, a])
  })

  test('are bounded', async ({ one, db }) => {
    const ada = await guest(one)
    const [first, second] = [await makeRoom(ada), await makeRoom(ada)]
    await db.member.update({ where: keyOf(first, ada), data: { pinnedAt: new Date() } })
    const others = Array.from({ length: roomLimits.pinnedRoomsMax - 1 }, () => crypto.randomUUID())
    await db.topic.createMany({ data: others.map((id) => ({ id })) })
    const code = (index: number) =>
      `PINNED${String.fromCharCode(65 + (index % 8))}${String.fromCharCode(74 + (index >> 3))}`
    await db.room.createMany({
      data: others.map((id, index) => ({
        id,
        code: code(index).replaceAll(/[IO]/g, '9'),
        kind: 'GROUP',
        access: 'OPEN',
      })),
    })
    await db.member.createMany({
      data: others.map((roomId) => ({ roomId, userId: uuidOf(ada.userId), pinnedAt: new Date() })),
    })
    expect(await ada.fail(mutation('pinRoom'), { roomId: second })).toBe('CONFLICT')
    await ada.call(mutation('pinRoom'), { roomId: first })
  })
})
