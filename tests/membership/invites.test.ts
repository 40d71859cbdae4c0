import { describe, expect } from 'vitest'
import { newUuidIn } from '../../src/database/uuid.ts'
import { type Client, guest, makeRoom, post } from '../support/client.ts'
import { countsOf, guests, joinRoom, make, openDirect, setRole, test, unknown, uuidOf } from '../support/members.ts'

const fields = 'id code room { id } createdBy { id } createdAt expiresAt usesMax uses revokedAt'
const createInvite = `mutation ($input: CreateInviteInput!) { createInvite(input: $input) { invite { ${fields} } } }`
const revokeInvite = `mutation ($inviteId: ID!) { revokeInvite(input: { inviteId: $inviteId }) { invite { ${fields} } } }`
const invites = `query ($id: ID!, $first: Int, $after: String) {
  room(id: $id) { invites(first: $first, after: $after) {
    nodes { id uses revokedAt } pageInfo { endCursor hasNextPage }
  } }
}`
const preview = `query ($code: String!) {
  invite(code: $code) { roomId name description memberCount expiresAt createdBy { id } }
}`

interface Invite {
  id: string
  code: string
  uses: number
  revokedAt: string | null
}

async function invite(client: Client, input: Record<string, unknown>): Promise<Invite> {
  const { createInvite: made } = await client.call<{ createInvite: { invite: Invite } }>(createInvite, { input })
  return made.invite
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

const hiddenRoom = async (owner: Client) => (await make(owner, { access: 'INVITE', description: 'A den' })).id

describe('createInvite', () => {
  test('an invite has a code that opens the room, and says what it allows', async ({ one, two }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await hiddenRoom(ada)
    const expiresAt = inDays(1)
    const made = await invite(ada, { roomId, expiresAt, usesMax: 2 })
    expect(made).toEqual({
      id: expect.stringMatching(/^invite_/),
      code: expect.stringMatching(/^[A-Za-z0-9_-]{24}$/),
      room: { id: roomId },
      createdBy: { id: ada.userId },
      createdAt: expect.any(String),
      expiresAt,
      usesMax: 2,
      uses: 0,
      revokedAt: null,
    })
    await bob.call(joinRoom, { input: { invite: made.code } })
    expect(await invite(ada, { roomId })).toMatchObject({ expiresAt: null, usesMax: null })
    const { room } = await ada.call<{ room: { invites: { nodes: Invite[] } } }>(invites, { id: roomId })
    expect(room.invites.nodes[1]).toEqual({ id: made.id, uses: 1, revokedAt: null })
  })

  test('only admins and the owner of a group that is in use invite', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const fail = (who: Client, room: string) => who.fail(createInvite, { input: { roomId: room } })
    expect(await fail(bob, roomId)).toBe('FORBIDDEN')
    expect(await fail(eve, roomId)).toBe('FORBIDDEN')
    expect(await fail(eve, await hiddenRoom(ada))).toBe('NOT_FOUND')
    expect(await fail(eve, unknown.room)).toBe('NOT_FOUND')
    expect(await fail(eve, eve.userId)).toBe('BAD_USER_INPUT')
    expect(await fail(ada, await openDirect(ada, bob))).toBe('FORBIDDEN')
    await setRole(db, roomId, bob, 'ADMIN')
    const { id: inviteId } = await invite(bob, { roomId })
    await db.room.update({ where: { id: uuidOf(roomId) }, data: { archivedAt: new Date() } })
    expect(await fail(ada, roomId)).toBe('ROOM_ARCHIVED')
    // what there is can still be ended
    expect(await ada.call(revokeInvite, { inviteId })).toMatchObject({
      revokeInvite: { invite: { revokedAt: expect.any(String) } },
    })
  })

  test('an invite is for 1 to 1,000 uses and ends in 1 ms to 3,650 days', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const faults = [{ usesMax: 0 }, { usesMax: -1 }, { usesMax: 1_001 }, { usesMax: 2 ** 31 - 1 }, { usesMax: 1.5 }]
    const times = [inDays(0), inDays(-1), inDays(3_651), 'soon'].map((expiresAt) => ({ expiresAt }))
    for (const fault of [...faults, ...times]) {
      expect(await ada.fail(createInvite, { input: { roomId, ...fault } }), JSON.stringify(fault)).toBe(
        'BAD_USER_INPUT',
      )
    }
    for (const good of [{ usesMax: 1 }, { usesMax: 1_000 }, { expiresAt: inDays(3_649) }]) {
      await invite(ada, { roomId, ...good })
    }
  })

  test('a room has at most 100 live invites, also when two servers make the last', async ({ one, two, db }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const [room, createdById] = [uuidOf(roomId), uuidOf(ada.userId)]
    const past = { createdAt: new Date(0), expiresAt: new Date(1) }
    const dead = [past, { revokedAt: new Date() }, { usesMax: 1, uses: 1 }]
    const rows = [...Array.from({ length: 99 }, () => ({})), ...dead]
    await db.invite.createMany({
      data: rows.map((row, index) => ({
        ...{ id: newUuidIn(room), roomId: room, createdById, code: `${roomId} ${index}` },
        ...row,
      })),
    })
    const attempts = [0, 1, 2, 3].map((index) =>
      ada.at(index % 2 ? one : two).attempt(createInvite, { input: { roomId } }),
    )
    const codes = (await Promise.all(attempts)).map(({ errors }) => errors?.[0]?.extensions.code)
    expect(codes.filter((code) => code === 'CONFLICT')).toHaveLength(3)
    expect(codes.filter((code) => code === undefined)).toHaveLength(1)
    const { id } = await db.invite.findFirstOrThrow({ where: { roomId: room, revokedAt: null, usesMax: null } })
    await db.invite.update({ where: { id }, data: { revokedAt: new Date() } })
    await invite(ada, { roomId })
  })
})

