// Consent: nobody is added to a room, written to or looked at against their settings, by any door.

import { describe, expect } from 'vitest'
import { consents } from '../../src/access/consent.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { type Added, add, addTo, answer, choose, choosy, doors, openDirect, related, ties } from '../support/consent.ts'
import { befriend } from '../support/friends.ts'
import { guests, joinRoom, test, uuidOf } from '../support/members.ts'

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
