import { describe, expect } from 'vitest'
import { type Client, guest, makeRoom, post, send } from '../support/client.ts'
import { connect, countWaiting } from '../support/database.ts'
import { block } from '../support/friends.ts'
import { ban, keyOf, make, openDirect, setRole, test, uuidOf } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'

const actions = [
  'see',
  'read',
  'listMembers',
  'join',
  'joinByInvite',
  'leave',
  'send',
  'type',
  'mentionEveryone',
  'react',
  'editOwn',
  'deleteOwn',
  'report',
  'markRead',
  'setNotifications',
  'moderateMessages',
  'pin',
  'invite',
  'manageInvites',
  'addMembers',
  'removeMembers',
  'ban',
  'mute',
  'manageRoles',
  'manageRoom',
  'deleteRoom',
  'seeVisits',
] as const
type Action = (typeof actions)[number]
interface Permission {
  isAllowed: boolean
  code: string | null
  retryAfterMs: number | null
}
const fields = actions.map((action) => `${action} { isAllowed code retryAfterMs }`).join(' ')
const viewerCan = `query ($id: ID!) { room(id: $id) { viewerCan { ${fields} } } }`

async function permissions(client: Client, id: string): Promise<Record<Action, Permission>> {
  const { room } = await client.call<{ room: { viewerCan: Record<Action, Permission> } }>(viewerCan, { id })
  return room.viewerCan
}

/** The actions that are allowed, and for the others the code. */
async function verdicts(client: Client, id: string): Promise<Record<Action, string>> {
  const can = await permissions(client, id)
  const entries = actions.map((action) => [action, can[action].isAllowed ? 'yes' : (can[action].code ?? 'no code')])
  return Object.fromEntries(entries) as Record<Action, string>
}

/** Permissions of every member of an open room. */
const ofMembers = {
  ...{ see: 'yes', read: 'yes', listMembers: 'yes', markRead: 'yes', setNotifications: 'yes', report: 'yes' },
  ...{ send: 'yes', type: 'yes', react: 'yes', editOwn: 'yes', deleteOwn: 'yes' },
}

const every = (verdict: string) =>
  Object.fromEntries(actions.map((action) => [action, verdict])) as Record<Action, string>

