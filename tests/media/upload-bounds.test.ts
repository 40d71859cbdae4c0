import { readdir } from 'node:fs/promises'
import { type ClientRequest, request } from 'node:http'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { mediaLimits } from '../../src/config/media.ts'
import { sumMediaBytes } from '../../src/media/queries.ts'
import { newStorageKey } from '../../src/media/storage/storage.ts'
import type { KabarServer } from '../../src/server.ts'
import { guest, makeRoom } from '../support/client.ts'
import { test, uuidOf } from '../support/members.ts'
import { patienceMs } from '../support/patience.ts'
import { announce, anyBytes, at, bodyOf, createUpload, put, upload } from '../support/uploads.ts'

const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const

test('uploads that wait for their bytes are bounded for each user', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const input = { name: 'a', mimeType: 'text/plain', bytes: 1 }
  const answers = await Promise.all(
    Array.from({ length: limits.uploadsPendingMax + 1 }, () => ada.attempt(createUpload, { input })),
  )
  const errors = answers.flatMap((answer) => answer.errors ?? [])
  expect(errors.map((error) => error.extensions)).toEqual([{ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) }])
  await bob.call(createUpload, { input })
  // those whose URL has expired count no more
  await db.media.updateMany({
    where: { ownerId: uuidOf(ada.userId) },
    data: { createdAt: new Date(Date.now() - mediaLimits.uploadUrlMs) },
  })
  await ada.call(createUpload, { input })
})

test('uploads that nothing uses are bounded for each user', async ({ one, db }) => {
  const ada = await guest(one)
  const row = { ownerId: uuidOf(ada.userId), name: 'a', kind: 'FILE', mimeType: 'text/plain', bytes: 1 } as const
  const addMany = (count: number) =>
    db.media.createMany({
      data: Array.from({ length: count }, () => ({ ...row, storageKey: newStorageKey(), uploadedAt: new Date() })),
    })
  const input = { name: 'a', mimeType: 'text/plain', bytes: 1 }
  await addMany(limits.uploadsUnusedMax - 1)
  await ada.call(createUpload, { input })
  expect(await ada.fail(createUpload, { input })).toBe('RATE_LIMITED')
})

test('the files of a user are bounded together, whatever uses them', async ({ start, db }) => {
  const bytesPerUserMax = 10_000
  const server = await start({ media: { bytesPerUserMax } })
  const [ada, bob] = [await guest(server), await guest(server)]
  const input = { name: 'a', mimeType: 'application/octet-stream', bytes: 2_000 }
  const { id } = await upload(ada, anyBytes(8_000))
  const roomId = await makeRoom(ada)
  const { sendMessage } = await ada.call<{ sendMessage: { message: { id: string } } }>(
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
    { input: { roomId, body: 'look', attachmentIds: [id] } },
  )
  expect(await ada.fail(createUpload, { input: { ...input, bytes: 2_001 } })).toBe('UPLOAD_TOO_LARGE')
  const answers = await Promise.all([1, 2].map(() => ada.attempt(createUpload, { input })))
  expect(answers.flatMap(({ errors }) => errors?.map(({ extensions }) => extensions.code) ?? [])).toEqual([
    'UPLOAD_TOO_LARGE',
  ])
  expect(await db.media.count({ where: { ownerId: uuidOf(ada.userId) } })).toBe(2)
  await bob.call(createUpload, { input: { ...input, bytes: bytesPerUserMax } })
  await ada.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', {
    id: sendMessage.message.id,
  })
  await ada.call(createUpload, { input: { ...input, bytes: 8_000 } })
})

test('the files of a user may have more bytes together than one number of 32 bits', async ({ one, db }) => {
  const ownerId = uuidOf((await guest(one)).userId)
  const row = { ownerId, name: 'a', kind: 'FILE', mimeType: 'text/plain', bytes: 2_000_000_000 } as const
  await db.media.createMany({ data: [1, 2, 3].map(() => ({ ...row, storageKey: newStorageKey() })) })
  expect(await sumMediaBytes(db, ownerId)).toBe(6_000_000_000)
})

