import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { newUuidIn } from '../../src/database/uuid.ts'
import { type Client, guest, join, makeRoom, send } from '../support/client.ts'
import { isRefusedBehind } from '../support/database.ts'
import {
  addMembers,
  countsOf,
  eventsOf,
  joinRoom,
  keyOf,
  make,
  openDirect,
  setRole,
  test,
  unknown,
  uuidOf,
} from '../support/members.ts'

const banMember = `mutation ($input: BanMemberInput!) {
  banMember(input: $input) { ban { user { id } bannedBy { id } reason expiresAt } room { memberCount } }
}`
const unbanMember = `mutation ($roomId: ID!, $userId: ID!) {
  unbanMember(input: { roomId: $roomId, userId: $userId }) { room { id } user { id } }
}`
const bans = `query ($id: ID!, $first: Int, $after: String) {
  room(id: $id) { bans(first: $first, after: $after) { nodes { user { id } reason } pageInfo { endCursor hasNextPage } } }
}`
interface Bans {
  room: {
    bans: {
      nodes: { user: { id: string }; reason: string | null }[]
      pageInfo: { endCursor: string | null; hasNextPage: boolean }
    }
  }
}

const dayMs = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * dayMs).toISOString()

async function bannedIn(client: Client, id: string): Promise<string[]> {
  const { room } = await client.call<Bans>(bans, { id })
  return room.bans.nodes.map(({ user }) => user.id)
}

