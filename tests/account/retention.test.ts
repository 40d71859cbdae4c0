import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { prune } from '../../src/account/retention/service.ts'
import { type RetentionConfig, retentionLimits } from '../../src/config/account.ts'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import type { Db } from '../../src/database/client.ts'
import { sqlOfPrisma } from '../../src/database/sql.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { rechain } from '../../src/feed/rechain.ts'
import type { PrismaClient } from '../../src/generated/prisma/client.ts'
import type { KabarServer } from '../../src/server.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { openDirect, test, uuidOf } from '../support/members.ts'
import { anyBytes, findMedia, upload } from '../support/uploads.ts'

const roomEvents = `subscription ($roomId: ID!, $after: EventCursor) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename
    ... on MessageSent { message { body } }
    ... on MessageDeleted { message { number body } }
  }
}`
const dayMs = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * dayMs)

/** Prunes as a server with other settings would. */
function pruneWith({ parts }: KabarServer, retention: Partial<RetentionConfig> = {}) {
  const config = { ...parts.config, retention: { ...parts.config.retention, ...retention } }
  return prune({ ...parts, config })
}

/** Makes all that a topic has told until now older than it is kept. Cursors from before are of another history. */
async function ageEvents(db: PrismaClient, id: string): Promise<void> {
  await db.event.updateMany({ where: { topicId: uuidOf(id) }, data: { at: ago(31) } })
  await rechain(sqlOfPrisma(db), uuidOf(id))
}

const ageMessages = (db: Db, roomId: string, days: number) =>
  db.message.updateMany({ where: { roomId: uuidOf(roomId) }, data: { createdAt: ago(days) } })

const topicOf = async (db: Db, id: string) => {
  const { head, floor } = await db.topic.findUniqueOrThrow({ where: { id: uuidOf(id) } })
  const seqs = await db.event.findMany({
    where: { topicId: uuidOf(id) },
    orderBy: { seq: 'asc' },
    select: { seq: true },
  })
  return { head: Number(head), floor: Number(floor), first: Number(seqs[0]?.seq ?? 0), kept: seqs.length }
}

test('settings of what is kept have bounds', () => {
  expect(readConfig({ FEED_DAYS: '1', FEED_EVENTS_MAX: '1000', MESSAGE_DAYS: '0' }).retention).toEqual({
    feedDays: 1,
    feedEventsMax: 1_000,
    messageDays: 0,
    usernameRestDays: 30,
    guestDays: 0,
  })
  for (const env of [
    { FEED_DAYS: '0' },
    { FEED_EVENTS_MAX: '999' },
    { MESSAGE_DAYS: '-1' },
    { MESSAGE_DAYS: '36501' },
    { USERNAME_REST_DAYS: '-1' },
    { GUEST_DAYS: '-1' },
  ]) {
    expect(() => readConfig(env), JSON.stringify(env)).toThrow(ConfigError)
  }
})