describe('viewerCan', () => {
  test('the owner may do everything, an admin all but what is the owner’s, a member a few things', async ({
    one,
    db,
  }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob, eve])
    await setRole(db, id, bob, 'ADMIN')
    expect(await verdicts(ada, id)).toEqual(every('yes'))
    expect(await verdicts(bob, id)).toEqual({ ...every('yes'), manageRoles: 'FORBIDDEN', deleteRoom: 'FORBIDDEN' })
    expect(await verdicts(eve, id)).toEqual({
      ...every('FORBIDDEN'),
      ...ofMembers,
      join: 'yes',
      joinByInvite: 'yes',
      leave: 'yes',
    })
  })

  test('others may join an open room and nothing else, unless they are banned', async ({ one, db }) => {
    const [ada, eve] = [await guest(one), await guest(one)]
    const id = await makeRoom(ada)
    expect(await verdicts(eve, id)).toEqual({
      ...every('FORBIDDEN'),
      ...{ see: 'yes', join: 'yes', joinByInvite: 'yes', deleteOwn: 'yes' },
    })
    await ban(db, id, eve)
    expect(await verdicts(eve, id)).toEqual({
      ...every('FORBIDDEN'),
      see: 'yes',
      deleteOwn: 'yes',
      join: 'BANNED',
      joinByInvite: 'BANNED',
    })
  })

  test('what is refused says who may, or why nobody may', async ({ one }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob])
    const direct = await openDirect(ada, bob)
    const why = async (client: Client, mutation: string) =>
      (await client.attempt(`mutation { ${mutation} { __typename } }`)).errors?.[0]?.message
    const rename = (roomId: string) => `updateRoom(input: { roomId: "${roomId}", name: "Tea" })`
    const reasons = [
      await why(eve, `sendMessage(input: { roomId: "${id}", body: "hi" })`),
      await why(bob, rename(id)),
      await why(bob, `deleteRoom(input: { roomId: "${id}" })`),
      await why(ada, rename(direct)),
    ]
    expect(reasons).toEqual([
      'Only members of the room may do this. Join it first.',
      'Only admins and the owner of the room may do this.',
      'Only the owner of the room may do this.',
      'This is possible only in a group, not in a direct room.',
    ])
    await block(bob, ada)
    expect(await why(ada, `sendMessage(input: { roomId: "${direct}", body: "hi" })`)).toBe(
      'One of you has blocked the other: neither can write here.',
    )
  })

  test('who is signed out may only see', async ({ one }) => {
    const id = await makeRoom(await guest(one))
    const { data } = await post<{ room: { viewerCan: Record<Action, Permission> } }>(one, {
      query: viewerCan,
      variables: { id },
    })
    const { see, ...others } = data?.room.viewerCan ?? {}
    expect(see).toEqual({ isAllowed: true, code: null, retryAfterMs: null })
    for (const permission of Object.values(others)) {
      expect(permission).toEqual({ isAllowed: false, code: 'UNAUTHENTICATED', retryAfterMs: null })
    }
  })

  test('a direct room has no admins: both send and pin, and neither leaves', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const id = await openDirect(ada, bob)
    expect(await verdicts(bob, id)).toEqual({
      ...every('FORBIDDEN'),
      ...ofMembers,
      pin: 'yes',
    })
    await db.block.create({ data: { blockerId: uuidOf(ada.userId), blockedId: uuidOf(bob.userId) } })
    expect(await verdicts(bob, id)).toEqual({
      ...every('FORBIDDEN'),
      ...ofMembers,
      ...{ send: 'BLOCKED', type: 'BLOCKED', react: 'BLOCKED', editOwn: 'BLOCKED', pin: 'BLOCKED' },
    })
  })

  test('an archived room takes no messages and no members, but its settings change', async ({ one, db }) => {
    const ada = await guest(one)
    const id = await makeRoom(ada)
    await db.room.update({ where: { id: uuidOf(id) }, data: { archivedAt: new Date() } })
    expect(await verdicts(ada, id)).toEqual({
      ...every('yes'),
      join: 'ROOM_ARCHIVED',
      joinByInvite: 'ROOM_ARCHIVED',
      send: 'ROOM_ARCHIVED',
      type: 'ROOM_ARCHIVED',
      mentionEveryone: 'ROOM_ARCHIVED',
      react: 'ROOM_ARCHIVED',
      editOwn: 'ROOM_ARCHIVED',
      pin: 'ROOM_ARCHIVED',
      invite: 'ROOM_ARCHIVED',
      addMembers: 'ROOM_ARCHIVED',
    })
  })

  test('nobody deletes rooms where the operator forbids it', async ({ one, start }) => {
    const strict = await start({ roomDeletion: 'nobody' })
    const [ada, bob] = [await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob])
    expect((await verdicts(ada, id)).deleteRoom).toBe('yes')
    expect((await verdicts(ada.at(strict), id)).deleteRoom).toBe('ROOM_DELETION_DISABLED')
    expect((await verdicts(bob.at(strict), id)).deleteRoom).toBe('FORBIDDEN')
  })

  test('the permissions of many rooms take as many statements as those of one', async ({ one }) => {
    const ada = await guest(one)
    const query = `{ viewer { memberships { nodes { room { viewerCan { ${fields} } } } } } }`
    await makeRoom(ada)
    const few = await statementsOf(() => ada.call(query))
    for (let index = 0; index < 5; index++) await makeRoom(ada)
    const many = await statementsOf(() => ada.call(query))
    expect(many.length, many.join('\n')).toBe(few.length)
  })

  test('a stream tells each viewer their own permissions', async ({ one, two }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    const { room } = await ada.call<{ room: { eventCursor: string } }>(
      'query ($id: ID!) { room(id: $id) { eventCursor } }',
      { id: roomId },
    )
    const query = `subscription ($roomId: ID!, $after: EventCursor) {
      messageAdded(roomId: $roomId, after: $after) { room { viewerCan { deleteRoom { isAllowed } } } }
    }`
    const streams = [ada, bob].map((client) => client.follow(query, { roomId, after: room.eventCursor }))
    await send(ada, roomId, 'hello')
    const seen = await Promise.all(streams.map((stream) => stream.nextData()))
    expect(seen.map((data) => JSON.stringify(data).includes('"isAllowed":true'))).toEqual([true, false])
  })
})

