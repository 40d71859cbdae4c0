import { describe, expect } from 'vitest'
import { prune } from '../../src/account/retention/service.ts'
import { deletionLimits } from '../../src/config/rooms.ts'
import type { Db } from '../../src/database/client.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { finishDeletions } from '../../src/rooms/deletion/service.ts'
import type { KabarServer } from '../../src/server.ts'
import { holdChore } from '../support/chores.ts'
import { type Client, guest, join, makeRoom, post, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import {
  addMembers,
  ban,
  test as base,
  eventsOf,
  guests,
  joinRoom,
  leaveRoom,
  make,
  openDirect,
  setRole,
  unknown,
  uuidOf,
} from '../support/members.ts'
import { newOperator } from '../support/operators.ts'

/** Chores are done by the tests alone. */
const test = base.extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
  onCleanup(await holdChore(databaseUrl, 'deleted rooms'))
})

const deleteRoom = 'mutation ($roomId: ID!) { deleteRoom(input: { roomId: $roomId }) { roomId } }'
const roomEvents = `subscription ($roomId: ID!) {
  roomEvents(roomId: $roomId) { __typename ... on RoomDeleted { roomId } }
}`
const removeReported =
  'mutation ($reportId: ID!) { deleteReportedMessage(input: { reportId: $reportId }) { reportId } }'
const dayMs = 86_400_000
const running = new AbortController().signal

/** Makes the deletion of a room older than a bound. */
const age = (db: Db, id: string, ms: number) =>
  db.room.update({ where: { id }, data: { deletedAt: new Date(Date.now() - ms - 1_000) } })

/** A room of the owner and so many others. */
async function makeCrowd(owner: Client, members: readonly Client[]): Promise<string> {
  const roomId = await makeRoom(owner)
  for (let from = 0; from < members.length; from += 100) {
    const userIds = members.slice(from, from + 100).map(({ userId }) => userId)
    await owner.call(addMembers, { roomId, userIds })
  }
  return roomId
}

const removals = async (db: Db, roomId: string) =>
  db.event.count({ where: { kind: 'ROOM_REMOVED', subject: uuidOf(roomId) } })

test('everything of a deleted room is answered as of one that does not exist', async ({ one, two }) => {
  const [ada, bob, eve] = [await guest(one), await guest(two), await guest(two)]
  const { id: roomId, code } = await make(ada, {})
  await join(bob, roomId)
  const message = await send(bob, roomId, 'hello')
  expect(await ada.call(deleteRoom, { roomId })).toEqual({ deleteRoom: { roomId } })
  const operations = [
    'query ($id: ID!) { room(id: $id) { name } }',
    'mutation ($id: ID!) { sendMessage(input: { roomId: $id, body: "x" }) { message { id } } }',
    'mutation ($id: ID!) { joinRoom(input: { roomId: $id }) { room { id } } }',
    'mutation ($id: ID!) { leaveRoom(input: { roomId: $id }) { roomId } }',
    'mutation ($id: ID!) { updateRoom(input: { roomId: $id, name: "x" }) { room { id } } }',
    'mutation ($id: ID!) { deleteRoom(input: { roomId: $id }) { roomId } }',
  ]
  for (const client of [ada, bob, eve]) {
    for (const operation of operations) {
      const { errors: gone } = await client.attempt(operation, { id: roomId })
      expect(gone?.[0]?.extensions.code, operation).toBe('NOT_FOUND')
      expect(gone).toEqual((await client.attempt(operation, { id: unknown.room })).errors)
    }
    expect(await client.fail('query ($code: String!) { room(code: $code) { id } }', { code })).toBe('NOT_FOUND')
    expect(
      await client.call('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [roomId, message.id] }),
    ).toEqual({
      nodes: [null, null],
    })
    expect(await client.call('{ viewer { unreadCount memberships { nodes { role } } } }')).toEqual({
      viewer: { unreadCount: 0, memberships: { nodes: [] } },
    })
    expect((await client.follow(roomEvents, { roomId }).next()).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  }
})

test('every stream of the room ends with its deletion, and members are told', async ({ one, two, db }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const roomId = await makeRoom(ada, [bob])
  // whoever is blocked cannot hide that the room is gone
  await db.block.create({ data: { blockerId: uuidOf(bob.userId), blockedId: uuidOf(ada.userId) } })
  const streams = [ada, ada.at(two), bob, bob.at(one)].map((client) => client.follow(roomEvents, { roomId }))
  for (const stream of streams) expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  const messages = bob.follow('subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { body } }', { roomId })
  const viewer = bob.follow('subscription { viewerEvents { __typename ... on RoomRemoved { roomId } } }')
  expect(await viewer.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  await ada.call(deleteRoom, { roomId })
  for (const stream of streams) {
    expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'RoomDeleted', roomId } })
    await stream.ended()
  }
  expect(await viewer.nextData()).toEqual({ viewerEvents: { __typename: 'RoomRemoved', roomId } })
  // one that began too late was refused
  const late = await messages.ended().then(
    () => 'ended',
    () => messages.arrived[0]?.errors?.[0]?.extensions.code,
  )
  expect(['ended', 'NOT_FOUND']).toContain(late)
})

