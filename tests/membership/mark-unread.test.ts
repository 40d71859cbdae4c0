import { describe, expect } from 'vitest'
import { guest, join, makeRoom, send } from '../support/client.ts'
import { make, test } from '../support/members.ts'
import { countsOf, deliver, read, unread, unreadOf } from '../support/unread.ts'

describe('markUnread', () => {
  test('a room is unread from a message on, without own ones, and others see no difference', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const sent = [await send(ada, roomId, 'one'), await send(bob, roomId, 'two'), await send(ada, roomId, 'three')]
    const [first] = sent
    await read(bob, roomId, sent[2]?.number ?? 0)
    await unread(bob, roomId, first?.number ?? 0)
    expect((await countsOf(bob)).memberships.nodes[0]).toEqual({
      unreadCount: 2,
      unreadFrom: first?.number,
      lastReadNumber: sent[2]?.number,
    })
    const query = `query ($id: ID!) { node(id: $id) { ... on Message { status } } viewer { memberships { nodes {
      room { members { nodes { unreadFrom user { id } } } }
    } } } }`
    const seen = await ada.call<{ node: { status: string }; viewer: unknown }>(query, { id: sent[2]?.id })
    expect(seen.node.status).toBe('READ')
    expect(JSON.stringify(seen.viewer)).not.toContain(`"unreadFrom":${first?.number}`)
    // as far as the viewer reads on
    await read(bob, roomId, sent[1]?.number ?? 0)
    expect((await countsOf(bob)).memberships.nodes[0]).toMatchObject({ unreadCount: 1, unreadFrom: sent[2]?.number })
    await read(bob, roomId, sent[2]?.number ?? 0)
    expect((await countsOf(bob)).memberships.nodes[0]).toMatchObject({ unreadCount: 0, unreadFrom: null })
  })

  test('who writes has read', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const { number } = await send(ada, roomId, 'one')
    await read(bob, roomId, number)
    await unread(bob, roomId, number)
    expect(await unreadOf(bob)).toBe(1)
    await send(bob, roomId, 'two')
    expect(await unreadOf(bob)).toBe(0)
  })

  test('not beyond the newest message, nor before the first', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const { number } = await send(ada, roomId, 'one')
    const mutation = `mutation ($roomId: ID!, $number: Int!) {
      markUnread(input: { roomId: $roomId, number: $number }) { room { id } }
    }`
    for (const wrong of [number + 1, 0, -1]) {
      expect(await bob.fail(mutation, { roomId, number: wrong })).toBe('BAD_USER_INPUT')
    }
    expect(await (await guest(one)).fail(mutation, { roomId, number })).toBe('FORBIDDEN')
    // what was sent before they came
    const { id: later } = await make(ada, { history: 'SINCE_JOINED' })
    for (const body of ['one', 'two']) await send(ada, later, body)
    await join(bob, later)
    await send(ada, later, 'three')
    expect(await bob.fail(mutation, { roomId: later, number: 2 })).toBe('BAD_USER_INPUT')
    await bob.call(mutation, { roomId: later, number: 3 })
  })

  const marks = { read, unread, deliver }
  /** Actions in a room with six messages of another user, and the membership after them. */
  const orders: readonly [
    done: readonly [mark: keyof typeof marks, number: number][],
    unreadFrom: number | null,
    unreadCount: number,
  ][] = [
    [
      [
        ['unread', 5],
        ['deliver', 6],
      ],
      5,
      6,
    ],
    [
      [
        ['read', 3],
        ['unread', 5],
      ],
      5,
      3,
    ],
    [
      [
        ['read', 3],
        ['unread', 5],
        ['read', 4],
      ],
      5,
      2,
    ],
    [
      [
        ['read', 3],
        ['unread', 5],
        ['read', 5],
      ],
      null,
      1,
    ],
    [
      [
        ['read', 6],
        ['unread', 2],
        ['read', 1],
      ],
      2,
      5,
    ],
    [
      [
        ['read', 6],
        ['unread', 2],
        ['deliver', 6],
      ],
      2,
      5,
    ],
    [
      [
        ['read', 6],
        ['unread', 5],
        ['unread', 2],
        ['read', 3],
      ],
      4,
      3,
    ],
    [
      [
        ['read', 6],
        ['unread', 2],
        ['unread', 5],
      ],
      5,
      2,
    ],
    [
      [
        ['read', 6],
        ['unread', 2],
        ['read', 6],
      ],
      null,
      0,
    ],
  ]

  test('lasts until its messages are read, whatever is marked in whatever order', async ({ one }) => {
    for (const [done, unreadFrom, unreadCount] of orders) {
      const [ada, bob] = [await guest(one), await guest(one)]
      const roomId = await makeRoom(ada, [bob])
      for (let number = 1; number <= 6; number++) await send(ada, roomId, 'hello')
      for (const [mark, number] of done) await marks[mark](bob, roomId, number)
      const { memberships } = await countsOf(bob)
      expect(memberships.nodes[0], JSON.stringify(done)).toMatchObject({ unreadFrom, unreadCount })
    }
  })
})