describe('an invite', () => {
  test('that was revoked opens nothing, and is revoked once', async ({ one, two }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(two)]
    const roomId = await hiddenRoom(ada)
    const { id: inviteId, code } = await invite(ada, { roomId })
    await bob.call(joinRoom, { input: { invite: code } })
    // who may not see it is told what one is told of an invite that never was
    for (const who of [bob, eve]) expect(await who.fail(revokeInvite, { inviteId })).toBe('NOT_FOUND')
    expect(await ada.fail(revokeInvite, { inviteId: inviteId.replace(/.{4}$/, '0000') })).toBe('NOT_FOUND')
    expect(await ada.fail(revokeInvite, { inviteId: roomId })).toBe('BAD_USER_INPUT')
    const first = await ada.call(revokeInvite, { inviteId })
    expect(first).toMatchObject({ revokeInvite: { invite: { id: inviteId, uses: 1, revokedAt: expect.any(String) } } })
    expect(await ada.call(revokeInvite, { inviteId })).toEqual(first)
    expect(await eve.fail(joinRoom, { input: { invite: code } })).toBe('INVITE_INVALID')
  })

  /** A change of the admin who made it, and whether it still admits users. */
  const ends: Record<string, [mutation: string, isOpen: boolean]> = {
    'was banned': ['banMember(input: { roomId: $roomId, userId: $userId }) { room { id } }', false],
    'was removed': ['removeMember(input: { roomId: $roomId, userId: $userId }) { room { id } }', false],
    'has left': ['leaveRoom(input: { roomId: $roomId }) { roomId }', true],
    'has left and was banned then': ['leaveRoom(input: { roomId: $roomId }) { roomId }', false],
    'has deleted the account': ['deleteAccount(input: {}) { user { id } }', false],
  }
  test.for(Object.entries(ends))(
    'of an admin who %s is open or not',
    async ([how, [mutation, isOpen]], { one, db }) => {
      const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
      const roomId = await hiddenRoom(ada)
      await bob.call(joinRoom, { input: { invite: (await invite(ada, { roomId })).code } })
      await setRole(db, roomId, bob, 'ADMIN')
      const { code } = await invite(bob, { roomId })
      const by = mutation.includes('$userId') ? ada : bob
      const parameters = ['$roomId: ID!', '$userId: ID!'].filter((name) => mutation.includes(name.split(':')[0] ?? ''))
      await by.call(`mutation ${parameters.length > 0 ? `(${parameters.join(', ')})` : ''} { ${mutation} }`, {
        ...{ roomId, userId: bob.userId },
      })
      if (how.endsWith('banned then')) {
        const ban = ends['was banned']?.[0]
        await ada.call(`mutation ($roomId: ID!, $userId: ID!) { ${ban} }`, { roomId, userId: bob.userId })
      }
      const { errors } = await eve.attempt(joinRoom, { input: { invite: code } })
      expect(errors?.[0]?.extensions.code).toBe(isOpen ? undefined : 'INVITE_INVALID')
    },
  )

  test('leads into no room that is archived, and tells the banned that they are', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await hiddenRoom(ada)
    const { code, id } = await invite(ada, { roomId, usesMax: 1 })
    await ada.call(
      'mutation ($roomId: ID!, $userId: ID!) { banMember(input: { roomId: $roomId, userId: $userId }) { room { id } } }',
      { roomId, userId: bob.userId },
    )
    expect(await bob.fail(joinRoom, { input: { invite: code } })).toBe('BANNED')
    const archive = (archivedAt: Date | null) => db.room.update({ where: { id: uuidOf(roomId) }, data: { archivedAt } })
    await archive(new Date())
    expect(await eve.fail(joinRoom, { input: { invite: code } })).toBe('ROOM_ARCHIVED')
    await archive(null)
    expect(await db.invite.findUnique({ where: { id: uuidOf(id) } })).toMatchObject({ uses: 0 })
    await eve.call(joinRoom, { input: { invite: code } })
  })

  test('lets in as many as it says, of many at once on two servers', async ({ one, two, db }) => {
    const ada = await guest(one)
    const roomId = await hiddenRoom(ada)
    const { code, id } = await invite(ada, { roomId, usesMax: 3 })
    const clients = await guests(one, 8)
    // everybody twice, because a retry takes no second use
    const answers = await Promise.all(
      [...clients, ...clients].map((client, index) =>
        client.at(index % 2 ? one : two).attempt(joinRoom, { input: { invite: code } }),
      ),
    )
    const codes = new Set(answers.map(({ errors }) => errors?.[0]?.extensions.code))
    expect(codes).toEqual(new Set([undefined, 'INVITE_INVALID']))
    expect(await countsOf(db, roomId)).toEqual({ memberCount: 4, rows: 4 })
    expect(await db.invite.findUnique({ where: { id: uuidOf(id) } })).toMatchObject({ uses: 3 })
  })

  test('is looked at by anybody who has its code, before they enter', async ({ one, db }) => {
    const ada = await guest(one)
    const roomId = await hiddenRoom(ada)
    const { code, id } = await invite(ada, { roomId, usesMax: 1 })
    const seen = {
      invite: {
        roomId,
        name: 'Lobby',
        description: 'A den',
        memberCount: 1,
        expiresAt: null,
        createdBy: { id: ada.userId },
      },
    }
    expect(await (await guest(one)).call(preview, { code })).toEqual(seen)
    expect((await post(one, { query: preview, variables: { code } })).data).toEqual(seen)
    const fail = async (given: string) =>
      (await post(one, { query: preview, variables: { code: given } })).errors?.map(({ message, extensions }) => ({
        message,
        extensions,
      }))
    const never = await fail('nothing')
    expect(never).toMatchObject([{ extensions: { code: 'INVITE_INVALID' } }])
    for (const given of ['', 'x'.repeat(65), 'a\0b', '\ud800', `${code} `, code.toLowerCase()]) {
      expect(await fail(given), given).toEqual(never)
    }
    const where = { id: uuidOf(id) }
    const ends = [{ revokedAt: new Date() }, { uses: 1 }, { createdAt: new Date(0), expiresAt: new Date(1) }]
    for (const data of ends) {
      await db.invite.update({ where, data })
      expect(await fail(code)).toEqual(never)
      await db.invite.update({ where, data: { revokedAt: null, uses: 0, expiresAt: null } })
    }
    await db.room.update({ where: { id: uuidOf(roomId) }, data: { deletedAt: new Date() } })
    expect(await fail(code)).toEqual(never)
  })

  test('is listed for admins, the newest first, page by page', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const made = [await invite(ada, { roomId }), await invite(ada, { roomId }), await invite(ada, { roomId })]
    const seen: string[] = []
    let after: string | null = null
    do {
      interface Page {
        room: { invites: { nodes: Invite[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } } }
      }
      const { room }: Page = await ada.call<Page>(invites, { id: roomId, first: 2, after })
      seen.push(...room.invites.nodes.map((node) => node.id))
      after = room.invites.pageInfo.hasNextPage ? room.invites.pageInfo.endCursor : null
    } while (after)
    expect(seen).toEqual(made.map(({ id }) => id).toReversed())
    expect(await bob.fail(invites, { id: roomId })).toBe('FORBIDDEN')
    expect(await (await guest(one)).fail(invites, { id: roomId })).toBe('FORBIDDEN')
    const cursor = Buffer.from('["2026-01-01T00:00:00Z"]').toString('base64url')
    expect(await ada.fail(invites, { id: roomId, after: cursor })).toBe('BAD_USER_INPUT')
    await setRole(db, roomId, bob, 'ADMIN')
    await bob.call(invites, { id: roomId })
  })
})
