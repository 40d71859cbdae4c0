import { expect } from 'vitest'
import { makeExports } from '../../src/account/export/service.ts'
import { dataExportLimits } from '../../src/config/account.ts'
import { newUuidIn } from '../../src/database/uuid.ts'
import { newUser, password } from '../support/accounts.ts'
import { Client, guest, makeRoom, post, send } from '../support/client.ts'
import { ask, dayMs, last, made, partsOf, request, running, test } from '../support/data-exports.ts'
import { openDirect, uuidOf } from '../support/members.ts'
import { anyBytes, at, upload } from '../support/uploads.ts'
import { unzip } from '../support/zip.ts'

/** Gets an archive and unpacks it. Gives its files by their names. */
async function unpack(client: Client, url: string): Promise<Map<string, Buffer>> {
  const response = await fetch(at(client, url))
  expect(response.headers.get('content-type')).toBe('application/zip')
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename=".*\.zip"$/)
  return unzip(Buffer.from(await response.arrayBuffer()))
}

test('an export holds all that is of the user, and nothing of others', async ({ one, two, db }) => {
  const {
    accessToken: token,
    refreshToken,
    viewer,
  } = await newUser(one, { displayName: 'Ada', email: 'ada@example.org' })
  const ada = new Client(one, { token, refreshToken, userId: viewer.user.id, name: 'Ada' })
  const [bob, eve] = [await guest(two), await guest(two)]
  const roomId = await makeRoom(ada, [bob])
  const direct = await openDirect(ada, bob)
  const first = await send(ada, roomId, 'first')
  const theirs = await send(bob, roomId, 'a secret of Bob')
  await ada.call('mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "edited" }) { message { id } } }', {
    id: first.id,
  })
  await ada.call('mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { message { id } } }', {
    id: theirs.id,
  })
  await ada.call('mutation ($id: ID!) { sendFriendRequest(input: { userId: $id }) { user { id } } }', {
    id: bob.userId,
  })
  await ada.call('mutation ($id: ID!) { blockUser(input: { userId: $id }) { user { id } } }', { id: eve.userId })
  await ada.call('mutation ($id: ID!) { reportMessage(input: { messageId: $id, reason: "rude" }) { report { id } } }', {
    id: theirs.id,
  })
  await ada.call('mutation ($id: ID!) { createInvite(input: { roomId: $id, usesMax: 3 }) { invite { id } } }', {
    id: roomId,
  })
  const toAda = await send(bob, roomId, `@${viewer.user.username} a secret of Bob`)
  const enteredAt = new Date(1_000_000)
  for (const { userId } of [ada, bob]) {
    await db.roomVisit.create({
      data: {
        id: newUuidIn(uuidOf(roomId)),
        roomId: uuidOf(roomId),
        userId: uuidOf(userId),
        enteredAt,
        leftAt: enteredAt,
      },
    })
  }
  const bytes = anyBytes(50_000)
  const file = await upload(ada, bytes, { name: 'Tabelle „2026“.bin' })
  await upload(bob, anyBytes(10), { name: 'of-bob.bin' })
  // more than one page
  const count = dataExportLimits.rowsPerReadMax * 2 + 1
  await db.message.createMany({
    data: Array.from({ length: count }, (_, index) => ({
      id: newUuidIn(uuidOf(direct)),
      roomId: uuidOf(direct),
      number: index + 1,
      seq: index + 3,
      authorId: uuidOf(ada.userId),
      // many of one moment
      createdAt: new Date(Math.floor(index / 700) * 1_000),
      body: `${index} ${'x'.repeat(500)}`,
    })),
  })
  expect(await last(ada)).toBeNull()
  const asked = await ask(ada)
  expect(asked).toMatchObject({ id: expect.stringMatching(/^export_/), status: 'PENDING', url: null, bytes: null })
  const { url, bytes: size, id } = await made(two, ada.at(two))
  expect(id).toBe(asked.id)
  const archive = await unpack(ada, url)
  expect(Number((await fetch(at(ada.at(two), url), { method: 'HEAD' })).headers.get('content-length'))).toBe(size)
  const read = (name: string) =>
    JSON.parse(archive.get(`${name}.json`)?.toString() ?? 'null') as Record<string, unknown>[]
  expect([...archive.keys()].toSorted()).toEqual(
    [
      ...['blocked', 'friends', 'invitations', 'invites', 'media', 'mentions', 'messages', 'profile'].map(
        (n) => `${n}.json`,
      ),
      ...['reactions', 'reports', 'rooms', 'savedMessages', 'securityEvents', 'sessions', 'visits'].map(
        (n) => `${n}.json`,
      ),
      `media/${file.id}-Tabelle „2026“.bin`,
    ].toSorted(),
  )
  expect(read('profile')).toMatchObject({ userId: ada.userId, displayName: 'Ada', email: 'ada@example.org' })
  const messages = read('messages')
  expect(messages).toHaveLength(count + 1)
  expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(count + 1)
  expect(messages.at(-1)).toMatchObject({ messageId: first.id, roomId, body: 'edited', earlierBodies: ['first'] })
  expect(read('reactions')).toMatchObject([{ messageId: theirs.id, emoji: '👍' }])
  expect(read('reports')).toMatchObject([{ messageId: theirs.id, roomId, reason: 'rude', resolvedAt: null }])
  expect(read('invites')).toMatchObject([{ roomId, code: expect.any(String), usesMax: 3, uses: 0, revokedAt: null }])
  expect(read('mentions')).toEqual([{ messageId: toAda.id, roomId, number: toAda.number }])
  expect(read('visits')).toEqual([{ roomId, enteredAt: enteredAt.toISOString(), leftAt: enteredAt.toISOString() }])
  expect(read('friends')).toMatchObject([{ userId: bob.userId, status: 'PENDING', requestedByUserId: ada.userId }])
  expect(read('blocked')).toMatchObject([{ userId: eve.userId }])
  expect(read('sessions')).toMatchObject([{ sessionId: expect.stringMatching(/^session_/), endedAt: null }])
  expect(
    read('rooms')
      .map((room) => String(room.roomId))
      .toSorted(),
  ).toEqual([roomId, direct].toSorted())
  expect(read('rooms')).toContainEqual(expect.objectContaining({ kind: 'DIRECT', otherUserId: bob.userId }))
  expect(read('media')).toMatchObject([{ mediaId: file.id, bytes: 50_000 }])
  expect(archive.get(`media/${file.id}-Tabelle „2026“.bin`)).toEqual(bytes)
  const all = Buffer.concat([...archive].filter(([name]) => name.endsWith('.json')).map(([, content]) => content))
  for (const foreign of ['a secret of Bob', 'argon2', 'of-bob']) expect(all.includes(foreign), foreign).toBe(false)
})