describe('waiting', () => {
  const sendMessage = `mutation ($roomId: ID!, $nonce: String) {
    sendMessage(input: { roomId: $roomId, body: "hi", nonce: $nonce }) { message { number } }
  }`

  test('in slow mode a member waits, and is told how long, as viewerCan says', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    await db.room.update({ where: { id: uuidOf(roomId) }, data: { slowModeSeconds: 100 } })
    await send(bob, roomId, 'one', 'n1')
    const { errors } = await bob.attempt(sendMessage, { roomId })
    const told = errors?.[0]?.extensions as { code: string; retryAfterMs: number }
    expect(told.code).toBe('SLOW_MODE')
    expect(told.retryAfterMs).toBeGreaterThan(50_000)
    expect(told.retryAfterMs).toBeLessThanOrEqual(100_000)
    const { send: permission } = await permissions(bob, roomId)
    expect(permission).toMatchObject({ isAllowed: false, code: 'SLOW_MODE' })
    expect(permission.retryAfterMs).toBeGreaterThan(50_000)
    expect(permission.retryAfterMs).toBeLessThanOrEqual(100_100)
    // a retry of what was sent is no new message
    expect((await send(bob, roomId, 'one', 'n1')).number).toBe(1)
    await db.member.update({ where: keyOf(roomId, bob), data: { lastSentAt: new Date(Date.now() - 101_000) } })
    expect((await permissions(bob, roomId)).send.isAllowed).toBe(true)
    expect((await send(bob, roomId, 'two')).number).toBe(2)
  })

  test('slow mode counts from when a message was stored, however long it waited for the room', async ({
    one,
    db,
    databaseUrl,
  }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const blocker = await connect(databaseUrl)
    await blocker.query('begin')
    await blocker.query('select from topics where id = $1 for update', [uuidOf(roomId)])
    const sending = send(bob, roomId, 'late')
    await expect.poll(() => countWaiting(one.database.pool)).toBe(1)
    const releasedAt = Date.now()
    await blocker.query('commit')
    const { createdAt } = await db.message.findFirstOrThrow({
      where: { roomId: uuidOf(roomId), number: (await sending).number },
    })
    const { lastSentAt } = await db.member.findUniqueOrThrow({ where: keyOf(roomId, bob) })
    expect(lastSentAt).toEqual(createdAt)
    expect(createdAt.getTime()).toBeGreaterThanOrEqual(releasedAt - 5)
  })

  test('of sends that come together only the first of a member is taken in slow mode', async ({ one, db }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob, eve])
    await db.room.update({ where: { id: uuidOf(roomId) }, data: { slowModeSeconds: 100 } })
    const answers = await Promise.all(
      [bob, bob, bob, eve, eve, ada, ada].map((client) => client.attempt(sendMessage, { roomId })),
    )
    const codes = answers.map(({ errors }) => (errors ? JSON.stringify(errors[0]?.extensions.code) : 'stored'))
    expect(codes.slice(0, 3).toSorted()).toEqual(['"SLOW_MODE"', '"SLOW_MODE"', 'stored'])
    expect(codes.slice(3, 5).toSorted()).toEqual(['"SLOW_MODE"', 'stored'])
    expect(codes.slice(5)).toEqual(['stored', 'stored'])
  })

  test('a muted member is told until when, however long that is', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const id = await makeRoom(ada, [bob])
    await db.member.update({ where: keyOf(id, bob), data: { mutedUntil: new Date('9000-01-01') } })
    expect((await permissions(bob, id)).send).toEqual({ isAllowed: false, code: 'MUTED', retryAfterMs: 2_147_483_647 })
  })

  test('a room that one may not see says nothing of permissions', async ({ one }) => {
    const { id } = await make(await guest(one), { access: 'INVITE' })
    expect(await (await guest(one)).fail(viewerCan, { id })).toBe('NOT_FOUND')
  })
})
