import pg from 'pg'
import { describe, expect } from 'vitest'
import type { Db } from '../src/database/client.ts'
import { splitId } from '../src/graphql/ids.ts'
import { type Client, guest, join, makeRoom, send } from './setup/client.ts'
import { test as base } from './setup/server.ts'

const test = base.extend('db', { scope: 'file' }, async ({ one }) => one.parts.db)

const joinRoom = `mutation ($input: JoinRoomInput!) {
  joinRoom(input: $input) { membership { role unreadCount lastReadNumber user { id } } room { id memberCount } }
}`
const leaveRoom = 'mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }'
const addMembers = `mutation ($roomId: ID!, $userIds: [ID!]!) {
  addMembers(input: { roomId: $roomId, userIds: $userIds }) { memberships { role user { id } } room { memberCount } }
}`
const removeMember = `mutation ($roomId: ID!, $userId: ID!) {
  removeMember(input: { roomId: $roomId, userId: $userId }) { room { memberCount } user { id } }
}`
const unknown = { room: 'room_01h455vb4pex5vsknk084sn02q', user: 'user_01h455vb4pex5vsknk084sn02q' }

function uuidOf(id: string): string {
  const parsed = splitId(id)
  if (!parsed) throw new Error(`${id} is not an id`)
  return parsed.uuid
}

const keyOf = (roomId: string, { userId }: Client) => ({
  roomId_userId: { roomId: uuidOf(roomId), userId: uuidOf(userId) },
})

async function make(owner: Client, input: Record<string, unknown>): Promise<{ id: string; code: string }> {
  const data = await owner.call<{ createRoom: { room: { id: string; code: string } } }>(
    'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { room { id code } } }',
    { input: { name: 'Lobby', ...input } },
  )
  return data.createRoom.room
}

async function openDirect(client: Client, { userId }: Client): Promise<string> {
  const data = await client.call<{ openDirectRoom: { room: { id: string } } }>(
    'mutation ($userId: ID!) { openDirectRoom(input: { userId: $userId }) { room { id } } }',
    { userId },
  )
  return data.openDirectRoom.room.id
}

/** The events of a topic, as `KIND subject`. */
async function eventsOf(db: Db, id: string): Promise<string[]> {
  const events = await db.event.findMany({ where: { topicId: uuidOf(id) }, orderBy: { seq: 'asc' } })
  return events.map(({ kind, subject }) => `${kind} ${subject}`)
}

/** What a room says of its members, and what its rows say. */
async function countsOf(db: Db, roomId: string): Promise<{ memberCount: number; rows: number }> {
  const id = uuidOf(roomId)
  const { memberCount } = await db.room.findUniqueOrThrow({ where: { id } })
  return { memberCount, rows: await db.member.count({ where: { roomId: id } }) }
}

const setRole = (db: Db, roomId: string, client: Client, role: 'ADMIN' | 'MEMBER') =>
  db.member.update({ where: keyOf(roomId, client), data: { role } })

const ban = (db: Db, roomId: string, client: Client, expiresAt: Date | null = null) =>
  db.ban.create({
    data: { roomId: uuidOf(roomId), userId: uuidOf(client.userId), createdAt: new Date(0), expiresAt },
  })

