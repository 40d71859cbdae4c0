import { describe, expect } from 'vitest'
import { type Client, guest, post } from '../support/client.ts'
import { act, befriend, friendMutation, refuse } from '../support/friends.ts'
import { guests, test, unknown, uuidOf } from '../support/members.ts'

const listQuery = `query ($first: Int, $after: String) {
  viewer {
    friends(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
    incoming: friendRequests(direction: INCOMING, first: $first, after: $after) {
      nodes { requester { id } } pageInfo { hasNextPage endCursor }
    }
    outgoing: friendRequests(direction: OUTGOING, first: $first, after: $after) {
      nodes { addressee { id } } pageInfo { hasNextPage endCursor }
    }
  }
}`

interface Page<Node> {
  nodes: Node[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

interface Lists {
  friends: Page<{ id: string }>
  incoming: Page<{ requester: { id: string } }>
  outgoing: Page<{ addressee: { id: string } }>
}

const lists = async (client: Client, variables = {}) =>
  (await client.call<{ viewer: Lists }>(listQuery, variables)).viewer

/** Returns the users in each list of a user. */
async function standing(client: Client) {
  const { friends, incoming, outgoing } = await lists(client)
  return {
    friends: friends.nodes.map(({ id }) => id),
    incoming: incoming.nodes.map(({ requester }) => requester.id),
    outgoing: outgoing.nodes.map(({ addressee }) => addressee.id),
  }
}

const nobody = { friends: [], incoming: [], outgoing: [] }

const viewerEvents = `subscription {
  viewerEvents {
    __typename
    ... on FriendRequestSent { user { id } friendship { status requester { id } } }
    ... on FriendRequestReceived { user { id } friendship { status requester { id } } }
    ... on FriendRequestAccepted { user { id } friendship { status } }
    ... on FriendRemoved { user { id } friendship { status } }
  }
}`

async function followAll(client: Client) {
  const stream = client.follow<{ viewerEvents: { __typename: string; user: { id: string } } }>(viewerEvents)
  expect(await stream.nextData()).toMatchObject({ viewerEvents: { __typename: 'Synced' } })
  return async () => (await stream.nextData()).viewerEvents
}

describe('a request', () => {
  test('waits for its addressee, and accepted makes two friends', async ({ one, two }) => {
    const [ada, bob] = [await guest(one, 'Ada'), await guest(two, 'Bob')]
    expect(await act(ada, 'sendFriendRequest', bob)).toEqual({
      friendship: { requester: { id: ada.userId }, addressee: { id: bob.userId }, status: 'PENDING', acceptedAt: null },
      user: { id: bob.userId, friendship: { status: 'PENDING' } },
      viewer: { friends: { nodes: [] } },
    })
    expect(await standing(ada)).toEqual({ ...nobody, outgoing: [bob.userId] })
    expect(await standing(bob)).toEqual({ ...nobody, incoming: [ada.userId] })
    expect(await act(bob, 'acceptFriendRequest', ada)).toEqual({
      friendship: {
        requester: { id: ada.userId },
        addressee: { id: bob.userId },
        status: 'ACCEPTED',
        acceptedAt: expect.any(String),
      },
      user: { id: ada.userId, friendship: { status: 'ACCEPTED' } },
      viewer: { friends: { nodes: [{ id: ada.userId }] } },
    })
    expect(await standing(ada)).toEqual({ ...nobody, friends: [bob.userId] })
    expect(await standing(bob)).toEqual({ ...nobody, friends: [ada.userId] })
  })

  test('sent again, by either, changes nothing more than it must', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const first = await act(ada, 'sendFriendRequest', bob)
    expect(await act(ada, 'sendFriendRequest', bob)).toEqual(first)
    expect((await act(bob, 'sendFriendRequest', ada)).friendship).toMatchObject({
      requester: { id: ada.userId },
      status: 'ACCEPTED',
    })
    for (const action of ['sendFriendRequest', 'acceptFriendRequest'] as const) {
      expect((await act(ada, action, bob)).friendship?.status).toBe('ACCEPTED')
    }
    const topics = [uuidOf(ada.userId), uuidOf(bob.userId)]
    expect(await db.event.count({ where: { topicId: { in: topics } } })).toBe(4)
  })

  test('can be declined and taken back, and sent again after that', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    for (const [client, action, other] of [
      [bob, 'declineFriendRequest', ada],
      [ada, 'cancelFriendRequest', bob],
    ] as const) {
      await act(ada, 'sendFriendRequest', bob)
      expect(await act(client, action, other)).toMatchObject({ friendship: null, user: { friendship: null } })
      expect(await standing(ada)).toEqual(nobody)
      expect(await standing(bob)).toEqual(nobody)
    }
  })

  test('that is not there is not found', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const answers = ['acceptFriendRequest', 'declineFriendRequest', 'cancelFriendRequest', 'removeFriend'] as const
    for (const action of answers) expect(await refuse(ada, action, bob)).toBe('NOT_FOUND')
    await act(ada, 'sendFriendRequest', bob)
    for (const action of ['acceptFriendRequest', 'declineFriendRequest', 'removeFriend'] as const) {
      expect(await refuse(ada, action, bob)).toBe('NOT_FOUND')
    }
    for (const action of ['cancelFriendRequest', 'removeFriend'] as const) {
      expect(await refuse(bob, action, ada)).toBe('NOT_FOUND')
    }
    await act(bob, 'acceptFriendRequest', ada)
    for (const action of ['declineFriendRequest', 'cancelFriendRequest'] as const) {
      expect(await refuse(ada, action, bob)).toBe('NOT_FOUND')
      expect(await refuse(bob, action, ada)).toBe('NOT_FOUND')
    }
  })

