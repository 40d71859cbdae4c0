import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { expect } from 'vitest'
import { mediaLimits } from '../../src/config/media.ts'
import { type Client, guest } from '../support/client.ts'
import { test } from '../support/members.ts'
import { chunk, png } from '../support/pictures.ts'
import { announce, at, bodyOf, picture, put, upload } from '../support/uploads.ts'

const fetchBytes = async (client: Client, url: string | null) =>
  Buffer.from(await (await fetch(at(client, url ?? ''))).arrayBuffer())

const refusal = { status: 415, code: 'UNSUPPORTED_MEDIA' }

async function refuse(client: Client, bytes: Buffer, mimeType: string): Promise<void> {
  const { uploadUrl } = await announce(client, bytes, { mimeType })
  expect(await put(client, uploadUrl, bodyOf(bytes))).toEqual(refusal)
}

test.for([
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['avif', 'image/webp'],
] as const)('a picture in %s becomes %s with a size and a thumbnail', async ([format, mimeType], { one }) => {
  const ada = await guest(one)
  const bytes = await picture(format, { width: 400, height: 200 })
  const media = await upload(ada, bytes, { name: 'a.picture', mimeType: `image/${format}` })
  expect(media).toMatchObject({ kind: 'IMAGE', mimeType, width: 400, height: 200 })
  const file = await fetch(at(ada, media.url))
  expect(file.headers.get('content-type')).toBe(mimeType)
  expect(file.headers.get('content-disposition')).toMatch(/^inline/)
  expect((await file.arrayBuffer()).byteLength).toBe(media.bytes)
  const thumbnail = await sharp(await fetchBytes(ada, media.thumbnailUrl)).metadata()
  expect(thumbnail).toMatchObject({ format: 'webp', width: mediaLimits.thumbnailSizeMax, height: 160 })
})

test('a picture is turned upright and loses what else it tells, such as where it was taken', async ({ one }) => {
  const ada = await guest(one)
  const bytes = await sharp(await picture('jpeg', { width: 60, height: 20 }))
    .withExif({ IFD0: { Copyright: 'a secret', Orientation: '6' }, IFD3: { GPSLatitude: '6/1 10/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  expect((await sharp(bytes).metadata()).orientation).toBe(6)
  const media = await upload(ada, bytes, { mimeType: 'image/jpeg' })
  expect(media).toMatchObject({ width: 20, height: 60 })
  const file = await fetchBytes(ada, media.url)
  const { exif, orientation, icc, xmp } = await sharp(file).metadata()
  expect({ exif, orientation, icc, xmp }).toEqual({})
  expect(file.includes('a secret')).toBe(false)
  expect(await sharp(await fetchBytes(ada, media.thumbnailUrl)).metadata()).toMatchObject({ width: 20, height: 60 })
})

test('a moving picture keeps its frames', async ({ one }) => {
  const ada = await guest(one)
  const frames = await Promise.all([1, 2, 3].map(() => picture('png', { width: 50, height: 40 })))
  const bytes = await sharp(frames, { join: { animated: true } })
    .gif({ delay: [100, 100, 100] })
    .toBuffer()
  const media = await upload(ada, bytes, { mimeType: 'image/gif' })
  expect(media).toMatchObject({ mimeType: 'image/gif', width: 50, height: 40 })
  expect(await sharp(await fetchBytes(ada, media.url)).metadata()).toMatchObject({ pages: 3 })
})

test('of a picture that is also a script only the picture is left', async ({ one }) => {
  const ada = await guest(one)
  const gif = await picture('gif')
  const bytes = Buffer.concat([gif, Buffer.from('*/=1;alert(document.domain)//<script>alert(1)</script>')])
  const media = await upload(ada, bytes, { mimeType: 'image/gif' })
  const file = await fetchBytes(ada, media.url)
  expect(file.includes('alert')).toBe(false)
  expect((await sharp(file).metadata()).format).toBe('gif')
})

test.for(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)(
  'a picture in %s that is cut off is refused, whatever it is declared as',
  async (format, { one }) => {
    const ada = await guest(one)
    const bytes = await picture(format, { width: 300, height: 300 })
    for (const mimeType of [`image/${format}`, 'text/plain']) {
      await refuse(ada, bytes.subarray(0, bytes.byteLength / 2), mimeType)
    }
  },
)

/** A PNG of one colour: some kilobytes that say that they are so many pixels. */
function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([1, 0], 8)
  const pixels = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height))
  return png(chunk('IHDR', header), chunk('IDAT', pixels))
}

test('a bomb of pixels is refused before it goes off, and one of just as many as allowed is not', async ({ one }) => {
  const ada = await guest(one)
  const height = mediaLimits.imagePixelsMax / 10_000
  const large = bomb(10_000, height)
  expect(large.byteLength).toBeLessThan(20_000)
  await refuse(ada, bomb(10_000, height + 1), 'image/png')
  await refuse(ada, bomb(20_000, 20_000), 'image/png')
  expect(await upload(ada, large, { mimeType: 'image/png' })).toMatchObject({ width: 10_000, height })
})