test('only who asked gets the link, and who is signed out gets nothing', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  await ask(ada, false)
  const { url, id } = await made(one, ada)
  expect(await last(bob)).toBeNull()
  const answer = await post(one, { query: request })
  expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  for (const [wrong, status] of [
    [url.replace(/signature=.*/, 'signature=AAAA'), 403],
    [url.replace(/expires=\d+/, 'expires=9999999999'), 403],
    [url.replace('/export', '/file'), 403],
    [url.replace(uuidOf(id), uuidOf(bob.userId)), 403],
  ] as const) {
    expect((await fetch(at(ada, wrong))).status, wrong).toBe(status)
  }
  expect((await fetch(at(ada, url), { method: 'PUT', body: 'x' })).status).toBe(405)
})

test('one is made at a time, and so many a day', async ({ one, two, db }) => {
  const ada = await guest(one)
  const { exportsPerDayMax } = dataExportLimits
  const pending = await Promise.all([ask(ada), ask(ada.at(two)), ask(ada)])
  expect(new Set(pending.map(({ id }) => id)).size).toBe(1)
  const { url } = await made(one, ada)
  for (let asked = 1; asked < exportsPerDayMax; asked++) {
    await ask(ada)
    await made(one, ada)
  }
  // a new one takes the place of the one before
  expect((await fetch(at(ada, url))).status).toBe(404)
  expect(await db.dataExport.count({ where: { userId: uuidOf(ada.userId), storageKey: { not: null } } })).toBe(1)
  const { errors } = await ada.attempt(request)
  expect(errors?.[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) })
  const retryAfterMs = Number(errors?.[0]?.extensions.retryAfterMs)
  expect(retryAfterMs).toBeGreaterThan(dayMs - 600_000)
  expect(retryAfterMs).toBeLessThanOrEqual(dayMs)
  const [oldest] = await db.dataExport.findMany({
    where: { userId: uuidOf(ada.userId) },
    orderBy: { requestedAt: 'asc' },
  })
  await db.dataExport.update({ where: { id: oldest?.id ?? '' }, data: { requestedAt: new Date(Date.now() - dayMs) } })
  expect((await ask(ada)).status).toBe('PENDING')
})

test('an export is gone when its time is over, and with its account', async ({ one, db }) => {
  const parts = await partsOf(one)
  const { accessToken: token, refreshToken, viewer } = await newUser(one)
  const ada = new Client(one, { token, refreshToken, userId: viewer.user.id, name: 'Ada' })
  const bob = await guest(one)
  const links = []
  for (const client of [ada, bob]) {
    await ask(client)
    links.push(await made(one, client))
  }
  const keys = (
    await db.dataExport.findMany({ where: { userId: { in: [ada, bob].map((c) => uuidOf(c.userId)) } } })
  ).map(({ storageKey }) => storageKey ?? '')
  const where = { userId: uuidOf(bob.userId) }
  await db.dataExport.updateMany({ where, data: { requestedAt: new Date(0), expiresAt: new Date(1) } })
  expect(await last(bob)).toBeNull()
  expect((await fetch(at(bob, links[1]?.url ?? ''))).status).toBe(404)
  await makeExports(parts, running)
  expect(await db.dataExport.count({ where })).toBe(0)
  await ada.call('mutation ($p: String) { deleteAccount(input: { password: $p }) { user { id } } }', { p: password })
  expect((await fetch(at(ada, links[0]?.url ?? ''))).status).toBe(404)
  for (const key of keys) expect(await parts.files.storage.size(key)).toBeNull()
  expect(await db.mediaLeftover.count({ where: { storageKey: { in: keys } } })).toBe(0)
})