describe('the feed', () => {
  test('whoever comes back from before the floor must resync, and others go on', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await makeRoom(ada, [bob])
    for (const body of ['one', 'two', 'three']) await send(ada, roomId, body)
    await ageEvents(db, roomId)
    const { room } = await ada.call<{ room: { messages: { nodes: { cursor: string }[] } } }>(
      'query ($id: ID!) { room(id: $id) { messages { nodes { cursor } } } }',
      { id: roomId },
    )
    const cursors = room.messages.nodes.map(({ cursor }) => cursor)
    const live = bob.follow(roomEvents, { roomId })
    await live.nextData()
    expect((await pruneWith(one)).events).toBeGreaterThanOrEqual(5)
    expect(await topicOf(db, roomId)).toEqual({ head: 5, floor: 5, first: 0, kept: 0 })
    for (const client of [bob, bob.at(one)]) {
      const late = client.follow(roomEvents, { roomId, after: cursors[1] })
      expect(await late.nextData()).toEqual({ roomEvents: { __typename: 'ResyncRequired' } })
      await late.ended()
      const onTime = client.follow(roomEvents, { roomId, after: cursors[2] })
      expect(await onTime.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
    }
    await send(ada, roomId, 'four')
    expect(await live.nextData()).toEqual({ roomEvents: { __typename: 'MessageSent', message: { body: 'four' } } })
    const kept = bob.follow(roomEvents, { roomId, after: cursors[2] })
    expect(await kept.nextData()).toEqual({ roomEvents: { __typename: 'MessageSent', message: { body: 'four' } } })
    // the history is another matter
    expect(
      await bob.call('query ($id: ID!) { room(id: $id) { messages { nodes { body } } } }', { id: roomId }),
    ).toEqual({
      room: { messages: { nodes: ['one', 'two', 'three', 'four'].map((body) => ({ body })) } },
    })
  })

  test('only what is too old goes', async ({ one, db }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    await send(ada, roomId, 'old')
    await ageEvents(db, roomId)
    await send(ada, roomId, 'new')
    await pruneWith(one)
    expect(await topicOf(db, roomId)).toEqual({ head: 3, floor: 2, first: 3, kept: 1 })
    await pruneWith(one)
    expect(await topicOf(db, roomId)).toEqual({ head: 3, floor: 2, first: 3, kept: 1 })
  })

  test('the newest of a topic are kept, also by two servers that trim beside sends', async ({ one, two, db }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const topicId = uuidOf(roomId)
    const count = 2 * retentionLimits.rowsPerStatementMax + 500
    await db.event.createMany({
      data: Array.from({ length: count }, (_, index) => ({
        topicId,
        seq: index + 2,
        kind: 'ROOM_UPDATED' as const,
        subject: topicId,
        at: new Date(),
        chain: new Uint8Array(8),
      })),
    })
    await db.topic.update({ where: { id: topicId }, data: { head: count + 1 } })
    await rechain(sqlOfPrisma(db), topicId)
    const pruned = await Promise.all([
      ...[one, two, one].map((server) => pruneWith(server, { feedEventsMax: 1_000 })),
      ...Array.from({ length: 20 }, async (_, index) => {
        await send(ada, roomId, `${index}`)
        return { events: 0 }
      }),
    ])
    expect(pruned.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThanOrEqual(count + 1 - 1_000)
    await pruneWith(one, { feedEventsMax: 1_000 })
    const head = count + 21
    expect(await topicOf(db, roomId)).toEqual({ head, floor: head - 1_000, first: head - 999, kept: 1_000 })
  })
})

describe('messages', () => {
  test('are kept for ever unless the operator says otherwise', async ({ one, db }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    await send(ada, roomId, 'kept')
    await ageMessages(db, roomId, 10_000)
    expect((await pruneWith(one)).messages).toBe(0)
    expect(await db.message.findFirst({ where: { roomId: uuidOf(roomId) } })).toMatchObject({ body: 'kept' })
    await ageMessages(db, roomId, 0)
  })

  test('that are too old become tombstones, with all that belongs to them', async ({ one, two, db }) => {
    const [ada, bob] = [await guest(one), await guest(two)]
    const roomId = await openDirect(ada, bob)
    const message = await send(ada, roomId, 'old')
    await ada.call(
      'mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "edited" }) { message { id } } }',
      {
        id: message.id,
      },
    )
    await bob.call('mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { message { id } } }', {
      id: message.id,
    })
    const file = await upload(bob, anyBytes(10))
    await bob.call(
      `mutation ($roomId: ID!, $ids: [ID!]) {
        sendMessage(input: { roomId: $roomId, body: "", attachmentIds: $ids }) { message { id } }
      }`,
      { roomId, ids: [file.id] },
    )
    await ageMessages(db, roomId, 8)
    await send(ada, roomId, 'new')
    const stream = bob.follow(roomEvents, { roomId })
    await stream.nextData()
    const all = await Promise.all([one, two].map((server) => pruneWith(server, { messageDays: 7 })))
    expect(all.reduce((sum, { messages }) => sum + messages, 0)).toBe(2)
    for (const number of [1, 2]) {
      expect(await stream.nextData()).toEqual({
        roomEvents: { __typename: 'MessageDeleted', message: { number, body: '' } },
      })
    }
    const id = uuidOf(message.id)
    expect(
      await db.message.findUniqueOrThrow({ where: { id }, include: { edits: true, reactions: true } }),
    ).toMatchObject({ body: null, deletedAt: expect.any(Date), deletedBy: 'OPERATOR', edits: [], reactions: [] })
    expect(await findMedia(bob, file.id)).toBeNull()
    expect((await fetch(new URL(file.url, one.url))).status).toBe(404)
    expect(
      await bob.call('query ($id: ID!) { room(id: $id) { messages { nodes { number body } } } }', { id: roomId }),
    ).toEqual({
      room: {
        messages: {
          nodes: [
            { number: 1, body: '' },
            { number: 2, body: '' },
            { number: 3, body: 'new' },
          ],
        },
      },
    })
    // nothing is done twice, and what comes of age later goes later
    expect((await pruneWith(one, { messageDays: 7 })).messages).toBe(0)
    await ageMessages(db, roomId, 8)
    expect((await pruneWith(two, { messageDays: 7 })).messages).toBe(1)
  })

  test('go in bounded transactions however many they are, and what the server tells stays', async ({ one, db }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const [room, authorId] = [uuidOf(roomId), uuidOf(ada.userId)]
    const count = 2 * retentionLimits.messagesPerWriteMax + 1
    await db.message.createMany({
      data: Array.from({ length: count }, (_, index) => ({
        id: newUuidIn(room),
        roomId: room,
        number: index + 1,
        seq: index + 1,
        authorId,
        createdAt: ago(8),
        ...(index === 50 ? { kind: 'SYSTEM' as const, systemAction: 'JOINED' as const } : { body: `${index}` }),
      })),
    })
    await db.topic.update({ where: { id: room }, data: { lastNumber: count } })
    expect((await pruneWith(one, { messageDays: 7 })).messages).toBe(count - 1)
    expect(await db.message.count({ where: { roomId: room, deletedAt: null } })).toBe(1)
    expect(await db.roomRetention.findUnique({ where: { roomId: room } })).toMatchObject({ expiredNumber: count })
  })
})

test('sessions, invites, bans and bounds that ended long ago are forgotten', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = uuidOf(await makeRoom(ada, [bob]))
  const [userId, createdAt] = [uuidOf(bob.userId), ago(400)]
  const session = (expiresAt: Date, revokedAt: Date | null = null) =>
    db.session.create({
      data: { userId, createdAt, expiresAt, revokedAt, refreshTokens: { create: { hash: randomBytes(32) } } },
    })
  const gone = [await session(ago(31)), await session(ago(-1), ago(31))]
  const kept = [await session(ago(29)), await session(ago(-1), ago(29)), await session(ago(-1))]
  const invite = (code: string, data: object) =>
    db.invite.create({ data: { id: newUuidIn(roomId), roomId, createdById: userId, createdAt, code, ...data } })
  await invite('expired', { expiresAt: ago(91) })
  await invite('revoked', { revokedAt: ago(91) })
  await invite('used', { usesMax: 1, uses: 1 })
  await invite('lately', { expiresAt: ago(89) })
  await invite('living', { usesMax: 2, uses: 1 })
  const others = [await guest(one), await guest(one), await guest(one)].map((client) => uuidOf(client.userId))
  const ends = [ago(91), ago(89), null]
  await db.ban.createMany({
    data: others.map((id, index) => ({ roomId, userId: id, createdAt, expiresAt: ends[index] ?? null })),
  })
  await db.formerMember.createMany({
    data: [
      { roomId, userId: others[0] ?? '', mutedUntil: ago(2), lastSentAt: ago(3) },
      { roomId, userId: others[1] ?? '', mutedUntil: ago(-1), lastSentAt: ago(3) },
      { roomId, userId: others[2] ?? '', lastSentAt: ago(0.5) },
    ],
  })
  expect(await pruneWith(one)).toMatchObject({ sessions: 2, invites: 3, bans: 1, formerMembers: 1 })
  const ids = [...gone, ...kept].map(({ id }) => id)
  expect((await db.session.findMany({ where: { id: { in: ids } } })).map(({ id }) => id).toSorted()).toEqual(
    kept.map(({ id }) => id).toSorted(),
  )
  expect(await db.refreshToken.count({ where: { sessionId: { in: ids } } })).toBe(kept.length)
  expect((await db.invite.findMany({ where: { roomId } })).map(({ code }) => code).toSorted()).toEqual([
    'lately',
    'living',
  ])
  expect(await db.ban.count({ where: { roomId } })).toBe(2)
  expect(await pruneWith(one)).toMatchObject({ sessions: 0, invites: 0, bans: 0, formerMembers: 0 })
})
