// Nobody is put into a room, written to or looked at against their own settings, by whatever door.

import { describe, expect } from 'vitest'
import { consents } from '../../src/access/consent.ts'
import { invitationLimits } from '../../src/config/rooms.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { befriend, block } from '../support/friends.ts'
import {
  addMembers,
  guests,
  joinRoom,
  keyOf,
  leaveRoom,
  make,
  removeMember,
  setRole,
  test,
  unknown,
  uuidOf,
} from '../support/members.ts'

type Policy = 'EVERYONE' | 'SHARED_ROOMS' | 'FRIENDS'
interface Invitation {
  id: string
  room: { id: string; name: string }
  user: { id: string }
  invitedBy: { id: string }
}
interface Added {
  addMembers: { memberships: { user: { id: string } }[]; invitations: Invitation[] }
}

const fields = '{ id room { id name } user { id } invitedBy { id } }'
const add = `mutation ($roomId: ID!, $userIds: [ID!]!) {
  addMembers(input: { roomId: $roomId, userIds: $userIds }) { memberships { user { id } } invitations ${fields} }
}`
const answer = (name: 'acceptInvitation' | 'declineInvitation' | 'withdrawInvitation') =>
  `mutation ($id: ID!) { ${name}(input: { invitationId: $id }) { ${name === 'acceptInvitation' ? 'membership { role } room { id }' : 'invitationId'} } }`
const openDirect = 'mutation ($userId: ID!) { openDirectRoom(input: { userId: $userId }) { room { id } } }'

const choose = (client: Client, policy: Policy) =>
  client.call(
    `mutation { updateProfile(input: { directMessagePolicy: ${policy} }) { viewer { directMessagePolicy } } }`,
  )

async function choosy(server: { url: string }, policy: Policy): Promise<Client> {
  const client = await guest(server)
  await choose(client, policy)
  return client
}

const addTo = (by: Client, roomId: string, ...users: Client[]) =>
  by.call<Added>(add, { roomId, userIds: users.map(({ userId }) => userId) }).then(({ addMembers: added }) => ({
    added: added.memberships.map(({ user }) => user.id),
    invited: added.invitations.map(({ user }) => user.id),
    ids: added.invitations.map(({ id }) => id),
  }))

const waitingOf = async (client: Client) =>
  (
    await client.call<{ viewer: { invitations: { nodes: Invitation[] } } }>(
      `{ viewer { invitations(first: 100) { nodes ${fields} } } }`,
    )
  ).viewer.invitations.nodes

const ties = ['stranger', 'sharesRoom', 'putIn', 'friend', 'blocks', 'blocked'] as const

/** Makes a user with a policy, and something between them and another. */
async function related(other: Client, policy: Policy, tie: (typeof ties)[number]): Promise<Client> {
  const user = await choosy(other.server, tie === 'putIn' ? 'EVERYONE' : policy)
  if (tie === 'sharesRoom') await makeRoom(user, [other])
  if (tie === 'putIn') {
    await addTo(other, await makeRoom(other), user)
    await choose(user, policy)
  }
  if (tie === 'friend') await befriend(other, user)
  if (tie === 'blocks') await block(user, other)
  if (tie === 'blocked') await block(other, user)
  return user
}

/** What each door does: + lets in, i invites, - refuses. In the order of `ties`. */
const doors: readonly (readonly [Policy, string, string])[] = [
  // policy, openDirectRoom, addMembers
  ['EVERYONE', '++++--', '++++--'],
  ['SHARED_ROOMS', '-+-+--', 'i+i+--'],
  ['FRIENDS', '---+--', 'iii+--'],
]

