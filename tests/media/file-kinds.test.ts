// Every file is taken. What browsers can show safely is served inline, everything else as a download, whatever was declared.

import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import { describe, expect } from 'vitest'
import { mediaLimits } from '../../src/config/media.ts'
import { type Client, guest } from '../support/client.ts'
import { test } from '../support/members.ts'
import { animatedPng } from '../support/pictures.ts'
import { announce, at, bodyOf, picture, put, upload } from '../support/uploads.ts'

const latin = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), randomBytes(400)])
const brand = (name: string) => latin(`\0\0\0\x18ftyp${name}\0\0\0\0mif1${name}`)

const ogg = latin(`OggS\0\x02${'\0'.repeat(22)}OpusHead\x01\x02`)
const mp4 = latin('\0\0\0\x18ftypisom\0\0\0\0isommp42')
const m4v = latin('\0\0\0\x18ftypM4V \0\0\0\0isommp42')
const mov = latin('\0\0\0\x14ftypqt  \0\0\0\0qt  ')
const mkv = latin('\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska')
const avi = latin('RIFF\x24\x08\0\0AVI LIST')
const wav = latin('RIFF\x24\x08\0\0WAVEfmt ')
const flac = latin('fLaC')
const aac = latin('\xff\xf1\x50\x80\x2e\x7f\xfc')
const ts = Buffer.alloc(188 * 3)
for (const index of [0, 188, 376]) ts[index] = 0x47
const script = '<script>alert(1)</script>'