test('an image that becomes larger when it is made anew is bounded by what it is then', async ({ one, start, db }) => {
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000', noise } })
    .png({ palette: true, colours: 4 })
    .toBuffer()
  const given = { mimeType: 'image/png' }
  const { bytes } = await upload(await guest(one), picture, given)
  expect(bytes).toBeGreaterThan(picture.byteLength)
  const room = await start({ media: { bytesPerUserMax: bytes } })
  await upload(await guest(room), picture, given)
  const tooSmall = await start({ media: { bytesPerUserMax: bytes - 1 } })
  const ada = await guest(tooSmall)
  const { media, uploadUrl } = await announce(ada, picture, given)
  expect(await put(ada, uploadUrl, bodyOf(picture))).toEqual({ status: 413, code: 'UPLOAD_TOO_LARGE' })
  expect((await fetch(at(ada, media.url))).status).toBe(404)
  expect(await db.media.findUnique({ where: { id: uuidOf(media.id) } })).toMatchObject({ uploadedAt: null })
  // of two at once there is room for one
  const server = await start({ media: { bytesPerUserMax: bytes + picture.byteLength } })
  const bob = await guest(server)
  const both = [await announce(bob, picture, given), await announce(bob, picture, given)]
  const answers = await Promise.all(both.map((one) => put(bob, one.uploadUrl, bodyOf(picture))))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 413])
})

/** Begins so many uploads and leaves them there: of 16 users, each from the address that `addressOf` gives. */
async function begin(
  server: KabarServer,
  count: number,
  addressOf: (index: number) => string,
): Promise<ClientRequest[]> {
  const clients = await Promise.all(Array.from({ length: 16 }, () => guest(server)))
  const incoming = join(server.parts.config.dataDirectory, 'media', 'incoming')
  const before = (await readdir(incoming)).length
  const sendings = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const client = clients[index % clients.length]
      if (!client) throw new Error('no clients')
      const { uploadUrl } = await announce(client, anyBytes(10))
      const headers = { 'content-length': 10, 'x-forwarded-for': addressOf(index) }
      const sending = request(at(client, uploadUrl), { method: 'PUT', headers })
      sending.on('error', () => {})
      sending.write('begun')
      return sending
    }),
  )
  await expect.poll(async () => (await readdir(incoming)).length).toBe(before + count)
  return sendings
}

const behindProxy = { edge: { trustedProxies: ['127.0.0.1', '::1'] } }
const { atOnceMax, user, address } = mediaLimits.uploadPlaces

test('a server receives so many uploads at once and not more: the next waits', async ({ start }) => {
  const server = await start({ ...behindProxy, media: { uploadWaitMs: 500 } })
  const sendings = await begin(server, atOnceMax, (index) => `10.0.0.${index}`)
  const ada = await guest(server)
  const { uploadUrl } = await announce(ada, anyBytes(1))
  expect(await put(ada, uploadUrl, 'x')).toEqual({ status: 503, code: 'SERVICE_UNAVAILABLE' })
  for (const sending of sendings) sending.destroy()
  await expect.poll(async () => (await put(ada, uploadUrl, 'x')).status).toBe(204)
})

test('one address sends so many files at once, over all accounts, and leaves places to others', async ({ start }) => {
  const server = await start({ ...behindProxy, media: { uploadWaitMs: 500 } })
  const ada = await guest(server)
  const sendings = await begin(server, address.atOnceMax, () => '10.0.0.1')
  const { uploadUrl } = await announce(ada, anyBytes(1))
  const from = (address: string) =>
    fetch(at(ada, uploadUrl), { method: 'PUT', headers: { 'x-forwarded-for': address }, body: 'x' })
  expect((await from('10.0.0.1')).status).toBe(503)
  expect((await from('10.0.0.2')).status).toBe(204)
  for (const sending of sendings) sending.destroy()
})

test('the files of one user beyond those at once wait for their turn, and others pass them', async ({ start, one }) => {
  const server = await start({ media: { uploadWaitMs: 10 * patienceMs } })
  const [ada, bob] = [await guest(server), await guest(server)]
  const incoming = join(one.parts.config.dataDirectory, 'media', 'incoming')
  const sendings = await Promise.all(
    Array.from({ length: user.atOnceMax }, async () => {
      const { uploadUrl } = await announce(ada, anyBytes(10))
      const sending = request(at(ada, uploadUrl), { method: 'PUT', headers: { 'content-length': 10 } })
      sending.on('error', () => {})
      sending.write('begun')
      return sending
    }),
  )
  await expect.poll(async () => (await readdir(incoming)).length).toBe(user.atOnceMax)
  const { uploadUrl } = await announce(ada, anyBytes(1))
  const waiting = put(ada, uploadUrl, 'x')
  const { uploadUrl: bobs } = await announce(bob, anyBytes(1))
  const first = await Promise.race([put(bob, bobs, 'x'), waiting.then(() => 'ada')])
  expect(first).toEqual({ status: 204, code: null })
  sendings[0]?.destroy()
  expect(await waiting).toEqual({ status: 204, code: null })
  for (const sending of sendings) sending.destroy()
})