const guests = (server: { url: string }, count: number) =>
  Promise.all(Array.from({ length: count }, () => guest(server)))

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
    const holder = new pg.Client(databaseUrl)
    await holder.connect()
    try {
      await holder.query('begin')
      await holder.query('select from topics where id = $1 for no key update', [uuidOf(id)])
      const joining = bob.fail(joinRoom, { input: { roomId: id, password: 'open sesame' } })
      const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
      await expect.poll(async () => (await holder.query(waiting)).rowCount, { interval: 5 }).toBe(1)
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
    await db.invite.create({ data: { roomId: room, createdById, code, createdAt: new Date(0), ...data } })
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

describe('leaveRoom', () => {
  test('who leaves is out, and may come back', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const id = await makeRoom(ada, [bob])
    expect(await bob.call(leaveRoom, { roomId: id })).toEqual({ leaveRoom: { roomId: id } })
    expect(await bob.fail('query ($id: ID!) { room(id: $id) { members { nodes { role } } } }', { id })).toBe(
      'FORBIDDEN',
    )
    expect(await bob.fail(leaveRoom, { roomId: id })).toBe('FORBIDDEN')
    await join(bob, id)
    const user = uuidOf(bob.userId)
    expect((await eventsOf(db, id)).slice(1)).toEqual([
      `MEMBER_JOINED ${user}`,
      `MEMBER_LEFT ${user}`,
      `MEMBER_JOINED ${user}`,
    ])
    const room = uuidOf(id)
    expect(await eventsOf(db, bob.userId)).toEqual([`ROOM_ADDED ${room}`, `ROOM_REMOVED ${room}`, `ROOM_ADDED ${room}`])
  })

  test('an owner who leaves hands over to the oldest admin, the oldest member, or who comes next', async ({
    one,
    db,
  }) => {
    const [ada, bob, eve, kim] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob, eve, kim])
    await setRole(db, id, eve, 'ADMIN')
    await setRole(db, id, kim, 'ADMIN')
    const owner = 'query ($id: ID!) { room(id: $id) { owner { id } memberCount } }'
    await ada.call(leaveRoom, { roomId: id })
    expect(await bob.call(owner, { id })).toEqual({ room: { owner: { id: eve.userId }, memberCount: 3 } })
    expect((await eventsOf(db, id)).slice(-2)).toEqual([
      `MEMBER_LEFT ${uuidOf(ada.userId)}`,
      `MEMBER_UPDATED ${uuidOf(eve.userId)}`,
    ])
    await setRole(db, id, kim, 'MEMBER')
    await eve.call(leaveRoom, { roomId: id })
    expect(await kim.call(owner, { id })).toEqual({ room: { owner: { id: bob.userId }, memberCount: 2 } })
    await bob.call(leaveRoom, { roomId: id })
    await kim.call(leaveRoom, { roomId: id })
    expect(await ada.call(owner, { id })).toEqual({ room: { owner: null, memberCount: 0 } })
    await join(eve, id)
    await join(kim, id)
    expect(await ada.call(owner, { id })).toEqual({ room: { owner: { id: eve.userId }, memberCount: 2 } })
  })

  test('a direct room cannot be left, joined or added to', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const id = await openDirect(ada, bob)
    expect(await ada.fail(leaveRoom, { roomId: id })).toBe('FORBIDDEN')
    expect(await eve.fail(leaveRoom, { roomId: id })).toBe('NOT_FOUND')
    expect(await eve.fail(joinRoom, { input: { roomId: id } })).toBe('NOT_FOUND')
    expect(await ada.fail(addMembers, { roomId: id, userIds: [eve.userId] })).toBe('FORBIDDEN')
    expect(await ada.fail(removeMember, { roomId: id, userId: bob.userId })).toBe('FORBIDDEN')
    expect(await countsOf(db, id)).toEqual({ memberCount: 2, rows: 2 })
  })

  test('rooms that do not exist, or are not seen, are not left', async ({ one }) => {
    const { id } = await make(await guest(one), { access: 'INVITE' })
    const bob = await guest(one)
    expect(await bob.fail(leaveRoom, { roomId: id })).toBe('NOT_FOUND')
    expect(await bob.fail(leaveRoom, { roomId: unknown.room })).toBe('NOT_FOUND')
    expect(await bob.fail(leaveRoom, { roomId: bob.userId })).toBe('BAD_USER_INPUT')
  })

  test('parallel joins and leaves on two servers keep the number of members and one owner', async ({
    one,
    two,
    db,
  }) => {
    const clients = await guests(one, 8)
    const [ada] = clients
    if (!ada) throw new Error('nobody')
    const id = await makeRoom(ada)
    await Promise.all(
      clients.map(async (client, index) => {
        for (let round = 0; round < 4; round++) {
          const here = client.at((index + round) % 2 ? one : two)
          await join(here, id)
          if (round < 3 || index % 2 === 0) await here.call(leaveRoom, { roomId: id })
        }
      }),
    )
    expect(await countsOf(db, id)).toEqual({ memberCount: 4, rows: 4 })
    expect(await db.member.count({ where: { roomId: uuidOf(id), role: 'OWNER' } })).toBe(1)
    const { head } = await db.topic.findUniqueOrThrow({ where: { id: uuidOf(id) } })
    const events = await eventsOf(db, id)
    expect(events).toHaveLength(Number(head))
    const joined = events.filter((event) => event.startsWith('MEMBER_JOINED')).length
    const left = events.filter((event) => event.startsWith('MEMBER_LEFT')).length
    expect(joined - left).toBe(4)
  })
})

