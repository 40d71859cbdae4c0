import { describe, expect } from 'vitest'
import type { Db } from '../../src/database/client.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { type Client, guest, join, send } from '../support/client.ts'
import { connect, countWaiting } from '../support/database.ts'
import {
  addMembers,
  ban,
  countsOf,
  eventsOf,
  guests,
  joinRoom,
  make,
  test,
  unknown,
  uuidOf,
} from '../support/members.ts'

describe('joinRoom', () => {
  test('an open room is joined by its id and by its code', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const { id, code } = await make(ada, {})
    for (const text of ['one', 'two', 'three']) await send(ada, id, text)
    expect(await bob.call(joinRoom, { input: { roomId: id } })).toEqual({
      joinRoom: {
        membership: { role: 'MEMBER', unreadCount: 0, lastReadNumber: 3, user: { id: bob.userId } },
        room: { id, memberCount: 2 },
      },
    })
    const eve = await guest(two)
    expect(await eve.call(joinRoom, { input: { code: code.toLowerCase() } })).toMatchObject({
      joinRoom: { room: { id, memberCount: 3 } },
    })
    const joined = [ada, bob, eve].map(({ userId }) => `MEMBER_JOINED ${uuidOf(userId)}`)
    expect((await eventsOf(db, id)).filter((event) => event.startsWith('MEMBER'))).toEqual(joined)
    expect(await eventsOf(db, bob.userId)).toEqual([`ROOM_ADDED ${uuidOf(id)}`])
  })

  test('joining again changes nothing and needs no password', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id, code } = await make(ada, { access: 'PASSWORD', password: 'open sesame' })
    await bob.call(joinRoom, { input: { roomId: id, password: 'open sesame' } })
    const before = await eventsOf(db, id)
    for (const input of [{ roomId: id }, { code }, { roomId: id, password: 'wrong' }]) {
      expect(await bob.call(joinRoom, { input })).toMatchObject({ joinRoom: { room: { memberCount: 2 } } })
    }
    expect(await ada.call(joinRoom, { input: { roomId: id } })).toMatchObject({
      joinRoom: { membership: { role: 'OWNER' } },
    })
    expect(await eventsOf(db, id)).toEqual(before)
  })

  test('one user joining many times at once is one member', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id } = await make(ada, {})
    await Promise.all(Array.from({ length: 10 }, (_, index) => join(bob.at(index % 2 ? one : two), id)))
    expect(await countsOf(db, id)).toEqual({ memberCount: 2, rows: 2 })
    expect(await eventsOf(db, bob.userId)).toHaveLength(1)
  })

  test('a room with a password opens to the right one only', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id, code } = await make(ada, { access: 'PASSWORD', password: 'open sesame' })
    expect(await bob.fail(joinRoom, { input: { roomId: id } })).toBe('WRONG_ROOM_PASSWORD')
    expect(await bob.fail(joinRoom, { input: { code, password: 'Open sesame' } })).toBe('WRONG_ROOM_PASSWORD')
    expect(await bob.call(joinRoom, { input: { code, password: 'open sesame' } })).toMatchObject({
      joinRoom: { room: { id } },
    })
  })

  test('a password that is changed while it is checked does not let in', async ({ one, db, databaseUrl }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id } = await make(ada, { access: 'PASSWORD', password: 'open sesame' })
    const holder = await connect(databaseUrl)
    try {
      await holder.query('begin')
      await holder.query('select from topics where id = $1 for no key update', [uuidOf(id)])
      const joining = bob.fail(joinRoom, { input: { roomId: id, password: 'open sesame' } })
      await expect.poll(() => countWaiting(one.database.pool)).toBe(1)
      await holder.query('update rooms set password_hash = $2 where id = $1', [uuidOf(id), 'another'])
      await holder.query('commit')
      expect(await joining).toBe('WRONG_ROOM_PASSWORD')
    } finally {
      await holder.end()
    }
    expect(await countsOf(db, id)).toEqual({ memberCount: 1, rows: 1 })
  })

  test('a room that only invites lead to is not joined by id or code', async ({ one }) => {
    const { id, code } = await make(await guest(one), { access: 'INVITE' })
    const bob = await guest(one)
    for (const input of [{ roomId: id }, { code }, { roomId: unknown.room }, { code: 'ABCDEFGH' }]) {
      expect(await bob.fail(joinRoom, { input })).toBe('NOT_FOUND')
    }
  })

  test('what names no room or two is refused', async ({ one }) => {
    const ada = await guest(one)
    const { id, code } = await make(ada, {})
    for (const input of [
      {},
      { roomId: id, code },
      { roomId: 'lobby' },
      { roomId: ada.userId },
      { code: 'lobby' },
      { invite: 'x'.repeat(65) },
    ]) {
      expect(await ada.fail(joinRoom, { input })).toBe('BAD_USER_INPUT')
    }
  })

  test('a banned user may not join until the ban ends', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const { id } = await make(ada, {})
    await ban(db, id, bob)
    await ban(db, id, eve, new Date(Date.now() - 1_000))
    expect(await bob.fail(joinRoom, { input: { roomId: id } })).toBe('BANNED')
    await join(eve, id)
  })

  test('an archived room takes nobody in', async ({ one, db }) => {
    const { id } = await make(await guest(one), {})
    await db.room.update({ where: { id: uuidOf(id) }, data: { archivedAt: new Date() } })
    expect(await (await guest(one)).fail(joinRoom, { input: { roomId: id } })).toBe('ROOM_ARCHIVED')
  })

  test('a room takes no more members than the limit', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const { id } = await make(ada, {})
    await db.room.update({ where: { id: uuidOf(id) }, data: { memberCount: 99_999 } })
    expect(await ada.fail(addMembers, { roomId: id, userIds: [bob.userId, eve.userId] })).toBe('ROOM_FULL')
    await join(bob, id)
    expect(await eve.fail(joinRoom, { input: { roomId: id } })).toBe('ROOM_FULL')
    expect(await eve.fail('query ($id: ID!) { room(id: $id) { members { nodes { role } } } }', { id })).toBe(
      'FORBIDDEN',
    )
  })
})

