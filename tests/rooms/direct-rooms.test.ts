import { describe, expect } from 'vitest'
import { type Client, guest, join } from '../support/client.ts'
import { test, uuidOf } from '../support/members.ts'

const openDirectRoom = `mutation ($userId: ID!) {
  openDirectRoom(input: { userId: $userId }) { room { id kind access name memberCount owner { id } } }
}`
const room = 'query ($id: ID, $code: String) { room(id: $id, code: $code) { id code name memberCount } }'

async function open(client: Client, userId: string) {
  const data = await client.call<{ openDirectRoom: { room: { id: string } & Record<string, unknown> } }>(
    openDirectRoom,
    { userId },
  )
  return data.openDirectRoom.room
}

describe('openDirectRoom', () => {
  test('two users have one room, whatever both try at once on two servers', async ({ one, two, db }) => {
    const ada = await guest(one)
    const bob = await guest(two)
    const rooms = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const client = index % 4 < 2 ? ada : bob
        return open(client.at(index % 2 === 0 ? one : two), client === ada ? bob.userId : ada.userId)
      }),
    )
    expect(new Set(rooms.map(({ id }) => id)).size).toBe(1)
    expect(rooms[0]).toMatchObject({ kind: 'DIRECT', access: 'INVITE', name: null, memberCount: 2, owner: null })
    const roomId = uuidOf(rooms[0]?.id ?? '')
    const userIds = [uuidOf(ada.userId), uuidOf(bob.userId)]
    expect(await db.member.findMany({ where: { roomId }, orderBy: { userId: 'asc' } })).toMatchObject(
      userIds.toSorted().map((userId) => ({ userId, role: 'MEMBER' })),
    )
    const events = await db.event.findMany({ where: { topicId: { in: [roomId, ...userIds] } } })
    const told = events.map(({ topicId, kind, subject }) => `${topicId} ${kind} ${subject}`)
    expect(told.filter((event) => event.includes('MEMBER_JOINED')).toSorted()).toEqual(
      userIds.map((userId) => `${roomId} MEMBER_JOINED ${userId}`).toSorted(),
    )
    // the list of one gets it by opening it first, that of the other by opening it too
    const places = told.filter((event) => !event.includes('MEMBER_JOINED'))
    expect(new Set(places.map((event) => event.split(' ')[1]))).toEqual(
      new Set(['NOTIFICATIONS_CHANGED', 'ROOM_ADDED']),
    )
    expect(places).toHaveLength(2)
    expect(new Set(places.map((event) => event.split(' ')[0]))).toEqual(new Set(userIds))
    expect(await db.topic.count({ where: { room: null, user: null } })).toBe(0)
  })

  test('nobody opens a room with nobody, or with a deleted account', async ({ one, db }) => {
    const ada = await guest(one)
    const bob = await guest(one)
    await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { deletedAt: new Date() } })
    expect(await ada.fail(openDirectRoom, { userId: 'user_01h455vb4pex5vsknk084sn02q' })).toBe('NOT_FOUND')
    expect(await ada.fail(openDirectRoom, { userId: bob.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(openDirectRoom, { userId: 'bob' })).toBe('BAD_USER_INPUT')
  })

  test('a block of either keeps both from opening their room', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    await db.block.create({ data: { blockerId: uuidOf(bob.userId), blockedId: uuidOf(ada.userId) } })
    expect(await ada.fail(openDirectRoom, { userId: bob.userId })).toBe('NOT_FOUND')
    expect(await bob.fail(openDirectRoom, { userId: ada.userId })).toBe('BLOCKED')
  })

  test('a direct room is seen and entered by nobody else', async ({ one }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const { id } = await open(ada, bob.userId)
    expect(await eve.fail(room, { id })).toBe('NOT_FOUND')
    await expect(join(eve, id)).rejects.toThrow('NOT_FOUND')
    expect(await bob.call(room, { id })).toMatchObject({ room: { id, memberCount: 2 } })
  })
})
