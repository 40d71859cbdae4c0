import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'vitest'
import { type ExportParts, makeExports } from '../src/account/export.ts'
import { dataExportLimits } from '../src/config/account.ts'
import { formatId } from '../src/graphql/ids.ts'
import { openMediaFiles } from '../src/media/files.ts'
import { sweepMedia } from '../src/media/sweep.ts'
import type { KabarServer } from '../src/server.ts'
import { newUser, password } from './setup/accounts.ts'
import { holdChore } from './setup/chores.ts'
import { Client, guest, makeRoom, post, type Stream, send } from './setup/client.ts'
import { test as base, openDirect, uuidOf } from './setup/members.ts'
import { anyBytes, at, upload } from './setup/uploads.ts'
import { unzip } from './setup/zip.ts'

/** Chores are done by the tests alone. */
const test = base.extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
  onCleanup(await holdChore(databaseUrl, 'data exports'))
})

const fields = 'id status requestedAt expiresAt url bytes'
const request = `mutation ($media: Boolean) {
  requestDataExport(input: { includeMedia: $media }) { export { ${fields} } }
}`
const ends = `subscription ($after: EventCursor) {
  viewerEvents(after: $after) { __typename cursor ... on DataExportEnded { export { ${fields} } } }
}`
const find = `{ viewer { dataExport { ${fields} } } }`
const running = new AbortController().signal
const dayMs = 86_400_000

interface Export {
  id: string
  status: 'PENDING' | 'READY' | 'FAILED'
  requestedAt: string
  expiresAt: string
  url: string | null
  bytes: number | null
}

type Told = { viewerEvents: { __typename: string; cursor: string; export?: Export | null } }

const ask = async (client: Client, media?: boolean) =>
  (await client.call<{ requestDataExport: { export: Export } }>(request, { media })).requestDataExport.export
const last = async (client: Client) =>
  (await client.call<{ viewer: { dataExport: Export | null } }>(find)).viewer.dataExport

const nextOf = async (stream: Stream<Told>) => (await stream.nextData()).viewerEvents

/** The parts of a server, with its files. */
async function partsOf({ parts }: KabarServer): Promise<ExportParts> {
  const files = await openMediaFiles(parts.config, parts.sql)
  return { ...parts, files, formatId }
}

/** The same parts, with a storage that does something else. */
const withStorage = (parts: ExportParts, storage: Partial<ExportParts['files']['storage']>): ExportParts => ({
  ...parts,
  files: { ...parts.files, storage: { ...parts.files.storage, ...storage } },
})

