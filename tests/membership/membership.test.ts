import { describe, expect } from 'vitest'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import {
  addMembers,
  ban,
  countsOf,
  eventsOf,
  guests,
  keyOf,
  make,
  openDirect,
  setRole,
  test,
  unknown,
  uuidOf,
} from '../support/members.ts'

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
    for (const first of [101, -1]) expect(await ada.fail(members, { id, first })).toBe('BAD_USER_INPUT')
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
