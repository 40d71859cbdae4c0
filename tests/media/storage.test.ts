// One contract for both storages, and what clients see of the one in S3.

import { randomUUID } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, inject } from 'vitest'
import { createDiskStorage } from '../../src/media/storage/disk.ts'
import { createS3Storage } from '../../src/media/storage/s3.ts'
import { type MediaStorage, newStorageKey } from '../../src/media/storage/storage.ts'
import { guest } from '../support/client.ts'
import { test as base } from '../support/members.ts'
import { startS3 } from '../support/s3.ts'
import { announce, anyBytes, at, bodyOf, picture, put, upload } from '../support/uploads.ts'

const test = base
  .extend('s3', { scope: 'file' }, async ({}, { onCleanup }) => {
    const s3 = await startS3()
    onCleanup(() => s3.close())
    return s3
  })
  .extend('directory', { scope: 'file' }, async () => {
    const directory = join(inject('scratchDir'), randomUUID())
    await mkdir(directory, { recursive: true })
    return directory
  })
  .extend('storages', { scope: 'file' }, async ({ s3, directory }, { onCleanup }) => {
    const storages = { disk: createDiskStorage(directory), S3: createS3Storage(s3.config) }
    onCleanup(() => storages.S3.close())
    return storages
  })

const readAll = async (storage: MediaStorage, key: string, range?: { start: number; end: number }) => {
  const stream = await storage.read(key, range)
  return stream && buffer(stream)
}

describe.for(['disk', 'S3'] as const)('the storage on %s', (name) => {
  test('gives a file as it was put, whole and in parts', async ({ storages, directory }) => {
    const storage = storages[name]
    const key = newStorageKey()
    const bytes = anyBytes(200_000)
    const path = join(directory, randomUUID())
    await writeFile(path, bytes)
    await storage.put(key, path)
    expect(await storage.size(key)).toBe(200_000)
    expect(await readAll(storage, key)).toEqual(bytes)
    expect(await readAll(storage, key, { start: 0, end: 0 })).toEqual(bytes.subarray(0, 1))
    expect(await readAll(storage, key, { start: 100, end: 199_999 })).toEqual(bytes.subarray(100))
  })

  test('replaces a file that is put again', async ({ storages, directory }) => {
    const storage = storages[name]
    const key = newStorageKey()
    for (const text of ['first', 'second']) {
      const path = join(directory, randomUUID())
      await writeFile(path, text)
      await storage.put(key, path)
    }
    expect(String(await readAll(storage, key))).toBe('second')
  })

  test('has nothing where nothing was put, and nothing that was removed', async ({ storages, directory }) => {
    const storage = storages[name]
    const [key, other] = [newStorageKey(), newStorageKey()]
    const path = join(directory, randomUUID())
    await writeFile(path, 'text')
    await storage.put(key, path)
    await storage.remove([other, key])
    expect(await storage.size(key)).toBeNull()
    expect(await storage.read(key)).toBeNull()
    await storage.remove([key])
  })

  test('keeps nothing of a file that could not be put', async ({ storages, directory }) => {
    const storage = storages[name]
    const key = newStorageKey()
    await expect(storage.put(key, join(directory, 'missing'))).rejects.toThrow()
    expect(await storage.size(key)).toBeNull()
  })
})

test('the storage on disk takes no key that leads elsewhere', async ({ storages }) => {
  for (const key of ['../../etc/passwd', 'ab/../../x', '/etc/passwd', 'ab'])
    await expect(storages.disk.read(key)).rejects.toThrow('invariant')
})

test('clients upload to the server and download from the bucket', async ({ start, s3 }) => {
  const server = await start({ media: { publicUrl: '', uploadBytesMax: 1_000_000, s3: s3.config } })
  const ada = await guest(server)
  const bytes = anyBytes(50_000)
  const media = await upload(ada, bytes, { name: 'ä.bin', mimeType: 'application/pdf' })
  const redirect = await fetch(at(ada, media.url), { redirect: 'manual' })
  expect(redirect.status).toBe(302)
  expect(redirect.headers.get('location')).toContain(s3.config.endpoint)
  const got = await fetch(at(ada, media.url))
  expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes)
  expect(got.headers.get('content-type')).toBe('application/octet-stream')
  expect(got.headers.get('content-disposition')).toBe(`attachment; filename="_.bin"; filename*=UTF-8''%C3%A4.bin`)
  const head = await fetch(at(ada, media.url), { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '50000'])
  const part = await fetch(at(ada, media.url), { headers: { range: 'bytes=10-19' } })
  expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)])

  const image = await upload(ada, await picture('png'), { mimeType: 'image/png' })
  expect((await fetch(at(ada, image.thumbnailUrl ?? ''))).headers.get('content-type')).toBe('image/webp')
  expect(await readdir(join(server.parts.config.dataDirectory, 'media', 'incoming'))).toEqual([])
})

test('an upload that the bucket does not take can be tried again', async ({ start, s3 }) => {
  const server = await start({ media: { publicUrl: '', uploadBytesMax: 1_000_000, s3: s3.config } })
  const ada = await guest(server)
  const bytes = anyBytes(1_000)
  const { uploadUrl, media } = await announce(ada, bytes)
  s3.failWith([500])
  expect(await put(ada, uploadUrl, bodyOf(bytes))).toEqual({ status: 503, code: 'SERVICE_UNAVAILABLE' })
  expect((await fetch(at(ada, media.url))).status).toBe(404)
  expect(await put(ada, uploadUrl, bodyOf(bytes))).toEqual({ status: 204, code: null })
})

test('URLs begin with the address that the operator gave', async ({ start }) => {
  const server = await start({ media: { publicUrl: 'https://chat.example/kabar', uploadBytesMax: 1_000, s3: null } })
  const { media, uploadUrl } = await announce(await guest(server), anyBytes(10))
  for (const url of [media.url, uploadUrl])
    expect(url).toMatch(/^https:\/\/chat\.example\/kabar\/media\/[\da-f-]{36}\//)
})
