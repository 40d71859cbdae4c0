import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { expect } from 'vitest'
import { mediaLimits } from '../../src/config/media.ts'
import { type Client, guest } from '../support/client.ts'
import { test } from '../support/members.ts'
import { announce, anyBytes, at, bodyOf, picture, put, upload } from '../support/uploads.ts'

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

test.for(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)(
  'a picture in %s cannot be stored as it is by declaring it as a file',
  async (format, { one }) => {
    const ada = await guest(one)
    for (const mimeType of ['application/octet-stream', 'text/plain'])
      await refuse(ada, await picture(format), mimeType)
  },
)

test('a picture of a type that is not taken cannot be stored as a file, and a text that begins like one can', async ({
  one,
}) => {
  const ada = await guest(one)
  const tiff = await sharp(await picture('png'))
    .tiff()
    .toBuffer()
  const heic = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), anyBytes(100)])
  for (const bytes of [tiff, heic]) await refuse(ada, bytes, 'application/octet-stream')
  expect(await upload(ada, Buffer.from('BMW or Audi?'), { mimeType: 'text/plain' })).toMatchObject({
    kind: 'FILE',
    mimeType: 'text/plain',
  })
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

test('what is no picture, or one of a format that is not allowed, is refused', async ({ one }) => {
  const ada = await guest(one)
  const png = await picture('png', { width: 300, height: 300 })
  await refuse(ada, png.subarray(0, png.byteLength / 2), 'image/png')
  await refuse(ada, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'image/png')
  await refuse(ada, await sharp(png).tiff().toBuffer(), 'image/png')
})

/** A PNG of one colour: some kilobytes that say that they are so many pixels. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const ends = Buffer.alloc(8)
    ends.writeUInt32BE(data.byteLength, 0)
    ends.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([1, 0], 8)
  const pixels = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height))
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
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