describe('invites', () => {
  const past = new Date('2020-01-01T00:00:00Z')

  async function invite(db: Db, roomId: string, owner: Client, data: Record<string, unknown> = {}): Promise<string> {
    const code = crypto.randomUUID()
    const [room, createdById] = [uuidOf(roomId), uuidOf(owner.userId)]
    const id = newUuidIn(room)
    await db.invite.create({ data: { id, roomId: room, createdById, code, createdAt: new Date(0), ...data } })
    return code
  }

  test('an invite opens any room, alone or with its id or code', async ({ one, db }) => {
    const ada = await guest(one)
    for (const input of [{ access: 'INVITE' }, { access: 'PASSWORD', password: 'open sesame' }, { access: 'OPEN' }]) {
      const { id, code } = await make(ada, input)
      const key = await invite(db, id, ada)
      for (const place of [{}, { roomId: id }, { code }]) {
        const client = await guest(one)
        expect(await client.call(joinRoom, { input: { ...place, invite: key } })).toMatchObject({
          joinRoom: { room: { id } },
        })
      }
      expect(await db.invite.findUniqueOrThrow({ where: { code: key } })).toMatchObject({ uses: 3 })
    }
  })

  test('an invite that is unknown, over, revoked, used up or of another room lets nobody in', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id } = await make(ada, { access: 'INVITE' })
    const other = await make(ada, { access: 'OPEN' })
    const inputs = [
      { invite: 'nothing' },
      { invite: 'x'.repeat(64) },
      { invite: await invite(db, id, ada, { expiresAt: past }) },
      { invite: await invite(db, id, ada, { revokedAt: past }) },
      { invite: await invite(db, id, ada, { usesMax: 2, uses: 2 }) },
      { invite: await invite(db, id, ada), roomId: other.id },
      { invite: await invite(db, id, ada), code: other.code },
    ]
    for (const input of inputs) expect(await bob.fail(joinRoom, { input })).toBe('INVITE_INVALID')
    expect(await countsOf(db, id)).toEqual({ memberCount: 1, rows: 1 })
  })

  test('the last use of an invite goes to one of many, and costs nothing who is refused', async ({ one, two, db }) => {
    const [ada, banned] = [await guest(one), await guest(one)]
    const { id } = await make(ada, { access: 'INVITE' })
    const key = await invite(db, id, ada, { usesMax: 1 })
    await ban(db, id, banned)
    expect(await banned.fail(joinRoom, { input: { invite: key } })).toBe('BANNED')
    const clients = await guests(one, 6)
    const answers = await Promise.all(
      clients.map((client, index) => client.at(index % 2 ? one : two).attempt(joinRoom, { input: { invite: key } })),
    )
    const refused = answers.filter(({ errors }) => errors?.[0]?.extensions.code === 'INVITE_INVALID')
    expect(refused).toHaveLength(5)
    const winner = clients[answers.findIndex(({ errors }) => !errors)]
    // a retry of who is in needs no use
    expect(await winner?.call(joinRoom, { input: { invite: key } })).toMatchObject({
      joinRoom: { room: { memberCount: 2 } },
    })
  })
})
