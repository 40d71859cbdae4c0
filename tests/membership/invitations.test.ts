import { expect } from 'vitest'
import { invitationLimits } from '../../src/config/membership.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { add, addTo, answer, choose, choosy, fields, waitingOf } from '../support/consent.ts'
import { block } from '../support/friends.ts'
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