test('only the owner deletes, where the operator allows it, and nobody a direct room', async ({ one, start, db }) => {
  const strict = await start({ roomDeletion: 'nobody' })
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  await setRole(db, roomId, bob, 'ADMIN')
  expect(await bob.fail(deleteRoom, { roomId })).toBe('FORBIDDEN')
  expect(await eve.fail(deleteRoom, { roomId })).toBe('FORBIDDEN')
  expect(await ada.at(strict).fail(deleteRoom, { roomId })).toBe('ROOM_DELETION_DISABLED')
  expect(await ada.fail(deleteRoom, { roomId: await openDirect(ada, bob) })).toBe('FORBIDDEN')
  const hidden = await make(ada, { access: 'INVITE' })
  expect(await eve.fail(deleteRoom, { roomId: hidden.id })).toBe('NOT_FOUND')
  for (const id of [ada.userId, 'room_', '\u0000', '']) {
    expect(await ada.fail(deleteRoom, { roomId: id })).toBe('BAD_USER_INPUT')
  }
  const { errors } = await post(one, { query: deleteRoom, variables: { roomId } })
  expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  expect(await db.room.findUniqueOrThrow({ where: { id: uuidOf(roomId) } })).toMatchObject({ deletedAt: null })
})

test('all members are taken out and told once, also when the server died half-way', async ({ one, two, db }) => {
  const ada = await guest(one)
  const crowd = await guests(one, 101)
  const roomId = await makeCrowd(ada, crowd)
  const abandoned = await makeCrowd(ada, crowd.slice(0, 3))
  await ada.call(deleteRoom, { roomId })
  // a server that died right after the commit
  await db.room.update({ where: { id: uuidOf(abandoned) }, data: { deletedAt: new Date() } })
  await Promise.all([finishDeletions(one.parts, running), finishDeletions(two.parts, running)])
  await finishDeletions(one.parts, running)
  for (const [id, members] of [
    [roomId, 102],
    [abandoned, 4],
  ] as const) {
    expect(await db.member.count({ where: { roomId: uuidOf(id) } })).toBe(0)
    expect(await removals(db, id)).toBe(members)
  }
  expect((await eventsOf(db, crowd[0]?.userId ?? '')).toSorted()).toEqual(
    [abandoned, roomId].flatMap((id) => [`ROOM_ADDED ${uuidOf(id)}`, `ROOM_REMOVED ${uuidOf(id)}`]).toSorted(),
  )
})

test('a replay tells nothing of a deleted room, even before all members are taken out', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const { viewer } = await bob.call<{ viewer: { eventCursor: string } }>('{ viewer { eventCursor } }')
  const roomId = await makeRoom(ada, [bob])
  await db.room.update({ where: { id: uuidOf(roomId) }, data: { deletedAt: new Date() } })
  const stream = bob.follow(
    `subscription ($after: EventCursor) {
      viewerEvents(after: $after) { __typename ... on RoomAdded { membership { role } } }
    }`,
    { after: viewer.eventCursor },
  )
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'RoomAdded', membership: null } })
})

test('what a deleted room held goes a while later, and what other rooms hold stays', async ({ one, db }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const id = uuidOf(roomId)
  const other = await makeRoom(ada, [bob])
  await ban(db, roomId, eve)
  const first = await send(ada, roomId, 'first')
  await send(ada, other, 'stays')
  await bob.call('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', {
    input: { roomId, body: 'reply', replyToId: first.id },
  })
  const messageId = uuidOf(first.id)
  await db.reaction.create({ data: { messageId, userId: uuidOf(bob.userId), emoji: '🍵' } })
  await db.messageEdit.create({ data: { id: newUuidIn(id), messageId, body: 'earlier' } })
  await db.mention.create({ data: { messageId, userId: uuidOf(bob.userId), roomId: id, number: 1 } })
  await db.invite.create({
    data: { id: newUuidIn(id), roomId: id, code: 'purged-invite', createdById: uuidOf(ada.userId) },
  })
  await db.roomVisit.create({ data: { id: newUuidIn(id), roomId: id, userId: uuidOf(bob.userId) } })
  await ada.call(deleteRoom, { roomId })
  await finishDeletions(one.parts, running)
  expect(await db.message.count({ where: { roomId: id } })).toBe(2)
  await age(db, id, deletionLimits.keptMs)
  await finishDeletions(one.parts, running)
  expect(await db.room.findUnique({ where: { id } })).toBeNull()
  expect(await db.topic.findUnique({ where: { id } })).toBeNull()
  expect(await db.event.count({ where: { topicId: id } })).toBe(0)
  expect(await db.message.count({ where: { roomId: id } })).toBe(0)
  expect(await db.mention.count({ where: { roomId: id } })).toBe(0)
  expect(await db.message.count({ where: { roomId: uuidOf(other) } })).toBe(1)
  expect(await bob.fail(joinRoom, { input: { roomId } })).toBe('NOT_FOUND')
  expect(await bob.fail(leaveRoom, { roomId })).toBe('NOT_FOUND')
})

