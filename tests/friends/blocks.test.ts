import { describe, expect } from 'vitest'
import { friendLimits } from '../../src/config/friends.ts'
import { newUser } from '../support/accounts.ts'
import { Client, guest, makeRoom, type Server, send } from '../support/client.ts'
import { isRefusedBehind } from '../support/database.ts'
import { block, blockUser, unblock, unblockUser } from '../support/friends.ts'
import { eventsOf, guests, openDirect, test, unknown, uuidOf } from '../support/members.ts'

const sendFriendRequest = `mutation ($userId: ID!) {
  sendFriendRequest(input: { userId: $userId }) { friendship { status } }
}`

/** A registered user. */
async function user(server: Server, displayName = 'Somebody'): Promise<Client> {
  const { accessToken: token, refreshToken, viewer } = await newUser(server, { displayName })
  return new Client(server, { token, refreshToken, userId: viewer.user.id, name: viewer.user.username ?? '' })
}

const blockedQuery =
  'query ($first: Int, $after: String) { viewer { blockedUsers(first: $first, after: $after) { nodes { id isBlocked } pageInfo { hasNextPage endCursor } } } }'

interface Blocked {
  viewer: {
    blockedUsers: {
      nodes: { id: string; isBlocked: boolean }[]
      pageInfo: { hasNextPage: boolean; endCursor: string | null }
    }
  }
}

describe('blockUser', () => {
  test('lists whom the viewer has blocked, to the viewer alone, until it is taken back', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const blocked = { user: { id: bob.userId, isBlocked: true, friendship: null } }
    expect(await block(ada, bob)).toEqual({ blockUser: blocked })
    // again changes nothing
    expect(await block(ada, bob)).toEqual({ blockUser: blocked })
    const list = async (client: Client) => (await client.at(two).call<Blocked>(blockedQuery)).viewer.blockedUsers.nodes
    expect(await list(ada)).toEqual([{ id: bob.userId, isBlocked: true }])
    expect(await list(bob)).toEqual([])
    const free = { user: { id: bob.userId, isBlocked: false, friendship: null } }
    expect(await unblock(ada, bob)).toEqual({ unblockUser: free })
    expect(await unblock(ada, bob)).toEqual({ unblockUser: free })
    expect(await list(ada)).toEqual([])
    expect(await eventsOf(db, ada.userId)).toEqual(Array(2).fill(`BLOCKS_CHANGED ${uuidOf(bob.userId)}`))
    expect(await eventsOf(db, bob.userId)).toEqual([])
  })

  test('comes in pages, the last blocked first', async ({ one }) => {
    const ada = await guest(one)
    const others = await guests(one, 5)
    for (const other of others) await block(ada, other)
    const seen: string[] = []
    for (let after: string | null = null, more = true; more; ) {
      const { nodes, pageInfo }: Blocked['viewer']['blockedUsers'] = (
        await ada.call<Blocked>(blockedQuery, { first: 2, after })
      ).viewer.blockedUsers
      seen.push(...nodes.map(({ id }) => id))
      more = pageInfo.hasNextPage
      after = pageInfo.endCursor
    }
    expect(seen).toEqual(others.map(({ userId }) => userId).toReversed())
  })

  test('refuses oneself and who does not exist', async ({ one, db }) => {
    const [ada, deleted] = [await guest(one), await guest(one)]
    await db.user.update({ where: { id: uuidOf(deleted.userId) }, data: { deletedAt: new Date() } })
    for (const mutation of [blockUser, unblockUser]) {
      expect(await ada.fail(mutation, { userId: ada.userId })).toBe('BAD_USER_INPUT')
      expect(await ada.fail(mutation, { userId: deleted.userId })).toBe('NOT_FOUND')
      expect(await ada.fail(mutation, { userId: unknown.user })).toBe('NOT_FOUND')
    }
  })

  test('ends a friendship and requests, whoever asked', async ({ one }) => {
    const [ada, friend, asked, asking] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const request = (client: Client, { userId }: Client) => client.call(sendFriendRequest, { userId })
    await request(ada, friend)
    await request(friend, ada)
    await request(ada, asked)
    await request(asking, ada)
    for (const other of [friend, asked, asking]) await block(ada, other)
    const query = `{ viewer {
      friends { nodes { id } }
      incoming: friendRequests(direction: INCOMING) { nodes { status } }
      outgoing: friendRequests(direction: OUTGOING) { nodes { status } }
    } }`
    const nothing = { viewer: { friends: { nodes: [] }, incoming: { nodes: [] }, outgoing: { nodes: [] } } }
    for (const client of [ada, friend, asked, asking]) expect(await client.call(query)).toEqual(nothing)
  })

  test('refuses one past the bound', async ({ one, db }) => {
    const ada = await guest(one)
    const [last, over] = await guests(one, 2)
    if (!last || !over) throw new Error('nobody')
    await db.$executeRaw`
      with topic as (
        insert into topics (id) select gen_random_uuid() from generate_series(1, ${friendLimits.blocksMax - 1})
        returning id
      ), other as (
        insert into users (id, display_name, is_guest, updated_at) select id, 'Other', true, now() from topic
        returning id
      )
      insert into blocks (blocker_id, blocked_id) select ${uuidOf(ada.userId)}::uuid, id from other`
    await block(ada, last)
    expect(await ada.fail(blockUser, { userId: over.userId })).toBe('CONFLICT')
    await unblock(ada, last)
    await block(ada, over)
  })

  test('and a friend request at the same time leave no friendship', async ({ one, two, db }) => {
    for (let round = 0; round < 5; round++) {
      const [ada, bob] = [await guest(one), await guest(two)]
      await bob.call(sendFriendRequest, { userId: ada.userId })
      await Promise.all([
        block(ada, bob),
        ada.at(two).attempt(sendFriendRequest, { userId: bob.userId }),
        bob.attempt(sendFriendRequest, { userId: ada.userId }),
      ])
      const ids = [uuidOf(ada.userId), uuidOf(bob.userId)]
      expect(await db.friendship.count({ where: { lowId: { in: ids }, highId: { in: ids } } })).toBe(0)
    }
  })
})