/** Makes the export. */
async function made(server: KabarServer, client: Client): Promise<Export & { url: string }> {
  await makeExports(await partsOf(server), running)
  const found = await last(client)
  expect(found?.status).toBe('READY')
  if (!found?.url) throw new Error('the export has no URL')
  return { ...found, url: found.url }
}

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
      data: { roomId: uuidOf(roomId), userId: uuidOf(userId), enteredAt, leftAt: enteredAt },
    })
  }
  const bytes = anyBytes(50_000)
  const file = await upload(ada, bytes, { name: 'Tabelle „2026“.bin' })
  await upload(bob, anyBytes(10), { name: 'of-bob.bin' })
  // more than one page
  const count = dataExportLimits.rowsPerReadMax * 2 + 1
  await db.message.createMany({
    data: Array.from({ length: count }, (_, index) => ({
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
      ...['blocked', 'friends', 'invites', 'media', 'mentions', 'messages', 'profile'].map((n) => `${n}.json`),
      ...['reactions', 'reports', 'rooms', 'sessions', 'visits'].map((n) => `${n}.json`),
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

test('who asked is told on every server when an export is over, and after a reconnect', async ({ one, two, db }) => {
  const ada = await guest(one)
  const streams = [ada, ada.at(two)].map((client) => client.follow<Told>(ends))
  const [after] = await Promise.all(streams.map(async (stream) => (await nextOf(stream)).cursor))
  const { id } = await ask(ada, false)
  await makeExports(await partsOf(two), running)
  for (const stream of streams) {
    const told = await nextOf(stream)
    expect(told).toMatchObject({ __typename: 'DataExportEnded', export: { id, status: 'READY' } })
    expect((await fetch(at(ada, told.export?.url ?? ''))).status).toBe(200)
  }
  // what an event tells of is what there is now
  await db.dataExport.update({ where: { id: uuidOf(id) }, data: { requestedAt: new Date(0), expiresAt: new Date(1) } })
  const late = ada.at(two).follow<Told>(ends, { after })
  expect(await nextOf(late)).toMatchObject({ __typename: 'DataExportEnded', export: null })
})

test('nothing is told of an export whose account was deleted while it was made', async ({ one, db }) => {
  const parts = await partsOf(one)
  const ada = await guest(one)
  const { storage } = parts.files
  const stored: string[] = []
  const slow = withStorage(parts, {
    async put(key, path) {
      await ada.attempt('mutation { deleteAccount(input: {}) { user { id } } }')
      await storage.put(key, path)
      stored.push(key)
    },
  })
  await ask(ada, false)
  await makeExports(slow, running)
  expect(stored).toHaveLength(1)
  for (const key of stored) expect(await storage.size(key)).toBeNull()
  expect(await db.event.findMany({ where: { topicId: uuidOf(ada.userId) } })).toMatchObject([{ kind: 'SESSION_ENDED' }])
})

test('an export that fails is begun again, and given up at last, leaving no file', async ({ one, two, db }) => {
  const parts = await partsOf(one)
  const ada = await guest(one)
  await upload(ada, anyBytes(10))
  const broken = withStorage(parts, { read: () => Promise.reject(new Error('broken')) })
  const stream = ada.at(two).follow<Told>(ends)
  await nextOf(stream) // Synced
  const waiting = { userId: uuidOf(ada.userId), expiresAt: new Date(Date.now() + dayMs) }
  const { id } = await db.dataExport.create({ data: { ...waiting, tries: dataExportLimits.triesMax - 1 } })
  await makeExports(broken, running)
  expect(await db.dataExport.findUnique({ where: { id } })).toMatchObject({ status: 'FAILED', storageKey: null })
  expect(await nextOf(stream)).toMatchObject({ __typename: 'DataExportEnded', export: { status: 'FAILED', url: null } })
  expect(await last(ada)).toMatchObject({ status: 'FAILED', url: null })
  await sweepMedia({ files: await openMediaFiles(one.parts.config, one.parts.sql), sql: parts.sql }, running)
  expect(await readdir(join(one.parts.config.dataDirectory, 'media', 'incoming'))).toEqual([])
  // a server that died half-way counted a try
  const again = await db.dataExport.create({ data: { ...waiting, tries: 1 } })
  await makeExports(parts, running)
  expect(await db.dataExport.findUnique({ where: { id: again.id } })).toMatchObject({ status: 'READY', tries: 2 })
})

test('an export that stops of servers break off has lost no try by them', async ({ one, db }) => {
  const parts = await partsOf(one)
  const ada = await guest(one)
  await upload(ada, anyBytes(10))
  const tries = dataExportLimits.triesMax - 1
  const { id } = await db.dataExport.create({
    data: { userId: uuidOf(ada.userId), expiresAt: new Date(Date.now() + dayMs), tries },
  })
  const stop = new AbortController()
  const endless = withStorage(parts, {
    async read() {
      stop.abort()
      return new Readable({ read() {} })
    },
  })
  await makeExports(endless, stop.signal)
  expect(await db.dataExport.findUnique({ where: { id } })).toMatchObject({ status: 'PENDING', tries })
  expect(await readdir(join(one.parts.config.dataDirectory, 'media', 'incoming'))).toEqual([])
  await makeExports(parts, running)
  expect(await db.dataExport.findUnique({ where: { id } })).toMatchObject({ status: 'READY' })
})