  test('to oneself is refused; a deleted account answers as one that never was', async ({ one, db }) => {
    const [ada, deleted] = [await guest(one), await guest(one)]
    await db.user.update({ where: { id: uuidOf(deleted.userId) }, data: { deletedAt: new Date() } })
    expect(await refuse(ada, 'sendFriendRequest', ada)).toBe('BAD_USER_INPUT')
    const answers = await Promise.all(
      [deleted.userId, unknown.user].map((userId) => ada.attempt(friendMutation('sendFriendRequest'), { userId })),
    )
    expect(answers[0]?.errors?.[0]?.extensions.code).toBe('NOT_FOUND')
    expect(answers[0]?.errors).toEqual(answers[1]?.errors)
  })

  test('needs somebody who is signed in', async ({ one }) => {
    const ada = await guest(one)
    const { errors } = await post(one, {
      query: friendMutation('sendFriendRequest'),
      variables: { userId: ada.userId },
    })
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })
})

describe('a friendship', () => {
  test('is made once by requests that cross on two servers', async ({ one, two, db }) => {
    for (let round = 0; round < 5; round++) {
      const [ada, bob] = [await guest(one), await guest(two)]
      const [mine, theirs] = await Promise.all([act(ada, 'sendFriendRequest', bob), act(bob, 'sendFriendRequest', ada)])
      const statuses = [mine.friendship?.status, theirs.friendship?.status]
      // whoever came first may have read the answer before or after the other came
      expect(statuses).toContain('ACCEPTED')
      expect(await standing(ada)).toEqual({ ...nobody, friends: [bob.userId] })
      expect(await standing(bob)).toEqual({ ...nobody, friends: [ada.userId] })
      const ids = [uuidOf(ada.userId), uuidOf(bob.userId)]
      const events = await db.event.groupBy({ by: ['kind'], where: { topicId: { in: ids } }, _count: true })
      expect(Object.fromEntries(events.map(({ kind, _count }) => [kind, _count]))).toEqual({
        FRIEND_REQUEST_SENT: 1,
        FRIEND_REQUEST_RECEIVED: 1,
        FRIEND_REQUEST_ACCEPTED: 2,
      })
    }
  })

  test('is accepted or cancelled, never both, when the two are asked at once on two servers', async ({ one, two }) => {
    for (let round = 0; round < 5; round++) {
      const [ada, bob] = [await guest(one), await guest(two)]
      await act(ada, 'sendFriendRequest', bob)
      const [cancelled, accepted] = await Promise.all([
        ada.attempt(friendMutation('cancelFriendRequest'), { userId: bob.userId }),
        bob.attempt(friendMutation('acceptFriendRequest'), { userId: ada.userId }),
      ])
      const codes = [cancelled, accepted].map(({ errors }) => errors?.[0]?.extensions.code ?? 'done')
      expect(new Set(codes)).toEqual(new Set(['NOT_FOUND', 'done']))
      const friends = accepted.errors ? [] : [bob.userId]
      expect(await standing(ada)).toEqual({ ...nobody, friends })
    }
  })

  test('ends for both when one of them removes the other', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    await befriend(ada, bob)
    expect(await act(bob, 'removeFriend', ada)).toMatchObject({ friendship: null, user: { friendship: null } })
    expect(await standing(ada)).toEqual(nobody)
    expect(await refuse(ada, 'removeFriend', bob)).toBe('NOT_FOUND')
  })

  test('is shown to the two alone', async ({ one }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    await befriend(ada, bob)
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { friendship { status } } } }'
    const ids = [ada.userId, bob.userId]
    expect(await eve.call(query, { ids })).toEqual({ nodes: [{ friendship: null }, { friendship: null }] })
    expect(await ada.call(query, { ids })).toEqual({
      nodes: [{ friendship: null }, { friendship: { status: 'ACCEPTED' } }],
    })
  })
})