describe('one rule of consent', () => {
  for (const [policy, direct, adding] of doors) {
    test.for(ties.map((tie, index) => [tie, direct[index], adding[index]] as const))(
      `with ${policy} a %s: direct room %s, addMembers %s`,
      async ([tie, mayWrite, mayAdd], { one }) => {
        const ada = await guest(one)
        const user = await related(ada, policy, tie)
        const roomId = await makeRoom(ada)
        const { data } = await ada.attempt<Partial<Added>>(add, { roomId, userIds: [user.userId] })
        const isInvited = (data?.addMembers?.invitations.length ?? 0) > 0
        const outcome = isInvited ? 'i' : '+'
        expect(data?.addMembers ? outcome : '-').toBe(mayAdd)
        const opened = await ada.attempt(openDirect, { userId: user.userId })
        // who was just added shares that room, and has not taken part in it
        expect(opened.errors ? '-' : '+').toBe(mayWrite)
      },
    )
  }

  const stranger = {
    policy: 'EVERYONE',
    areFriends: false,
    sharesGroup: false,
    sharesDirect: false,
    hasBlock: false,
  } as const
  test.for([
    ['a stranger', {}, 'false'],
    ['who shares a group', { sharesGroup: true }, 'true'],
    ['who shares a direct room', { sharesDirect: true }, 'true'],
    ['a friend', { areFriends: true, policy: 'FRIENDS' }, 'true'],
    ['who shares a group with one of FRIENDS', { sharesGroup: true, policy: 'FRIENDS' }, 'false'],
    ['a friend behind a block', { areFriends: true, hasBlock: true }, 'false'],
  ] as const)('%s looks: %o → %s', ([, facts, expected]) => {
    expect(String(consents('look', { ...stranger, ...facts }))).toBe(expected)
  })
})

test('a room counts as shared once who was put into it has written, read or reacted, or joins themselves', async ({
  one,
}) => {
  const ada = await guest(one)
  const mark = 'mutation ($roomId: ID!) { markRead(input: { roomId: $roomId, number: 1 }) { membership { role } } }'
  const delivered = mark.replace('markRead', 'markDelivered')
  const acts: Record<string, (user: Client, roomId: string, messageId: string) => Promise<unknown>> = {
    send: (user, roomId) => send(user, roomId, 'hello'),
    read: (user, roomId) => user.call(mark, { roomId }),
    react: (user, _, messageId) =>
      user.call('mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "🎉" }) { message { id } } }', {
        id: messageId,
      }),
    join: (user, roomId) => user.call(joinRoom, { input: { roomId } }),
  }
  for (const [name, act] of Object.entries(acts)) {
    const user = await guest(one)
    const roomId = await makeRoom(ada)
    await addTo(ada, roomId, user)
    const { id } = await send(ada, roomId, 'welcome')
    await choose(user, 'SHARED_ROOMS')
    await user.call(delivered, { roomId })
    expect(await ada.fail(openDirect, { userId: user.userId }), name).toBe('FORBIDDEN')
    await act(user, roomId, id)
    expect((await ada.attempt(openDirect, { userId: user.userId })).errors, name).toBeUndefined()
  }
})

test('an invitation is told, listed, accepted, and the room is then one’s own wish', async ({ one, two, db }) => {
  const ada = await guest(one)
  const user = await choosy(two, 'FRIENDS')
  const stream = user.follow(
    `subscription { viewerEvents { __typename ... on RoomInvitationReceived { invitation ${fields} } ... on RoomInvitationEnded { invitationId } } }`,
  )
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  const { id: roomId } = await make(ada, { access: 'INVITE', name: 'Hidden' })
  const { added, invited, ids } = await addTo(ada, roomId, user)
  expect({ added, invited }).toEqual({ added: [], invited: [user.userId] })
  const invitation = {
    id: ids[0],
    room: { id: roomId, name: 'Hidden' },
    user: { id: user.userId },
    invitedBy: { id: ada.userId },
  }
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'RoomInvitationReceived', invitation } })
  expect(await waitingOf(user)).toEqual([invitation])
  // adding them again changes nothing
  expect(await addTo(ada, roomId, user)).toEqual({ added: [], invited: [user.userId], ids })
  const ofRoom = `query ($id: ID!) { room(id: $id) { invitations { nodes { user { id } } } } }`
  expect(await ada.call(ofRoom, { id: roomId })).toEqual({
    room: { invitations: { nodes: [{ user: { id: user.userId } }] } },
  })
  // what is said in the room is not for who is only invited
  const peek = `{ viewer { invitations { nodes { room { messages(first: 1) { nodes { body } } } } } } }`
  expect((await user.attempt(peek)).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  const stranger = await guest(one)
  expect(await stranger.fail(answer('acceptInvitation'), { id: ids[0] })).toBe('NOT_FOUND')
  expect(await stranger.fail(answer('declineInvitation'), { id: ids[0] })).toBe('NOT_FOUND')
  expect(await stranger.fail(answer('withdrawInvitation'), { id: ids[0] })).toBe('NOT_FOUND')
  expect(await user.fail(answer('withdrawInvitation'), { id: ids[0] })).toBe('NOT_FOUND')
  await user.call(answer('acceptInvitation'), { id: ids[0] })
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'RoomInvitationEnded', invitationId: ids[0] } })
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'RoomAdded' } })
  expect(await waitingOf(user)).toEqual([])
  const member = await db.member.findUniqueOrThrow({ where: keyOf(roomId, user) })
  expect(member).toMatchObject({ takesPart: true, addedById: null })
  expect(await user.fail(answer('acceptInvitation'), { id: ids[0] })).toBe('NOT_FOUND')
})