describe('a deleted room with an open report keeps its contents', () => {
  const cases: Record<string, (given: { one: KabarServer; db: Db; id: string; reportId: string }) => Promise<unknown>> =
    {
      'until an operator has resolved it': async ({ one, reportId }) =>
        (await newOperator(one)).call(removeReported, { reportId }),
      'for 90 days at most': ({ db, id }) => age(db, id, deletionLimits.reportedKeptMs),
    }
  test.for(Object.entries(cases))('%s', async ([, end], { one, db, databaseUrl }) => {
    const [ada, bob] = [await guest(one), await guest(one, 'Bob')]
    const roomId = await makeRoom(ada, [bob])
    const { id: messageId } = await send(ada, roomId, 'words of the owner')
    const { reportMessage } = await bob.call<{ reportMessage: { report: { id: string } } }>(
      'mutation ($id: ID!) { reportMessage(input: { messageId: $id, reason: "rude" }) { report { id } } }',
      { id: messageId },
    )
    const reportId = reportMessage.report.id
    await ada.call(deleteRoom, { roomId })
    const id = uuidOf(roomId)
    await age(db, id, deletionLimits.keptMs)
    await finishDeletions(one.parts, running)
    expect(await db.message.count({ where: { roomId: id } })).toBe(1)
    const { out } = await kabar(databaseUrl, ['reports', 'list'])
    expect(out).toContain(reportId)
    expect(out).toContain('words of the owner')
    await end({ one, db, id, reportId })
    await finishDeletions(one.parts, running)
    expect(await db.room.findUnique({ where: { id } })).toBeNull()
    expect(await db.report.findUnique({ where: { id: uuidOf(reportId) } })).toBeNull()
  })
})

test('in a deleted room a report keeps its text alone: messages can be deleted, and expire', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const report = async (body: string) => {
    const { id } = await send(ada, roomId, body)
    const { reportMessage } = await bob.call<{ reportMessage: { report: { id: string } } }>(
      'mutation ($id: ID!) { reportMessage(input: { messageId: $id, reason: "rude" }) { report { id } } }',
      { id },
    )
    return { messageId: uuidOf(id), reportId: reportMessage.report.id }
  }
  const [kept, removed] = [await report('reported'), await report('to be deleted')]
  const old = uuidOf((await send(bob, roomId, 'of somebody else')).id)
  await ada.call(deleteRoom, { roomId })
  await (await newOperator(one)).call(removeReported, { reportId: removed.reportId })
  const bodyOf = async (id: string) => (await db.message.findUniqueOrThrow({ where: { id } })).body
  expect(await bodyOf(removed.messageId)).toBeNull()
  const retention = { ...one.parts.config.retention, messageDays: 1 }
  await db.message.updateMany({
    where: { roomId: uuidOf(roomId) },
    data: { createdAt: new Date(Date.now() - 2 * dayMs) },
  })
  await prune({ ...one.parts, config: { ...one.parts.config, retention } })
  expect(await bodyOf(old)).toBeNull()
  expect(await bodyOf(kept.messageId)).toBeNull()
  expect((await db.report.findUniqueOrThrow({ where: { id: uuidOf(kept.reportId) } })).body).toBe('reported')
})

test('a purge that is broken off goes on where it stopped', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'hello')
  await ada.call(deleteRoom, { roomId })
  const id = uuidOf(roomId)
  await age(db, id, deletionLimits.keptMs)
  await finishDeletions(one.parts, AbortSignal.abort())
  expect(await db.room.findUnique({ where: { id } })).not.toBeNull()
  await finishDeletions(one.parts, running)
  expect(await db.room.findUnique({ where: { id } })).toBeNull()
})