describe('addMembers', () => {
  test('an admin adds users, each once, leaving members as they are', async ({ one, db }) => {
    const [ada, bob, eve, kim] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob])
    await send(ada, id, 'hello')
    await setRole(db, id, bob, 'ADMIN')
    const userIds = [eve.userId, ada.userId, kim.userId, eve.userId]
    expect(await bob.call(addMembers, { roomId: id, userIds })).toEqual({
      addMembers: {
        memberships: [
          { role: 'MEMBER', user: { id: eve.userId } },
          { role: 'OWNER', user: { id: ada.userId } },
          { role: 'MEMBER', user: { id: kim.userId } },
        ],
        room: { memberCount: 4 },
      },
    })
    expect((await eventsOf(db, id)).slice(-2)).toEqual([
      `MEMBER_JOINED ${uuidOf(eve.userId)}`,
      `MEMBER_JOINED ${uuidOf(kim.userId)}`,
    ])
    expect(await eventsOf(db, eve.userId)).toEqual([`ROOM_ADDED ${uuidOf(id)}`])
    expect(await db.member.findUniqueOrThrow({ where: keyOf(id, eve) })).toMatchObject({
      lastReadNumber: 1,
      lastDeliveredNumber: 1,
    })
  })

  test('nothing is half done when one of the users cannot be added', async ({ one, db }) => {
    const ada = await guest(one)
    const [good, banned, blocking, blocked, deleted] = await guests(one, 5)
    if (!good || !banned || !blocking || !blocked || !deleted) throw new Error('nobody')
    const id = await makeRoom(ada)
    await ban(db, id, banned)
    const block = (blocker: Client, other: Client) =>
      db.block.create({ data: { blockerId: uuidOf(blocker.userId), blockedId: uuidOf(other.userId) } })
    await block(blocking, ada)
    await block(ada, blocked)
    await db.user.update({ where: { id: uuidOf(deleted.userId) }, data: { deletedAt: new Date() } })
    const userIds = [good, banned, ada, blocking, blocked, deleted].map(({ userId }) => userId)
    const { errors } = await ada.attempt(addMembers, { roomId: id, userIds: [...userIds, unknown.user] })
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [1, 3, 4, 5, 6].map((index) => ({ path: `userIds.${index}` })),
    })
    expect(await countsOf(db, id)).toEqual({ memberCount: 1, rows: 1 })
    expect(await eventsOf(db, id)).toHaveLength(1)
    expect(await eventsOf(db, good.userId)).toEqual([])
  })

  test('only the owner and admins add, and only to rooms that are in use', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob])
    const hidden = await make(ada, { access: 'INVITE' })
    expect(await bob.fail(addMembers, { roomId: id, userIds: [eve.userId] })).toBe('FORBIDDEN')
    expect(await eve.fail(addMembers, { roomId: id, userIds: [eve.userId] })).toBe('FORBIDDEN')
    expect(await eve.fail(addMembers, { roomId: hidden.id, userIds: [eve.userId] })).toBe('NOT_FOUND')
    await db.room.update({ where: { id: uuidOf(id) }, data: { archivedAt: new Date() } })
    expect(await ada.fail(addMembers, { roomId: id, userIds: [eve.userId] })).toBe('ROOM_ARCHIVED')
  })

  test('1 to 100 users are added at a time, and every id must be one', async ({ one, db }) => {
    const ada = await guest(one)
    const id = await makeRoom(ada)
    const many = await guests(one, 101)
    const userIds = many.map(({ userId }) => userId)
    expect(await ada.fail(addMembers, { roomId: id, userIds })).toBe('BAD_USER_INPUT')
    expect(await ada.fail(addMembers, { roomId: id, userIds: [] })).toBe('BAD_USER_INPUT')
    const { errors } = await ada.attempt(addMembers, { roomId: id, userIds: [ada.userId, id] })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'userIds.1' }] })
    await ada.call(addMembers, { roomId: id, userIds: userIds.slice(0, 100) })
    expect(await countsOf(db, id)).toEqual({ memberCount: 101, rows: 101 })
  })

  test('two admins adding the same users in another order at once add each once', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const id = await makeRoom(ada, [bob])
    await setRole(db, id, bob, 'ADMIN')
    const userIds = (await guests(one, 6)).map(({ userId }) => userId)
    await Promise.all([
      ada.call(addMembers, { roomId: id, userIds }),
      bob.call(addMembers, { roomId: id, userIds: userIds.toReversed() }),
      ...userIds.map((userId) => ada.call(addMembers, { roomId: id, userIds: [userId] })),
    ])
    expect(await countsOf(db, id)).toEqual({ memberCount: 8, rows: 8 })
    expect(await eventsOf(db, id)).toHaveLength(8)
  })
})

