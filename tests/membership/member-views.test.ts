import { describe, expect } from 'vitest'
import { guest, join, makeRoom, send } from '../support/client.ts'
import { eventsOf, guests, keyOf, make, openDirect, test, unknown, uuidOf } from '../support/members.ts'

describe('what members see of each other', () => {
  const fields = 'lastReadNumber unreadCount mentionCount notifications mutedUntil user { id }'
  const setNotifications = `mutation ($roomId: ID!, $level: NotificationLevel!) {
    setNotifications(input: { roomId: $roomId, level: $level }) { membership { notifications } }
  }`

  test('others see what a member has read, but neither what is unread nor what they want to be told of', async ({
    one,
    two,
    db,
  }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    for (const body of ['one', 'two']) await send(ada, roomId, body)
    const message = await db.message.findFirstOrThrow({ where: { roomId: uuidOf(roomId), number: 2 } })
    await db.mention.create({
      data: { messageId: message.id, userId: uuidOf(bob.userId), roomId: uuidOf(roomId), number: 2 },
    })
    await bob.call(setNotifications, { roomId, level: 'NONE' })
    const query = `query ($id: ID!) { room(id: $id) { members { nodes { ${fields} } } } }`
    const hers = { lastReadNumber: 2, unreadCount: 0, mentionCount: 0, notifications: 'ALL', mutedUntil: null }
    const his = { lastReadNumber: 0, mutedUntil: null }
    const seen = (own: object) => ({
      room: {
        members: {
          nodes: [
            { ...hers, user: { id: ada.userId } },
            { ...his, ...own, user: { id: bob.userId } },
          ],
        },
      },
    })
    expect(await ada.call(query, { id: roomId })).toEqual(
      seen({ unreadCount: 0, mentionCount: 0, notifications: 'ALL' }),
    )
    expect(await bob.call(query, { id: roomId })).toEqual(
      seen({ unreadCount: 2, mentionCount: 1, notifications: 'NONE' }),
    )

    const events = `subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { ... on MemberJoined { membership { ${fields} } } } }`
    const streams = [ada, bob].map((client) => client.follow(events, { roomId }))
    for (const stream of streams) expect(await stream.nextData()).toEqual({ roomEvents: {} })
    const eve = await guest(one)
    await join(eve, roomId)
    for (const stream of streams) {
      expect(await stream.nextData()).toEqual({ roomEvents: { membership: { ...hers, user: { id: eve.userId } } } })
    }
  })

  test('a member says what to be told of, room by room, and no event tells of it', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const [roomId, other] = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
    const direct = await openDirect(ada, bob)
    const before = await eventsOf(db, roomId)
    for (const room of [roomId, direct]) {
      for (const level of ['MENTIONS', 'NONE']) {
        expect(await bob.call(setNotifications, { roomId: room, level })).toEqual({
          setNotifications: { membership: { notifications: level } },
        })
      }
    }
    expect(await eventsOf(db, roomId)).toEqual(before)
    expect(await db.member.findUnique({ where: keyOf(other, bob) })).toMatchObject({ notifications: 'ALL' })
    expect(await db.member.findUnique({ where: keyOf(roomId, ada) })).toMatchObject({ notifications: 'ALL' })
    const [eve] = await guests(one, 1)
    const hidden = await make(ada, { access: 'INVITE' })
    expect(await eve?.fail(setNotifications, { roomId, level: 'NONE' })).toBe('FORBIDDEN')
    expect(await eve?.fail(setNotifications, { roomId: hidden.id, level: 'NONE' })).toBe('NOT_FOUND')
    expect(await eve?.fail(setNotifications, { roomId: unknown.room, level: 'NONE' })).toBe('NOT_FOUND')
    expect(await bob.fail(setNotifications, { roomId, level: 'LOUD' })).toBe('BAD_USER_INPUT')
  })
})
