import { describe, expect } from 'vitest'
import { guest, makeRoom, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { keyOf, test, uuidOf } from '../support/members.ts'
import { mark, markRead, sendMany } from '../support/receipts.ts'
import { recordStatements, statementsOf } from '../support/statements.ts'

describe('at the same moment', () => {
  test('P12 marks in any order, from two servers and amid sends, end at the highest', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 20)
    const numbers = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1)
    await Promise.all([
      ...numbers.map(async (number, index) => {
        const here = bob.at(index % 2 ? one : two)
        const name = index % 3 ? 'markRead' : 'markDelivered'
        const marks = await mark(here, roomId, name, number)
        expect(name === 'markRead' ? marks.lastReadNumber : marks.lastDeliveredNumber).toBeGreaterThanOrEqual(number)
      }),
      ...numbers.map((number, index) => mark(ada.at(index % 2 ? one : two), roomId, 'markRead', number)),
      ...numbers.map((number) => send(ada, roomId, `more ${number}`)),
    ])
    const highest = Math.max(...numbers.filter((_, index) => index % 3))
    expect(await mark(bob, roomId, 'markRead', 0)).toMatchObject({
      lastReadNumber: highest,
      lastDeliveredNumber: 20,
      unreadCount: 40 - highest,
    })
    expect(await db.member.findUnique({ where: keyOf(roomId, ada) })).toMatchObject({ lastReadNumber: 40 })
  })

  test('marks of many members in many rooms are one statement', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const rooms = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
    for (const roomId of rooms) await sendMany(ada, roomId, 3)
    const { receipts } = one.parts
    const marks = rooms.flatMap((roomId) =>
      [1, 3, 2].flatMap((number) =>
        [ada, bob].map((client) => ({ roomId: uuidOf(roomId), userId: uuidOf(client.userId), number, isRead: true })),
      ),
    )
    const statements = await statementsOf(async () => {
      const answers = await Promise.all(marks.map((each) => receipts.mark(each)))
      expect(answers.map((answer) => answer?.member.lastReadNumber)).toEqual(marks.map(() => 3))
    })
    expect(statements, statements.join('\n')).toHaveLength(1)
    expect(await db.member.findUnique({ where: keyOf(rooms[1] ?? '', bob) })).toMatchObject({ lastReadNumber: 3 })
  })

  test('marks wait for no lock of the room, and those that are held up hold up no other', async ({
    one,
    databaseUrl,
  }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 1)
    const other = await makeRoom(bob, [ada])
    await sendMany(bob, other, 2)
    const blocker = await connect(databaseUrl)
    try {
      await blocker.query('begin')
      await blocker.query('select from topics where id = $1 for update', [uuidOf(roomId)])
      expect(await mark(bob, roomId, 'markRead', 1)).toMatchObject({ lastReadNumber: 1 })
      await blocker.query('select from members where room_id = $1 for update', [uuidOf(other)])
      const held: Promise<unknown>[] = []
      let done = 0
      const hold = (number: number) => {
        const marked = one.parts.receipts.mark({
          ...{ roomId: uuidOf(other), userId: uuidOf(ada.userId) },
          ...{ number, isRead: true },
        })
        held.push(marked.finally(() => done++))
      }
      hold(1)
      // this one comes while the other is held up
      await blocker.query('select')
      expect(await mark(ada, roomId, 'markDelivered', 1)).toMatchObject({ lastDeliveredNumber: 1 })
      hold(2)
      expect(await mark(ada, roomId, 'markRead', 1)).toMatchObject({ lastReadNumber: 1 })
      expect(done).toBe(0)
      await blocker.query('commit')
      expect(await Promise.all(held)).toMatchObject([
        { member: { lastReadNumber: expect.toBeOneOf([1, 2]) } },
        { member: { lastReadNumber: 2 } },
      ])
    } finally {
      await blocker.end()
    }
  })

  test('a mark that is held up for too long is given up', async ({ one, start, databaseUrl }) => {
    const hasty = await start({ feed: { statementTimeoutMs: 1_500 } })
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await sendMany(ada, roomId, 1)
    const blocker = await connect(databaseUrl)
    try {
      await blocker.query('begin')
      await blocker.query('select from members where room_id = $1 for update', [uuidOf(roomId)])
      const tries = await recordStatements(async () => {
        const { errors } = await bob.at(hasty).attempt(markRead, { roomId, number: 1 })
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterMs: 1_000 })
      })
      // every 5 to 15 ms it would be tried a hundred times
      expect(tries.filter(({ text }) => text.includes('moveMarks')).length).toBeLessThan(30)
      await blocker.query('rollback')
      expect(await mark(bob, roomId, 'markRead', 1)).toMatchObject({ lastReadNumber: 1 })
    } finally {
      await blocker.end()
    }
  })

  test('a server takes so many marks and refuses one more', async ({ start }) => {
    const small = await start({ feed: { queuedSendsMax: 2 } })
    const ada = await guest(small)
    const roomId = await makeRoom(ada)
    const each = { roomId: uuidOf(roomId), userId: uuidOf(ada.userId), number: 0, isRead: true }
    const [first, second, third] = await Promise.allSettled([1, 2, 3].map(() => small.parts.receipts.mark(each)))
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: 1_000 } })
  })
})