describe('removeMember', () => {
  test('members are removed by those above them only', async ({ one, db }) => {
    const [ada, bob, kim, eve] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob, kim, eve])
    await setRole(db, id, bob, 'ADMIN')
    await setRole(db, id, kim, 'ADMIN')
    const remove = (who: Client, { userId }: Client) => who.fail(removeMember, { roomId: id, userId })
    expect(await remove(eve, bob)).toBe('FORBIDDEN')
    expect(await remove(bob, kim)).toBe('FORBIDDEN')
    expect(await remove(bob, ada)).toBe('FORBIDDEN')
    expect(await remove(bob, bob)).toBe('FORBIDDEN')
    expect(await remove(ada, ada)).toBe('FORBIDDEN')
    expect(await bob.call(removeMember, { roomId: id, userId: eve.userId })).toEqual({
      removeMember: { room: { memberCount: 3 }, user: { id: eve.userId } },
    })
    expect(await ada.call(removeMember, { roomId: id, userId: kim.userId })).toMatchObject({
      removeMember: { room: { memberCount: 2 } },
    })
    expect(await remove(ada, eve)).toBe('NOT_FOUND')
    expect((await eventsOf(db, id)).slice(-2)).toEqual([
      `MEMBER_REMOVED ${uuidOf(eve.userId)}`,
      `MEMBER_REMOVED ${uuidOf(kim.userId)}`,
    ])
    expect((await eventsOf(db, eve.userId)).at(-1)).toBe(`ROOM_REMOVED ${uuidOf(id)}`)
  })

  test('unknown rooms, users and ids are told apart from nothing else', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const id = await makeRoom(ada)
    const hidden = await make(bob, { access: 'INVITE' })
    expect(await ada.fail(removeMember, { roomId: id, userId: unknown.user })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: id, userId: bob.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: hidden.id, userId: bob.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: unknown.room, userId: bob.userId })).toBe('NOT_FOUND')
    expect(await ada.fail(removeMember, { roomId: id, userId: 'bob' })).toBe('BAD_USER_INPUT')
  })
})