test('who declines is neither added nor invited by the same person again, and others may ask', async ({ one, db }) => {
  const [ada, bob] = await guests(one, 2)
  if (!ada || !bob) throw new Error('two guests')
  const user = await choosy(one, 'SHARED_ROOMS')
  const roomId = await makeRoom(ada, [bob])
  await setRole(db, roomId, bob, 'ADMIN')
  const { ids } = await addTo(ada, roomId, user)
  await user.call(answer('declineInvitation'), { id: ids[0] })
  expect(await ada.fail(addMembers, { roomId, userIds: [user.userId] })).toBe('BAD_USER_INPUT')
  await choose(user, 'EVERYONE')
  expect(await ada.fail(addMembers, { roomId, userIds: [user.userId] })).toBe('BAD_USER_INPUT')
  expect((await addTo(bob, roomId, user)).added).toEqual([user.userId])
})

test('who left is invited, not added, by who had put them in', async ({ one, db }) => {
  const [ada, bob, user] = await guests(one, 3)
  if (!ada || !bob || !user) throw new Error('three guests')
  const roomId = await makeRoom(ada, [bob])
  await setRole(db, roomId, bob, 'ADMIN')
  expect((await addTo(ada, roomId, user)).added).toEqual([user.userId])
  await send(user, roomId, 'no thanks')
  await user.call(leaveRoom, { roomId })
  expect(await addTo(ada, roomId, user)).toMatchObject({ added: [], invited: [user.userId] })
  // who was removed has not said no
  expect((await addTo(bob, roomId, user)).added).toEqual([user.userId])
  expect(await waitingOf(user)).toEqual([])
  await ada.call(removeMember, { roomId, userId: user.userId })
  expect((await addTo(bob, roomId, user)).added).toEqual([user.userId])
})

test.for([
  [
    'removeMember',
    'mutation ($roomId: ID!, $userId: ID!) { removeMember(input: { roomId: $roomId, userId: $userId }) { room { id } } }',
  ],
  [
    'banMember',
    'mutation ($roomId: ID!, $userId: ID!) { banMember(input: { roomId: $roomId, userId: $userId }) { room { id } } }',
  ],
] as const)('%s ends the invites and invitations of an admin', async ([, mutation], { one, db }) => {
  const [ada, bob, cyd] = await guests(one, 3)
  if (!ada || !bob || !cyd) throw new Error('three guests')
  const user = await choosy(one, 'FRIENDS')
  const { id: roomId } = await make(ada, { access: 'INVITE' })
  await addTo(ada, roomId, bob)
  await setRole(db, roomId, bob, 'ADMIN')
  const invite = 'mutation ($id: ID!) { createInvite(input: { roomId: $id }) { invite { code } } }'
  const { createInvite } = await bob.call<{ createInvite: { invite: { code: string } } }>(invite, { id: roomId })
  const kept = await ada.call<{ createInvite: { invite: { code: string } } }>(invite, { id: roomId })
  const { ids } = await addTo(bob, roomId, user)
  await ada.call(mutation, { roomId, userId: bob.userId })
  expect(await cyd.fail(joinRoom, { input: { invite: createInvite.invite.code } })).toBe('INVITE_INVALID')
  expect(await user.fail(answer('acceptInvitation'), { id: ids[0] })).toBe('NOT_FOUND')
  expect(await waitingOf(user)).toEqual([])
  expect(await db.event.count({ where: { topicId: uuidOf(user.userId), kind: 'ROOM_INVITATION_ENDED' } })).toBe(1)
  await cyd.call(joinRoom, { input: { invite: kept.createInvite.invite.code } })
})