test('the two are told of everything on every server', async ({ one, two }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const [toAda, toBob] = [await followAll(ada.at(two)), await followAll(bob.at(two))]
  const user = { ada: { id: ada.userId }, bob: { id: bob.userId } }
  await act(ada, 'sendFriendRequest', bob)
  expect(await toBob()).toEqual({
    __typename: 'FriendRequestReceived',
    user: user.ada,
    friendship: { status: 'PENDING', requester: user.ada },
  })
  expect(await toAda()).toEqual({
    __typename: 'FriendRequestSent',
    user: user.bob,
    friendship: { status: 'PENDING', requester: user.ada },
  })
  await act(bob, 'declineFriendRequest', ada)
  expect(await toAda()).toEqual({ __typename: 'FriendRemoved', user: user.bob, friendship: null })
  expect(await toBob()).toEqual({ __typename: 'FriendRemoved', user: user.ada, friendship: null })
  await befriend(bob, ada)
  expect(await toAda()).toMatchObject({ __typename: 'FriendRequestReceived', user: user.bob })
  expect(await toBob()).toMatchObject({ __typename: 'FriendRequestSent', user: user.ada })
  const friendship = { status: 'ACCEPTED' }
  expect(await toAda()).toEqual({ __typename: 'FriendRequestAccepted', user: user.bob, friendship })
  expect(await toBob()).toEqual({ __typename: 'FriendRequestAccepted', user: user.ada, friendship })
  await act(ada, 'removeFriend', bob)
  expect(await toAda()).toEqual({ __typename: 'FriendRemoved', user: user.bob, friendship: null })
  expect(await toBob()).toEqual({ __typename: 'FriendRemoved', user: user.ada, friendship: null })
})

describe('the lists', () => {
  test('of friends and requests come newest first in pages without holes', async ({ one }) => {
    const ada = await guest(one)
    const others = await guests(one, 9)
    for (const [index, other] of others.entries()) {
      if (index % 3 === 0) await befriend(ada, other)
      else if (index % 3 === 1) await act(ada, 'sendFriendRequest', other)
      else await act(other, 'sendFriendRequest', ada)
    }
    const idsOf = (rest: number) => others.filter((_, index) => index % 3 === rest).map(({ userId }) => userId)
    const all = { friends: idsOf(0).toReversed(), outgoing: idsOf(1).toReversed(), incoming: idsOf(2).toReversed() }
    expect(await standing(ada)).toEqual(all)
    for (const [name, expected] of Object.entries(all)) {
      const seen: string[] = []
      for (let after: string | null = null, more = true; more; ) {
        const page: Page<object> = (await lists(ada, { first: 2, after }))[name as keyof Lists]
        seen.push(...(JSON.stringify(page.nodes).match(/user_\w+/g) ?? []))
        more = page.pageInfo.hasNextPage
        after = page.pageInfo.endCursor
      }
      expect(seen).toEqual(expected)
    }
  })

  test('take no cursor of another list', async ({ one }) => {
    const ada = await guest(one)
    const after = Buffer.from(JSON.stringify(['7'])).toString('base64url')
    expect(await ada.fail(listQuery, { after })).toBe('BAD_USER_INPUT')
  })
})
