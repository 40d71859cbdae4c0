import { describe, expect } from 'vitest'
import { unreadCountsByKeys } from '../../src/membership/unread/queries.ts'
import { addUncounted } from '../../src/rooms/uncounted/queries.ts'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { test as base, uuidOf } from '../support/members.ts'
import { countsOf, unreadOf } from '../support/unread.ts'

const test = base.extend('telling', { scope: 'file' }, async ({ start }) => start({ systemMessages: true }))

const remove = (client: Client, messageId: string) =>
  client.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id: messageId })
const act = (client: Client, mutation: string, variables: Record<string, unknown>) => client.call(mutation, variables)
const block = 'mutation ($id: ID!) { blockUser(input: { userId: $id }) { user { id } } }'
const mute = 'mutation ($roomId: ID!) { setNotifications(input: { roomId: $roomId, level: NONE }) { room { id } } }'

describe('what counts as unread', () => {
  const cases: Record<
    string,
    { counts: number; happens(at: { ada: Client; bob: Client; roomId: string }): Promise<unknown> }
  > = {
    'a message': { counts: 1, happens: ({ ada, roomId }) => send(ada, roomId, 'hello') },
    'messages that are deleted before they are read': {
      counts: 0,
      async happens({ ada, roomId }) {
        const sent = []
        for (const body of ['one', 'two', 'three']) sent.push(await send(ada, roomId, body))
        for (const { id } of sent) await remove(ada, id)
      },
    },
    'one of three that is deleted, beside two': {
      counts: 2,
      async happens({ ada, roomId }) {
        const { id } = await send(ada, roomId, 'one')
        await send(ada, roomId, 'two')
        await remove(ada, id)
        await send(ada, roomId, 'three')
      },
    },
    'somebody who joins': { counts: 0, happens: async ({ ada, roomId }) => join(await guest(ada.server), roomId) },
    'a room that is renamed': {
      counts: 0,
      happens: ({ ada, roomId }) =>
        act(ada, 'mutation ($roomId: ID!) { updateRoom(input: { roomId: $roomId, name: "B" }) { room { id } } }', {
          roomId,
        }),
    },
    'a message of somebody blocked, before or after': {
      counts: 0,
      async happens({ ada, bob, roomId }) {
        await send(ada, roomId, 'before')
        await act(bob, block, { id: ada.userId })
        await send(ada, roomId, 'after')
      },
    },
    'a deleted message of somebody blocked, which is not taken off twice': {
      counts: 1,
      async happens({ ada, bob, roomId }) {
        const eve = await guest(ada.server)
        await join(eve, roomId)
        await act(bob, block, { id: ada.userId })
        await remove(ada, (await send(ada, roomId, 'gone')).id)
        await send(eve, roomId, 'hello')
      },
    },
    'a message of one who left since': {
      counts: 1,
      async happens({ ada, roomId }) {
        const eve = await guest(ada.server)
        await join(eve, roomId)
        await send(eve, roomId, 'hello')
        await act(eve, 'mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }', { roomId })
      },
    },
  }
  for (const [name, { counts, happens }] of Object.entries(cases)) {
    test(`${name}: ${counts}`, async ({ telling }) => {
      const [ada, bob] = [await guest(telling), await guest(telling)]
      const roomId = await makeRoom(ada, [bob])
      expect(await unreadOf(bob)).toBe(0)
      await happens({ ada, bob, roomId })
      expect(await unreadOf(bob)).toBe(counts)
    })
  }

  test('a room at level NONE counts in one total and not in the other', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const rooms = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
    await act(bob, mute, { roomId: rooms[0] ?? '' })
    for (const roomId of rooms) await send(ada, roomId, 'hello')
    const { unreadCount, unreadCountOfAll } = await countsOf(bob)
    expect([unreadCount, unreadCountOfAll]).toEqual([1, 2])
  })

  test('joinRoom says the same of the member twice', async ({ telling }) => {
    const [ada, bob] = [await guest(telling), await guest(telling)]
    const roomId = await makeRoom(ada)
    for (const body of ['one', 'two']) await send(ada, roomId, body)
    const marks = '{ lastReadNumber lastDeliveredNumber unreadCount }'
    const query = `mutation ($roomId: ID!) {
      joinRoom(input: { roomId: $roomId }) { membership ${marks} room { messageCount viewerMembership ${marks} } }
    }`
    type Joined = { membership: unknown; room: { messageCount: number; viewerMembership: unknown } }
    const { joinRoom: joined } = await bob.call<{ joinRoom: Joined }>(query, { roomId })
    const { messageCount } = joined.room
    expect(joined.membership).toEqual({
      lastReadNumber: messageCount,
      lastDeliveredNumber: messageCount,
      unreadCount: 0,
    })
    expect(joined.room.viewerMembership).toEqual(joined.membership)
  })

  test('counts are those of a count one by one, over the ends of all blocks', async ({ one, db }) => {
    const ada = await guest(one)
    const roomId = uuidOf(await makeRoom(ada))
    const userId = uuidOf(ada.userId)
    const last = 66_400
    await db.$executeRaw`update topics set last_number = ${last}::integer where id = ${roomId}::uuid`
    await db.$executeRaw`
      insert into messages (id, room_id, number, seq, author_id, kind, body, deleted_at)
      select gen_random_uuid(), ${roomId}::uuid, number, number, ${userId}::uuid, 'TEXT',
        case when number % 3 > 0 then 'hello' end, case when number % 3 = 0 then now() end
      from generate_series(1, ${last}::integer) as number
      where number < 600 or number > 65000`
    const gone = (number: number) => number % 3 === 0 && (number < 600 || number > 65_000)
    const numbers = Array.from({ length: last }, (_, index) => index + 1).filter(gone)
    await addUncounted(one.parts.sql, { roomId, numbers })
    const ends = [
      0,
      1,
      254,
      255,
      256,
      257,
      510,
      511,
      512,
      513,
      65_279,
      65_300,
      65_535,
      65_536,
      65_537,
      65_791,
      65_792,
      last,
    ]
    const pairs = ends.flatMap((after) => ends.filter((upTo) => upTo >= after).map((upTo) => [after, upTo] as const))
    const context = { lookups: one.parts.lookups } as Parameters<typeof unreadCountsByKeys>[0]
    const found = await unreadCountsByKeys(
      context,
      pairs.map(([after, upTo]) => `${roomId} ${userId} ${after} ${upTo}`),
    )
    const expected = pairs.map(([after, upTo]) => upTo - after - numbers.filter((n) => n > after && n <= upTo).length)
    expect(found).toEqual(expected)
  })
})
