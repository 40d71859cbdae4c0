import { createHmac, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { mediaLimits } from '../../src/config/media.ts'
import { guest } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { test, uuidOf } from '../support/members.ts'
import { announce, anyBytes, at, bodyOf, createUpload, findMedia, put, upload } from '../support/uploads.ts'

const ogg = Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(22), Buffer.from('OpusHead\x01\x02')])

test('a file is announced, put on one server, and read on another as it was', async ({ one, two }) => {
  const ada = await guest(one)
  const bytes = anyBytes(100_000)
  const { media, uploadUrl } = await announce(ada, bytes, { name: 'Tabelle „2026“.bin' })
  expect((await fetch(at(ada, media.url))).status).toBe(404)
  expect(await put(ada.at(two), uploadUrl, bodyOf(bytes))).toEqual({ status: 204, code: null })
  const response = await fetch(at(ada, media.url))
  expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="Tabelle _2026_.bin"; filename*=UTF-8''Tabelle%20%E2%80%9E2026%E2%80%9C.bin`,
    'content-length': '100000',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': expect.stringMatching(/^private, max-age=\d{4}, immutable$/),
  })
  expect(await findMedia(ada, media.id)).toMatchObject({ kind: 'FILE', bytes: 100_000, thumbnailUrl: null })
})

test('parts of a file are given as browsers ask for them', async ({ one }) => {
  const ada = await guest(one)
  const bytes = Buffer.concat([ogg, randomBytes(1_000)])
  const { url, kind, mimeType } = await upload(ada, bytes, { name: 'a.ogg', mimeType: 'audio/ogg; codecs=opus' })
  expect([kind, mimeType]).toEqual(['AUDIO', 'audio/ogg'])
  const whole = await fetch(at(ada, url), { method: 'HEAD' })
  const size = bytes.byteLength
  expect([whole.status, whole.headers.get('content-length')]).toEqual([200, `${size}`])
  expect(whole.headers.get('content-disposition')).toMatch(/^inline/)
  const get = async (headers: Record<string, string>) => {
    const response = await fetch(at(ada, url), { headers })
    return [response.status, response.headers.get('content-range'), Buffer.from(await response.arrayBuffer())] as const
  }
  const etag = whole.headers.get('etag') ?? ''
  expect(await get({ range: 'bytes=0-9' })).toEqual([206, `bytes 0-9/${size}`, bytes.subarray(0, 10)])
  expect(await get({ range: `bytes=${size - 1}-` })).toEqual([
    206,
    `bytes ${size - 1}-${size - 1}/${size}`,
    bytes.subarray(-1),
  ])
  expect(await get({ range: 'bytes=-5', 'if-range': etag })).toEqual([
    206,
    `bytes ${size - 5}-${size - 1}/${size}`,
    bytes.subarray(-5),
  ])
  expect(await get({ range: 'bytes=0-999999' })).toEqual([206, `bytes 0-${size - 1}/${size}`, bytes])
  expect(await get({ range: 'bytes=0-9', 'if-range': '"another"' })).toEqual([200, null, bytes])
  for (const range of ['bytes=9-0', 'bytes=-', 'bytes=0-1,3-4', 'lines=0-1'])
    expect(await get({ range })).toEqual([200, null, bytes])
  for (const range of [`bytes=${size}-`, 'bytes=-0'])
    expect((await get({ range })).slice(0, 2)).toEqual([416, `bytes */${size}`])
  expect((await get({ 'if-none-match': etag })).slice(0, 1)).toEqual([304])
})

test('bytes come once, as many as were announced, and what is refused leaves nothing', async ({ one }) => {
  const ada = await guest(one)
  const bytes = anyBytes(1_000)
  const { media, uploadUrl } = await announce(ada, bytes)
  const stream = (chunk: Uint8Array) => Readable.toWeb(Readable.from([chunk]))
  const putStream = async (chunk: Uint8Array) => {
    const response = await fetch(at(ada, uploadUrl), {
      method: 'PUT',
      body: stream(chunk),
      duplex: 'half',
    } as RequestInit)
    return { status: response.status, code: ((await response.json()) as { code: unknown }).code }
  }
  const more = anyBytes(1_001)
  for (const answer of [await put(ada, uploadUrl, bodyOf(more)), await putStream(more)])
    expect(answer).toEqual({ status: 413, code: 'UPLOAD_TOO_LARGE' })
  for (const answer of [await put(ada, uploadUrl, bodyOf(bytes.subarray(1))), await putStream(bytes.subarray(1))])
    expect(answer).toEqual({ status: 400, code: 'BAD_USER_INPUT' })
  const answers = await Promise.all([put(ada, uploadUrl, bodyOf(bytes)), put(ada, uploadUrl, bodyOf(bytes))])
  expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([204, 409])
  expect(await put(ada, uploadUrl, bodyOf(bytes))).toEqual({ status: 409, code: 'CONFLICT' })
  expect(Buffer.from(await (await fetch(at(ada, media.url))).arrayBuffer())).toEqual(bytes)
  expect(await readdir(join(one.parts.config.dataDirectory, 'media', 'incoming'))).toEqual([])
})

test('an upload that is broken off can be begun again', async ({ one, db }) => {
  const ada = await guest(one)
  const bytes = anyBytes(100_000)
  const { media, uploadUrl } = await announce(ada, bytes)
  const incoming = join(one.parts.config.dataDirectory, 'media', 'incoming')
  const sending = request(at(ada, uploadUrl), { method: 'PUT', headers: { 'content-length': bytes.byteLength } })
  sending.on('error', () => {})
  sending.write(bytes.subarray(0, 50_000))
  await expect.poll(() => readdir(incoming)).toHaveLength(1)
  sending.destroy()
  await expect.poll(() => readdir(incoming)).toEqual([])
  expect((await db.media.findUniqueOrThrow({ where: { id: uuidOf(media.id) } })).uploadedAt).toBeNull()
  expect(await put(ada, uploadUrl, bodyOf(bytes))).toEqual({ status: 204, code: null })
})

test('a URL serves for what it was signed for, as long as it was signed for', async ({ one }) => {
  const ada = await guest(one)
  const bytes = anyBytes(10)
  const { media, uploadUrl } = await announce(ada, bytes)
  const { media: other } = await announce(ada, bytes)
  const changed = (url: string, from: string | RegExp, to: string) => url.replace(from, to)
  for (const url of [
    changed(uploadUrl, /expires=\d+/, 'expires=9999999999'),
    changed(uploadUrl, /expires=\d+/, 'expires=x'),
    changed(uploadUrl, /signature=.*/, 'signature=AAAA'),
    changed(uploadUrl, /\?.*/, ''),
    changed(uploadUrl, uuidOf(media.id), uuidOf(other.id)),
    changed(media.url, '/file', '/upload'),
  ]) {
    expect(await put(ada, url, bodyOf(bytes)), url).toEqual({ status: 403, code: 'FORBIDDEN' })
  }
  expect((await fetch(at(ada, changed(uploadUrl, '/upload', '/file')))).status).toBe(403)
  expect((await fetch(at(ada, changed(media.url, '/file', '/thumbnail')))).status).toBe(403)
  expect((await fetch(at(ada, '/media/x/file'))).status).toBe(404)
  expect((await fetch(at(ada, media.url), { method: 'DELETE' })).status).toBe(405)
  expect((await fetch(at(ada, uploadUrl))).status).toBe(405)
})

test('a URL that has expired serves no more', async ({ one, db }) => {
  const ada = await guest(one)
  const { id, url } = await upload(ada, anyBytes(10))
  const { secret } = await db.mediaKey.findUniqueOrThrow({ where: { id: 1 } })
  const signed = (expires: number) => {
    const text = `file ${uuidOf(id)} ${expires}`
    const signature = createHmac('sha256', secret).update(text).digest('base64url')
    return `${url.split('?')[0]}?expires=${expires}&signature=${signature}`
  }
  const now = Math.floor(Date.now() / 1_000)
  expect((await fetch(at(ada, signed(now + 600)))).status).toBe(200)
  const late = await fetch(at(ada, signed(now)))
  expect([late.status, await late.json()]).toEqual([
    403,
    { error: expect.stringContaining('expired'), code: 'FORBIDDEN' },
  ])
})

test('a URL stays the same while browsers may keep what it gave', async ({ one, two }) => {
  const ada = await guest(one)
  const { id, url } = await upload(ada, anyBytes(10))
  expect((await findMedia(ada.at(two), id))?.url).toBe(url)
  const expires = Number(/expires=(\d+)/.exec(url)?.[1]) * 1_000
  expect(expires % mediaLimits.urlWindowMs).toBe(0)
})

test('what is no file to share is refused', async ({ one }) => {
  const ada = await guest(one)
  const max = one.parts.config.media.uploadBytesMax
  const input = { name: 'a.bin', mimeType: 'application/pdf', bytes: max }
  await ada.call(createUpload, { input })
  await ada.call(createUpload, { input: { ...input, name: 'n'.repeat(limits.mediaNameLengthMax) } })
  const refused: [Record<string, unknown>, string][] = [
    [{ bytes: max + 1 }, 'UPLOAD_TOO_LARGE'],
    [{ bytes: 0 }, 'BAD_USER_INPUT'],
    [{ name: 'n'.repeat(limits.mediaNameLengthMax + 1) }, 'BAD_USER_INPUT'],
    [{ name: '../a' }, 'BAD_USER_INPUT'],
    [{ name: 'a\u202egnp.exe' }, 'BAD_USER_INPUT'],
    [{ mimeType: 'nothing' }, 'BAD_USER_INPUT'],
    [{ mimeType: `a/${'b'.repeat(limits.mimeTypeLengthMax)}` }, 'BAD_USER_INPUT'],
  ]
  for (const [change, code] of refused)
    expect(await ada.fail(createUpload, { input: { ...input, ...change } }), JSON.stringify(change)).toBe(code)
})

test('an upload of somebody else is as one that does not exist', async ({ one }) => {
  const [ada, eve] = [await guest(one), await guest(one)]
  const { id } = await upload(ada, anyBytes(10))
  expect(await findMedia(ada, id)).toMatchObject({ id })
  expect(await findMedia(eve, id)).toBeNull()
})

test('pages of allowed origins may put and get, and others may not', async ({ one }) => {
  const ada = await guest(one)
  const { uploadUrl, media } = await announce(ada, anyBytes(10))
  const preflight = async (origin: string) => {
    const headers = { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' }
    const response = await fetch(at(ada, uploadUrl), { method: 'OPTIONS', headers })
    return [response.headers.get('access-control-allow-origin'), response.headers.get('access-control-allow-methods')]
  }
  expect(await preflight('http://localhost:5173')).toEqual(['http://localhost:5173', 'GET, HEAD, PUT'])
  expect(await preflight('https://evil.example')).toEqual([null, null])
  const got = await fetch(at(ada, media.url), { headers: { origin: 'http://localhost:5173' } })
  expect(got.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
})

test('URLs of files outlive the key that signed them, but nobody can prolong them with it', async ({
  one,
  two,
  start,
  db,
  databaseUrl,
}) => {
  // by no more than a key waits and servers are late, so that what was signed a moment ago is not of an earlier hour
  const age = () => db.$executeRaw`update media_keys set created_at = created_at - interval '6 minutes'`
  const rotate = async () => (await kabar(databaseUrl, ['keys', 'rotate'])).out
  const ada = await guest(one)
  const { id, url: before } = await upload(ada, anyBytes(10))
  await age()
  expect(await rotate()).toContain('File URLs have a new key from')
  expect(await rotate()).toContain('A new key for file URLs was published less than 5 minutes ago.')
  const waiting = ada.at(await start())
  expect((await findMedia(waiting, id))?.url).toBe(before)
  await age()
  const rotated = ada.at(await start())
  const after = (await findMedia(rotated, id))?.url ?? ''
  expect(after).not.toBe(before)
  for (const client of [ada, ada.at(two), waiting, rotated]) {
    for (const url of [before, after]) {
      // a server that has just read the keys does so again after a second
      const status = async () => (await fetch(at(client, url))).status
      await expect.poll(status).toBe(200)
    }
  }

  const [old] = await db.mediaKey.findMany({ orderBy: { id: 'asc' } })
  const signed = (expires: number) => {
    const text = `file ${uuidOf(id)} ${expires}`
    const signature = createHmac('sha256', old?.secret ?? '').update(text)
    return `/media/${uuidOf(id)}/file?expires=${expires}&signature=${signature.digest('base64url')}`
  }
  const now = Math.floor(Date.now() / 1_000)
  expect((await fetch(at(rotated, signed(now + 60)))).status).toBe(200)
  expect((await fetch(at(rotated, signed(now + 10 * 3_600)))).status).toBe(403)

  await db.$executeRaw`update media_keys set created_at = created_at - interval '3 hours'`
  await rotate()
  expect(await db.mediaKey.count()).toBe(2)
  expect(await db.mediaKey.findUnique({ where: { id: old?.id ?? 0 } })).toBeNull()
})