describe('banMember', () => {
  test('a banned member is out, hears nothing more, and does not get in again', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    const stream = bob.follow(
      `subscription ($roomId: ID!) {
        roomEvents(roomId: $roomId) { __typename ... on MemberLeft { reason user { id } } }
      }`,
      { roomId },
    )
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
    const input = { roomId, userId: bob.userId, reason: 'spam' }
    expect(await ada.call(banMember, { input })).toEqual({
      banMember: {
        ban: { user: { id: bob.userId }, bannedBy: { id: ada.userId }, reason: 'spam', expiresAt: null },
        room: { memberCount: 1 },
      },
    })
    expect(await stream.nextData()).toEqual({
      roomEvents: { __typename: 'MemberLeft', reason: 'BANNED', user: { id: bob.userId } },
    })
    await stream.ended()
    expect((await eventsOf(db, bob.userId)).at(-1)).toBe(`ROOM_REMOVED ${uuidOf(roomId)}`)
    expect(await bob.fail(joinRoom, { input: { roomId } })).toBe('BANNED')
    expect(await ada.fail(addMembers, { roomId, userIds: [bob.userId] })).toBe('BAD_USER_INPUT')
    expect(await countsOf(db, roomId)).toEqual({ memberCount: 1, rows: 1 })
  })

  test('neither code, password nor invite lets a banned user in, who never was a member', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id: roomId, code } = await make(ada, { access: 'PASSWORD', password: 'open sesame' })
    const invite = randomUUID()
    const room = uuidOf(roomId)
    await db.invite.create({
      data: { id: newUuidIn(room), roomId: room, createdById: uuidOf(ada.userId), code: invite },
    })
    const before = await eventsOf(db, roomId)
    await ada.call(banMember, { input: { roomId, userId: bob.userId } })
    expect(await eventsOf(db, roomId)).toEqual(before)
    for (const input of [{ code, password: 'open sesame' }, { invite }, { roomId }]) {
      expect(await bob.fail(joinRoom, { input })).toBe('BANNED')
    }
  })

  test('one bans those below oneself, and nobody oneself or the owner', async ({ one, db }) => {
    const [ada, bob, kim, eve] = [await guest(one), await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob, kim, eve])
    await setRole(db, roomId, bob, 'ADMIN')
    await setRole(db, roomId, kim, 'ADMIN')
    const ban = (who: Client, { userId }: Client) => who.fail(banMember, { input: { roomId, userId } })
    expect(await ban(eve, bob)).toBe('FORBIDDEN')
    expect(await ban(eve, await guest(one))).toBe('FORBIDDEN')
    expect(await ban(bob, kim)).toBe('FORBIDDEN')
    expect(await ban(bob, ada)).toBe('FORBIDDEN')
    expect(await ban(bob, bob)).toBe('BAD_USER_INPUT')
    expect(await ban(ada, ada)).toBe('BAD_USER_INPUT')
    expect(await countsOf(db, roomId)).toEqual({ memberCount: 4, rows: 4 })
    await bob.call(banMember, { input: { roomId, userId: eve.userId } })
    await ada.call(banMember, { input: { roomId, userId: kim.userId } })
    expect(await bannedIn(bob, roomId)).toEqual([kim.userId, eve.userId])
  })

  test('rooms and users that are not there, not seen, or of the wrong kind', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    const hidden = await make(bob, { access: 'INVITE' })
    const fail = (room: string, userId: string) => ada.fail(banMember, { input: { roomId: room, userId } })
    expect(await fail(hidden.id, bob.userId)).toBe('NOT_FOUND')
    expect(await fail(hidden.id, ada.userId)).toBe('NOT_FOUND')
    expect(await fail(unknown.room, bob.userId)).toBe('NOT_FOUND')
    expect(await fail(roomId, unknown.user)).toBe('NOT_FOUND')
    expect(await fail(roomId, 'bob')).toBe('BAD_USER_INPUT')
    expect(await fail(await openDirect(ada, bob), bob.userId)).toBe('FORBIDDEN')
    expect(await ada.fail(unbanMember, { roomId, userId: bob.userId })).toBe('NOT_FOUND')
    expect(await bob.fail(unbanMember, { roomId, userId: ada.userId })).toBe('FORBIDDEN')
    expect(await ada.fail(unbanMember, { roomId: hidden.id, userId: bob.userId })).toBe('NOT_FOUND')
  })

  test('a reason has at most 500 characters, and a ban ends in 1 ms to 3,650 days', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    const faults = [
      { reason: 'x'.repeat(501) },
      { reason: 'a\0b' },
      { reason: '\ud800' },
      { expiresAt: inDays(0) },
      { expiresAt: inDays(-1) },
      { expiresAt: inDays(3_651) },
      { expiresAt: 'tomorrow' },
    ]
    for (const fault of faults) {
      const input = { roomId, userId: bob.userId, ...fault }
      expect(await ada.fail(banMember, { input }), JSON.stringify(fault)).toBe('BAD_USER_INPUT')
    }
    expect(await bannedIn(ada, roomId)).toEqual([])
    for (const good of [
      { reason: '😀'.repeat(500) },
      { expiresAt: inDays(3_649) },
      { reason: ' \n' },
      { reason: '' },
    ]) {
      await ada.call(banMember, { input: { roomId, userId: bob.userId, ...good } })
    }
    expect(await db.ban.findFirst({ where: { roomId: uuidOf(roomId) } })).toMatchObject({ reason: null })
  })

  test('a ban that has run out binds nobody, and banning again replaces it', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada)
    const expiresAt = inDays(1)
    await ada.call(banMember, { input: { roomId, userId: bob.userId, reason: 'a day', expiresAt } })
    expect(await bob.fail(joinRoom, { input: { roomId } })).toBe('BANNED')
    const past = new Date(Date.now() - 1_000)
    await db.ban.update({ where: keyOf(roomId, bob), data: { createdAt: new Date(0), expiresAt: past } })
    expect(await bannedIn(ada, roomId)).toEqual([])
    expect(await ada.fail(unbanMember, { roomId, userId: bob.userId })).toBe('NOT_FOUND')
    await join(bob, roomId)
    await ada.call(banMember, { input: { roomId, userId: eve.userId } })
    await ada.call(banMember, { input: { roomId, userId: bob.userId, reason: 'for ever' } })
    expect(await bannedIn(ada, roomId)).toEqual([bob.userId, eve.userId])
    expect(await db.ban.findUnique({ where: keyOf(roomId, bob) })).toMatchObject({ expiresAt: null })
    expect(await bob.fail(joinRoom, { input: { roomId } })).toBe('BANNED')
    expect(await ada.call(unbanMember, { roomId, userId: bob.userId })).toEqual({
      unbanMember: { room: { id: roomId }, user: { id: bob.userId } },
    })
    await join(bob, roomId)
  })

  test('bans are listed page by page, the newest first, for admins alone', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const users = await Promise.all([guest(one), guest(one), guest(one)])
    for (const { userId } of users) await ada.call(banMember, { input: { roomId, userId } })
    const seen: string[] = []
    let after: string | null = null
    do {
      const { room }: Bans = await ada.call<Bans>(bans, { id: roomId, first: 1, after })
      seen.push(...room.bans.nodes.map(({ user }) => user.id))
      after = room.bans.pageInfo.hasNextPage ? room.bans.pageInfo.endCursor : null
    } while (after)
    expect(seen).toEqual(users.map(({ userId }) => userId).toReversed())
    expect(await ada.fail(bans, { id: roomId, first: 101 })).toBe('BAD_USER_INPUT')
    expect(await ada.fail(bans, { id: roomId, after: Buffer.from('["x"]').toString('base64url') })).toBe(
      'BAD_USER_INPUT',
    )
    expect(await bob.fail(bans, { id: roomId })).toBe('FORBIDDEN')
    expect(await (await guest(one)).fail(bans, { id: roomId })).toBe('FORBIDDEN')
    await setRole(db, roomId, bob, 'ADMIN')
    expect(await bannedIn(bob, roomId)).toHaveLength(3)
  })
})