test('a ban of who is invited, a block, a withdrawal and a leave of who invites end the invitation', async ({
  one,
  db,
}) => {
  const ends: Record<string, (ada: Client, user: Client, given: { roomId: string; id: string }) => Promise<unknown>> = {
    ban: (ada, { userId }, { roomId }) =>
      ada.call(
        'mutation ($roomId: ID!, $userId: ID!) { banMember(input: { roomId: $roomId, userId: $userId }) { room { id } } }',
        { roomId, userId },
      ),
    block: (ada, user) => block(user, ada),
    withdrawal: (ada, _, { id }) => ada.call(answer('withdrawInvitation'), { id }),
    leave: (ada, _, { roomId }) => ada.call(leaveRoom, { roomId }),
  }
  for (const [name, end] of Object.entries(ends)) {
    const ada = await guest(one)
    const user = await choosy(one, 'FRIENDS')
    const roomId = await makeRoom(ada, [await guest(one)])
    const { ids } = await addTo(ada, roomId, user)
    await end(ada, user, { roomId, id: ids[0] ?? '' })
    expect(await waitingOf(user), name).toEqual([])
    expect(await user.fail(answer('acceptInvitation'), { id: ids[0] }), name).toBe('NOT_FOUND')
    const told = await db.event.count({ where: { topicId: uuidOf(user.userId), kind: 'ROOM_INVITATION_ENDED' } })
    expect(told, name).toBe(1)
  }
  expect(await (await guest(one)).fail(answer('withdrawInvitation'), { id: unknown.user })).toBe('BAD_USER_INPUT')
})

test('invitations are bounded: by user, by room and by who invites', async ({ one, db }) => {
  const [ada, bob] = await guests(one, 2)
  if (!ada || !bob) throw new Error('two guests')
  const roomId = await makeRoom(ada)
  const [user, other] = [await choosy(one, 'FRIENDS'), await choosy(one, 'FRIENDS')]
  const fill = (count: number, given: { roomId?: string; userId?: string; by: string }) => db.$executeRaw`
    with made as (insert into topics (id) select gen_random_uuid() from generate_series(1, ${count}) returning id),
    people as (
      insert into users (id, display_name, is_guest, updated_at) select id, 'x', true, now() from made returning id
    ),
    rooms_made as (
      insert into rooms (id, code, kind, access, name, updated_at)
      select id, upper(substr(translate(md5(id::text), '01', 'XY'), 1, 8)), 'GROUP', 'OPEN', 'x', now() from people
      where ${given.roomId ? uuidOf(given.roomId) : null}::uuid is null
      returning id
    )
    insert into room_invitations (id, room_id, user_id, invited_by_id)
    select gen_random_uuid(), coalesce(${given.roomId ? uuidOf(given.roomId) : null}::uuid, people.id),
      coalesce(${given.userId ? uuidOf(given.userId) : null}::uuid, people.id), ${uuidOf(given.by)}::uuid
    from people left join rooms_made on rooms_made.id = people.id`
  const outcome = async (target: Client) => {
    const { errors } = await ada.attempt(add, { roomId, userIds: [target.userId] })
    return errors?.[0]?.extensions.code ?? 'invited'
  }
  await fill(invitationLimits.waitingPerUserMax - 1, { userId: user.userId, by: bob.userId })
  expect(await outcome(user)).toBe('invited')
  await db.roomInvitation.deleteMany({ where: { roomId: uuidOf(roomId) } })
  await fill(1, { userId: user.userId, by: bob.userId })
  expect(await outcome(user)).toBe('CONFLICT')
  await fill(invitationLimits.waitingPerRoomMax - 1, { roomId, by: bob.userId })
  expect(await outcome(other)).toBe('invited')
  await db.roomInvitation.deleteMany({ where: { userId: uuidOf(other.userId) } })
  await fill(1, { roomId, by: bob.userId })
  expect(await outcome(other)).toBe('CONFLICT')
  await db.roomInvitation.deleteMany()
  await fill(invitationLimits.madeMax, { by: ada.userId })
  expect(await outcome(other)).toBe('RATE_LIMITED')
  await db.$executeRaw`update room_invitations set created_at = now() - interval '11 minutes'`
  expect(await outcome(other)).toBe('invited')
})