describe('members', () => {
  const members = `query ($id: ID!, $role: MemberRole, $first: Int, $after: String) {
    room(id: $id) { members(role: $role, first: $first, after: $after) {
      nodes { user { id } role } pageInfo { hasNextPage endCursor }
    } }
  }`
  interface Members {
    room: {
      members: {
        nodes: { user: { id: string }; role: string }[]
        pageInfo: { hasNextPage: boolean; endCursor: string | null }
      }
    }
  }

  test('members are listed in the order in which they joined, page by page', async ({ one, db }) => {
    const [ada, bob, eve, kim] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob, eve, kim])
    // two of the same moment
    const { joinedAt } = await db.member.findUniqueOrThrow({ where: keyOf(id, bob) })
    await db.member.update({ where: keyOf(id, eve), data: { joinedAt } })
    const tied = [bob.userId, eve.userId].toSorted()
    const seen: string[] = []
    let after: string | null = null
    for (;;) {
      const { room }: Members = await kim.call<Members>(members, { id, first: 1, after })
      seen.push(...room.members.nodes.map((node) => node.user.id))
      after = room.members.pageInfo.endCursor
      if (!room.members.pageInfo.hasNextPage) break
    }
    expect(seen).toEqual([ada.userId, ...tied, kim.userId])
    const owners = await bob.call<Members>(members, { id, role: 'OWNER' })
    expect(owners.room.members.nodes).toEqual([{ user: { id: ada.userId }, role: 'OWNER' }])
  })

  test('a cursor of another list and a size out of range are refused', async ({ one }) => {
    const ada = await guest(one)
    const id = await makeRoom(ada)
    const place = (keys: unknown) => Buffer.from(JSON.stringify(keys)).toString('base64url')
    for (const after of ['x', place(['1']), place(['now', 'me']), place([]), place(['2026-01-01T00:00:00Z', 'me'])]) {
      expect(await ada.fail(members, { id, after })).toBe('BAD_USER_INPUT')
    }
    for (const first of [0, 101, -1]) expect(await ada.fail(members, { id, first })).toBe('BAD_USER_INPUT')
  })
})

describe('memberships', () => {
  const memberships = `query ($kind: RoomKind, $first: Int, $after: String) {
    viewer {
      unreadCount
      memberships(kind: $kind, first: $first, after: $after) {
        nodes { room { id eventCursor lastMessage { body author { displayName } } } unreadCount mentionCount role }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`
  interface Memberships {
    viewer: {
      unreadCount: number
      memberships: {
        nodes: {
          room: { id: string; lastMessage: { body: string } | null }
          unreadCount: number
          mentionCount: number
          role: string
        }[]
        pageInfo: { hasNextPage: boolean; endCursor: string | null }
      }
    }
  }

  test('rooms are listed by their newest message, page by page and by kind', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const first = await makeRoom(ada, [bob])
    const second = await makeRoom(ada, [bob])
    const direct = await openDirect(ada, bob)
    await send(ada, second, 'two')
    await send(ada, direct, 'direct')
    await send(ada, first, 'one')
    const ordered = [first, direct, second]
    const seen: string[] = []
    let after: string | null = null
    for (;;) {
      const { viewer }: Memberships = await bob.call<Memberships>(memberships, { first: 1, after })
      seen.push(...viewer.memberships.nodes.map((node) => node.room.id))
      after = viewer.memberships.pageInfo.endCursor
      if (!viewer.memberships.pageInfo.hasNextPage) break
    }
    expect(seen).toEqual(ordered)
    const byKind = async (kind: string) => {
      const { viewer } = await bob.call<Memberships>(memberships, { kind })
      return viewer.memberships.nodes.map((node) => node.room.id)
    }
    expect(await byKind('DIRECT')).toEqual([direct])
    expect(await byKind('GROUP')).toEqual([first, second])
  })

  test('what others sent since is unread, and what one sends oneself is not', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const id = await makeRoom(ada, [bob])
    const other = await makeRoom(ada, [bob])
    const [, mention] = [await send(ada, id, 'one'), await send(ada, id, 'two @bob')]
    await send(ada, other, 'three')
    await db.mention.create({
      data: {
        messageId: uuidOf(mention.id),
        userId: uuidOf(bob.userId),
        roomId: uuidOf(id),
        number: mention.number,
      },
    })
    const { viewer } = await bob.call<Memberships>(memberships)
    expect(viewer.unreadCount).toBe(3)
    expect(viewer.memberships.nodes).toMatchObject([
      { room: { id: other }, unreadCount: 1, mentionCount: 0 },
      { room: { id, lastMessage: { body: 'two @bob' } }, unreadCount: 2, mentionCount: 1 },
    ])
    expect((await ada.call<Memberships>(memberships)).viewer.unreadCount).toBe(0)
    await send(bob, id, 'four')
    const after = await bob.call<Memberships>(memberships)
    expect(after.viewer.unreadCount).toBe(1)
    expect(after.viewer.memberships.nodes[0]).toMatchObject({ room: { id }, unreadCount: 0, mentionCount: 0 })
  })
})