describe('a block hides the two from each other', () => {
  test('in search, by username and in friend requests, until it is taken back', async ({ one }) => {
    const [ada, bob] = [await user(one, 'Ada who hides'), await user(one, 'Bob who hides')]
    const query = `query ($search: String, $username: String!) {
      users(search: $search) { nodes { id } }
      user(username: $username) { id }
    }`
    const look = (client: Client, other: Client) => client.call(query, { search: other.name, username: other.name })
    const found = ({ userId: id }: Client) => ({ users: { nodes: [{ id }] }, user: { id } })
    const lost = { users: { nodes: [] }, user: null }
    expect(await look(ada, bob)).toEqual(found(bob))
    await block(ada, bob)
    for (const [client, other] of [
      [ada, bob],
      [bob, ada],
    ] as const) {
      expect(await look(client, other)).toEqual(lost)
      const { errors } = await client.attempt(sendFriendRequest, { userId: other.userId })
      const { errors: errorsOfNobody } = await client.attempt(sendFriendRequest, { userId: unknown.user })
      expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND')
      expect(errors).toEqual(errorsOfNobody)
    }
    await unblock(ada, bob)
    expect(await look(ada, bob)).toEqual(found(bob))
    expect(await look(bob, ada)).toEqual(found(ada))
  })

  test('by id too, but not from who made it, nor where they share a room', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const find = async (client: Client, { userId: id }: Client) =>
      (await client.call<{ node: unknown }>('query ($id: ID!) { node(id: $id) { id } }', { id })).node
    await block(ada, bob)
    expect(await find(bob, ada)).toBe(null)
    expect(await find(ada, bob)).toEqual({ id: bob.userId })
    const roomId = await makeRoom(ada, [bob])
    expect(await find(bob, ada)).toEqual({ id: ada.userId })
    await bob.call('mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }', { roomId })
    expect(await find(bob, ada)).toBe(null)
    const shared = await makeRoom(ada, [bob])
    expect(await find(bob, ada)).toEqual({ id: ada.userId })
    await ada.call('mutation ($id: ID!) { deleteRoom(input: { roomId: $id }) { roomId } }', { id: shared })
    expect(await find(bob, ada)).toBe(null)
  })

  test('from those who would add the other to a room, as one who does not exist', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const mutation = 'mutation ($input: AddMembersInput!) { addMembers(input: $input) { room { id } } }'
    await block(ada, bob)
    for (const [client, other] of [
      [ada, bob],
      [bob, ada],
    ] as const) {
      const roomId = await makeRoom(client)
      const [answer, ofNobody] = await Promise.all(
        [other.userId, unknown.user].map((id) => client.attempt(mutation, { input: { roomId, userIds: [id] } })),
      )
      expect(answer?.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
      expect(answer).toEqual(ofNobody)
    }
  })

  test('when they come and go', async ({ one }) => {
    const [ada, bob, cyd] = [await guest(one, 'Ada'), await guest(one, 'Bob'), await guest(one, 'Cyd')]
    const direct = await openDirect(ada, bob)
    const [ofAda, ofBob] = [await makeRoom(ada, [bob, cyd]), await makeRoom(bob, [ada, cyd])]
    for (const client of [ada, bob, cyd]) {
      for (const roomId of [ofAda, ofBob]) {
        const stream = client.follow('subscription ($id: ID!) { roomEvents(roomId: $id) { __typename } }', {
          id: roomId,
        })
        expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
      }
    }
    await one.parts.presenceTracker.settle()
    const look = async (client: Client, id: string) => {
      const query = `query ($id: ID!, $direct: ID!) {
        room(id: $id) { visits { nodes { user { displayName } } } }
        direct: room(id: $direct) { onlineCount }
      }`
      type Found = { room: { visits: { nodes: { user: { displayName: string } }[] } }; direct: { onlineCount: number } }
      const found = await client.call<Found>(query, { id, direct })
      const names = found.room.visits.nodes.map(({ user }) => user.displayName)
      return { online: found.direct.onlineCount, visitors: names.toSorted() }
    }
    const everybody = ['Ada', 'Bob', 'Cyd']
    await block(ada, bob)
    expect(await look(ada, ofAda)).toEqual({ online: 0, visitors: ['Ada', 'Cyd'] })
    expect(await look(bob, ofBob)).toEqual({ online: 0, visitors: ['Bob', 'Cyd'] })
    await unblock(ada, bob)
    for (const [client, roomId] of [[ada, ofAda] as const, [bob, ofBob] as const]) {
      expect(await look(client, roomId)).toEqual({ online: 2, visitors: everybody })
    }
  })
})