test('an invitation that was not answered for too long lets nobody in, and another can be made', async ({
  one,
  db,
}) => {
  const ada = await guest(one)
  const user = await choosy(one, 'FRIENDS')
  const roomId = await makeRoom(ada)
  const { ids } = await addTo(ada, roomId, user)
  await db.$executeRaw`update room_invitations set created_at = created_at - interval '31 days' where user_id = ${uuidOf(user.userId)}::uuid`
  expect(await waitingOf(user)).toEqual([])
  expect(await user.fail(answer('acceptInvitation'), { id: ids[0] })).toBe('NOT_FOUND')
  const again = await addTo(ada, roomId, user)
  expect(again.invited).toEqual([user.userId])
  expect(again.ids).not.toEqual(ids)
})

test('a policy that changes while members are added is judged under the lock', async ({ one, two }) => {
  for (let round = 0; round < 5; round++) {
    const ada = await guest(one)
    const user = await guest(two)
    const roomId = await makeRoom(ada)
    const [, { added, invited }] = await Promise.all([choose(user, 'FRIENDS'), addTo(ada, roomId, user)])
    expect([...added, ...invited]).toEqual([user.userId])
    expect(await addTo(ada, roomId, user)).toMatchObject({ added, invited })
  }
})

test('who was put into a room is mentioned there only by those whom they let', async ({ one }) => {
  const { newUser } = await import('../support/accounts.ts')
  const { accessToken, refreshToken, viewer } = await newUser(one)
  const { Client: Person } = await import('../support/client.ts')
  const name = viewer.user.username ?? ''
  const user = new Person(one, { token: accessToken, refreshToken, userId: viewer.user.id, name })
  const [ada, bob] = await guests(one, 2)
  if (!ada || !bob) throw new Error('two guests')
  await befriend(ada, user)
  const roomId = await makeRoom(ada, [bob])
  await choose(user, 'FRIENDS')
  expect((await addTo(ada, roomId, user)).added).toEqual([user.userId])
  const mentions = async (author: Client) => {
    const { id } = await send(author, roomId, `hello @${name}`)
    const query = 'query ($id: ID!) { node(id: $id) { ... on Message { mentions { id } } } }'
    const { node } = await ada.call<{ node: { mentions: { id: string }[] } }>(query, { id })
    return node.mentions.length
  }
  expect([await mentions(ada), await mentions(bob)]).toEqual([1, 0])
  await send(user, roomId, 'I am here')
  expect([await mentions(ada), await mentions(bob)]).toEqual([1, 1])
})

test('presence and lastSeenAt are shown to those alone whom the user lets look', async ({ one }) => {
  const [ada, bob] = await guests(one, 2)
  if (!ada || !bob) throw new Error('two guests')
  const user = await guest(one)
  const roomId = await makeRoom(ada, [bob])
  await addTo(ada, roomId, user)
  const seen = async (viewer: Client) => {
    const query = 'query ($id: ID!) { node(id: $id) { ... on User { presence { lastSeenAt } } } }'
    const { node } = await viewer.call<{ node: { presence: { lastSeenAt: string | null } } }>(query, {
      id: user.userId,
    })
    return node.presence.lastSeenAt !== null
  }
  expect([await seen(user), await seen(bob)]).toEqual([true, false])
  await send(user, roomId, 'hello')
  expect(await seen(bob)).toBe(true)
  await choose(user, 'FRIENDS')
  expect(await seen(bob)).toBe(false)
  await befriend(user, bob)
  expect([await seen(bob), await seen(ada)]).toEqual([true, false])
})

test('the refusals and invitations of a deleted account are gone', async ({ one, db }) => {
  const ada = await guest(one)
  const user = await choosy(one, 'FRIENDS')
  const { ids } = await addTo(ada, await makeRoom(ada), user)
  await user.call(answer('declineInvitation'), { id: ids[0] })
  await addTo(ada, await makeRoom(ada), user)
  await user.call('mutation { deleteAccount(input: {}) { user { id } } }')
  const { finishAccountDeletions } = await import('../../src/account/deletion/service.ts')
  await finishAccountDeletions(one.parts, new AbortController().signal)
  const userId = uuidOf(user.userId)
  expect(await db.roomInvitation.count({ where: { userId } })).toBe(0)
  expect(await db.roomRefusal.count({ where: { userId } })).toBe(0)
})