/** The declared type, the content, and the kind and type that it is served as. */
const table: readonly (readonly [
  name: string,
  declared: string,
  content: Buffer | string,
  kind: string,
  type: string,
])[] = [
  // shown or played
  ['clip.mp4', 'video/mp4', mp4, 'VIDEO', 'video/mp4'],
  ['clip.m4v', 'video/x-m4v', m4v, 'VIDEO', 'video/mp4'],
  ['voice.m4a', 'audio/mp4', mp4, 'AUDIO', 'audio/mp4'],
  ['voice.opus', 'audio/opus', ogg, 'AUDIO', 'audio/ogg'],
  ['voice.ogg', 'audio/ogg; codecs=opus', ogg, 'AUDIO', 'audio/ogg'],
  ['voice.ogg', 'application/ogg', ogg, 'AUDIO', 'audio/ogg'],
  ['song.aac', 'audio/aac', aac, 'AUDIO', 'audio/aac'],
  ['song.aac', 'audio/x-aac', aac, 'AUDIO', 'audio/aac'],
  ['song.flac', 'audio/flac', flac, 'AUDIO', 'audio/flac'],
  ['song.flac', 'audio/x-flac', flac, 'AUDIO', 'audio/flac'],
  ['song.wav', 'audio/vnd.wave', wav, 'AUDIO', 'audio/wav'],
  ['song.wav', 'audio/wave', wav, 'AUDIO', 'audio/wav'],
  // kept as files
  ['photo.heic', 'image/heic', brand('heic'), 'FILE', 'image/heic'],
  ['photo.heif', 'image/heif', brand('mif1'), 'FILE', 'image/heif'],
  ['photo.heic', 'application/octet-stream', brand('heic'), 'FILE', 'image/heic'],
  ['photo.heic', 'image/jpeg', brand('heic'), 'FILE', 'image/heic'],
  ['clip.mov', 'video/quicktime', mov, 'FILE', 'video/quicktime'],
  ['clip.mov', 'video/mp4', mov, 'FILE', 'video/quicktime'],
  ['clip.mkv', 'video/x-matroska', mkv, 'FILE', 'video/matroska'],
  ['clip.avi', 'video/x-msvideo', avi, 'FILE', 'video/vnd.avi'],
  ['clip.ts', 'video/mp2t', ts, 'FILE', 'video/mp2t'],
  ['code.ts', 'video/mp2t', 'export const a = 1\n', 'FILE', 'video/mp2t'],
  ['feed.xml', 'application/xml', '<?xml version="1.0"?><a/>', 'FILE', 'application/xml'],
  ['feed.xml', 'text/xml', '<?xml version="1.0"?><a/>', 'FILE', 'application/xml'],
  ['app.js', 'text/javascript', 'alert(document.domain)', 'FILE', 'text/javascript'],
  ['icon.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'FILE', 'image/svg+xml'],
  ['page.html', 'text/html', `<!DOCTYPE html>${script}`, 'FILE', 'text/html'],
  ['README.md', 'text/markdown', '<p align="center">Kabar</p>', 'FILE', 'text/markdown'],
  ['notes.txt', 'text/plain', '\ufeff \n<!-- --><html>', 'FILE', 'text/plain'],
  ['utf16.txt', 'text/plain', Buffer.from('\ufeff<p>a</p>', 'utf16le'), 'FILE', 'text/plain'],
  ['cars.txt', 'text/plain', 'BMW or Audi?', 'FILE', 'text/plain'],
  ['.gitignore', '', 'node_modules\n', 'FILE', 'application/octet-stream'],
  ['empty', 'application/x-unknown', '\0', 'FILE', 'application/x-unknown'],
  // nothing of what was declared
  ['a.png', 'image/png', ogg, 'FILE', 'audio/ogg'],
  ['a.png', 'image/png', mp4, 'FILE', 'video/mp4'],
  ['a.png', 'image/png', `<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`, 'FILE', 'application/octet-stream'],
  ['a.mp4', 'video/mp4', 'no film', 'FILE', 'application/octet-stream'],
  ['a.mp4', 'video/mp4', Buffer.concat([mp4.subarray(0, 24), Buffer.from(script)]), 'FILE', 'video/mp4'],
  ['a.mp3', 'audio/mpeg', `<!DOCTYPE html>${script}`, 'FILE', 'application/octet-stream'],
]

test('every file is kept as it was, and served inline only where that is safe', async ({ one }) => {
  const ada = await guest(one)
  for (const [name, mimeType, content, kind, type] of table) {
    const bytes = Buffer.from(content)
    const media = await upload(ada, bytes, { name, mimeType })
    expect(media, `${name} as ${mimeType}`).toMatchObject({ name, kind, mimeType: type, thumbnailUrl: null })
    const response = await fetch(at(ada, media.url))
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
    expect(Object.fromEntries(response.headers), name).toMatchObject({
      'content-type': kind === 'FILE' ? 'application/octet-stream' : type,
      'content-disposition': expect.stringMatching(kind === 'FILE' ? /^attachment; / : /^inline; /),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    })
  }
})

describe('pictures', () => {
  const bytesAt = async (client: Client, url: string) => Buffer.from(await (await fetch(at(client, url))).arrayBuffer())

  test('are pictures whatever they are declared as, so that none keeps its location', async ({ one }) => {
    const ada = await guest(one)
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif'] as const) {
      const bytes = await sharp(await picture(format))
        .withExif({ IFD0: { Copyright: 'a secret' }, IFD3: { GPSLatitude: '6/1 10/1 0/1' } })
        .toFormat(format)
        .toBuffer()
      for (const mimeType of ['text/plain', format === 'png' ? 'video/mp4' : 'image/png']) {
        const media = await upload(ada, bytes, { mimeType })
        const served = `image/${format === 'avif' ? 'webp' : format}`
        expect(media).toMatchObject({ kind: 'IMAGE', mimeType: served, width: 40, height: 30 })
        expect((await bytesAt(ada, media.url)).includes('a secret')).toBe(false)
      }
    }
  })

  test('in an animated PNG go on to move, without what is not needed for that', async ({ one }) => {
    const ada = await guest(one)
    const frames = await Promise.all(['#f00', '#0f0', '#00f'].map((background) => flat(background)))
    const bytes = animatedPng(frames, { text: 'a secret' })
    const media = await upload(ada, bytes, { mimeType: 'image/png' })
    expect(media).toMatchObject({ kind: 'IMAGE', mimeType: 'image/png', width: 40, height: 30 })
    const file = await bytesAt(ada, media.url)
    expect(file).toEqual(animatedPng(frames))
    const thumbnail = sharp(await bytesAt(ada, media.thumbnailUrl ?? ''))
    expect(await thumbnail.metadata()).toMatchObject({ format: 'webp', width: 40, height: 30 })
  })

  test.for([
    ['a frame that lies outside', (frames: Buffer[]) => animatedPng(frames, { left: 1 })],
    ['a wrong checksum', (frames: Buffer[]) => damaged(animatedPng(frames))],
    ['fewer frames than it says', (frames: Buffer[]) => animatedPng(frames, { announced: 3 })],
  ] as const)('in an animated PNG with %s stand still', async ([, make], { one }) => {
    const ada = await guest(one)
    const frames = await Promise.all(['#f00', '#0f0'].map((background) => flat(background)))
    const media = await upload(ada, make(frames), { mimeType: 'image/png' })
    expect((await bytesAt(ada, media.url)).includes('acTL')).toBe(false)
  })

  test('with too many pixels and those that are damaged are refused, each with its sentence', async ({ one }) => {
    const ada = await guest(one)
    const query = '{ server { limits { imagePixelsMax imageWholePixelsMax imageFramesMax uploadBytesMax } } }'
    const { imagePixelsMax, imageWholePixelsMax, imageFramesMax } = mediaLimits
    const { uploadBytesMax } = one.parts.config.media
    expect(await ada.call(query)).toEqual({
      server: { limits: { imagePixelsMax, imageWholePixelsMax, imageFramesMax, uploadBytesMax } },
    })
    const frame = await flat('#fff')
    const jpeg = await picture('jpeg', { width: 300, height: 300 })
    const large = await sharp({ create: { width: 7_100, height: 7_100, channels: 3, background: '#fff' } })
      .jpeg()
      .toBuffer()
    const refused: [Buffer, RegExp][] = [
      [jpeg.subarray(0, jpeg.byteLength / 2), /^The image cannot be read: the file is damaged or truncated\.$/],
      [large, /^The image has 50410000 pixels over all frames; the limit of its format is 50000000\.$/],
      [
        animatedPng(Array.from({ length: imageFramesMax + 1 }, () => frame)),
        new RegExp(`^The image has ${imageFramesMax + 1} frames; the limit is ${imageFramesMax}\\.$`),
      ],
    ]
    for (const [bytes, sentence] of refused) {
      const { uploadUrl } = await announce(ada, bytes, { mimeType: 'image/jpeg' })
      const response = await fetch(at(ada, uploadUrl), { method: 'PUT', body: bodyOf(bytes) })
      expect([response.status, await response.json()]).toEqual([
        415,
        { code: 'UNSUPPORTED_MEDIA', error: expect.stringMatching(sentence) },
      ])
      // nothing was stored: another try is possible
      expect((await put(ada, uploadUrl, bodyOf(bytes))).status).toBe(415)
    }
  })
})

const flat = (background: string) =>
  sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .png()
    .toBuffer()

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.indexOf('fdAT') + 6
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