test('a direct room is kept after a block, and nobody sends in it', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await openDirect(ada, bob)
  await send(bob, roomId, 'hello')
  await block(ada, bob)
  const mutation = 'mutation ($roomId: ID!) { sendMessage(input: { roomId: $roomId, body: "hi" }) { message { id } } }'
  for (const client of [ada, bob]) {
    expect(await client.fail(mutation, { roomId })).toBe('BLOCKED')
    expect(await openDirect(client, client === ada ? bob : ada)).toBe(roomId)
  }
  await unblock(ada, bob)
  await send(bob, roomId, 'sorry')
})

test('a send that waits behind a block is refused', async ({ one, two, databaseUrl, db }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const roomId = await openDirect(ada, bob)
  const refused = await isRefusedBehind(databaseUrl, uuidOf(roomId), {
    change: () => block(ada, bob),
    send: () => send(bob, roomId, 'too late'),
  })
  expect(refused).toBe(true)
  expect(await db.message.count({ where: { roomId: uuidOf(roomId) } })).toBe(0)
})

test('only the one who blocked is told so when a direct room is asked for', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  await block(ada, bob)
  const mutation = 'mutation ($userId: ID!) { openDirectRoom(input: { userId: $userId }) { room { id } } }'
  expect(await ada.fail(mutation, { userId: bob.userId })).toBe('BLOCKED')
  const answers = await Promise.all([ada.userId, unknown.user].map((userId) => bob.attempt(mutation, { userId })))
  expect(answers[0]?.errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  expect(answers[0]?.errors).toEqual(answers[1]?.errors)
})