describe('at the same moment', () => {
  test('no message of a banned member is stored after the ban', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    for (let round = 0; round < 3; round++) {
      const roomId = await makeRoom(ada, [bob])
      const sends = Array.from({ length: 40 }, (_, index) =>
        send(bob.at(index % 2 ? one : two), roomId, `message ${index}`).then(
          () => 'sent',
          () => 'refused',
        ),
      )
      // in the midst of them, not after
      await Promise.race(sends)
      await ada.call(banMember, { input: { roomId, userId: bob.userId } })
      const sent = (await Promise.all(sends)).filter((answer) => answer === 'sent').length
      const kinds = (await eventsOf(db, roomId)).map((event) => event.split(' ')[0])
      expect(kinds.at(-1)).toBe('MEMBER_BANNED')
      expect(kinds.filter((kind) => kind === 'MESSAGE_SENT')).toHaveLength(sent)
    }
  })

  test('a send that waits behind a ban is refused', async ({ one, two, databaseUrl, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    const refused = await isRefusedBehind(databaseUrl, uuidOf(roomId), {
      change: () => ada.call(banMember, { input: { roomId, userId: bob.userId } }),
      send: () => send(bob, roomId, 'too late'),
    })
    expect(refused).toBe(true)
    expect((await eventsOf(db, roomId)).at(-1)).toBe(`MEMBER_BANNED ${uuidOf(bob.userId)}`)
  })

  test('of bans and joins on two servers either the user is banned or a member, never both', async ({
    one,
    two,
    db,
  }) => {
    const [ada, bob, kim] = [await guest(one), await guest(two), await guest(two)]
    const roomId = await makeRoom(ada, [kim])
    await setRole(db, roomId, kim, 'ADMIN')
    for (let round = 0; round < 6; round++) {
      const input = { roomId, userId: bob.userId }
      await Promise.all([
        ada.call(banMember, { input }),
        kim.call(banMember, { input }),
        bob.attempt(joinRoom, { input: { roomId } }),
        bob.at(one).attempt(joinRoom, { input: { roomId } }),
      ])
      expect(await countsOf(db, roomId)).toEqual({ memberCount: 2, rows: 2 })
      expect(await db.ban.count({ where: { roomId: uuidOf(roomId) } })).toBe(1)
      await ada.call(unbanMember, input)
    }
  })
})
