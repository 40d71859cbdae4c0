// Pictures that are made to cost a server more than they weigh.

import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { test as base, describe, expect, inject } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { mediaLimits } from '../../src/config/media.ts'
import { AppError } from '../../src/errors.ts'
import { createImagePool } from '../../src/media/images/pool.ts'
import { picture } from '../support/uploads.ts'

const { imageFramesMax, imagePixelsMax, imageWholePixelsMax, imagePlaces } = mediaLimits

/** One colour: some kilobytes that say that they are so many pixels. */
const flat = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#369' } })

/** A GIF of frames that are 23 bytes each. */
function gif(frames: number, side = 1): Buffer {
  const frame = Buffer.from([0x21, 0xf9, 4, 0, 5, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0])
  const head = Buffer.from([...Buffer.from('GIF89a'), side, 0, side, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255])
  return Buffer.concat([head, Buffer.alloc(frames * frame.byteLength, frame), Buffer.from([0x3b])])
}

const test = base
  .extend('directory', async ({}, { onCleanup }) => {
    const path = await mkdtemp(join(inject('scratchDir'), 'images-'))
    onCleanup(() => rm(path, { recursive: true, force: true }))
    return path
  })
  .extend('open', async ({ directory }, { onCleanup }) => {
    const closers: (() => void)[] = []
    onCleanup(() => {
      for (const close of closers) close()
    })
    return (bounds: { imageMs?: number; imageMemoryBytesMax?: number } = {}) => {
      const images = createImagePool({ ...readConfig({}).media, ...bounds })
      closers.push(images.close)
      let count = 0
      return {
        close: images.close,
        async remake(bytes: Buffer, { userId = 'ada', address = '10.0.0.1' } = {}) {
          count += 1
          const path = (name: string) => join(directory, `${name}-${count}`)
          const paths = { source: path('source'), file: path('file'), thumbnail: path('thumbnail') }
          await writeFile(paths.source, bytes)
          return images.remake(paths, { userId, address })
        },
      }
    }
  })

const messageOf = (made: Promise<unknown>) =>
  made.then(
    () => 'it was made',
    (error: unknown) => (error instanceof AppError ? `${error.code} ${error.message}` : String(error)),
  )

describe('a picture that is past a bound is refused by its header, with the bound', () => {
  const refused = (what: string, found: number, most: number) =>
    new RegExp(`^UNSUPPORTED_MEDIA The image has ${found} ${what}.* is ${most}\\.$`)
  test.for([
    ['frames of a GIF', async () => gif(imageFramesMax + 1), refused('frames', imageFramesMax + 1, imageFramesMax)],
    ['a million frames', async () => gif(1_000_000), refused('frames', 1_000_000, imageFramesMax)],
    [
      'pixels over all frames',
      async () => gif(imageFramesMax, 255),
      refused('pixels', 255 * 255 * imageFramesMax, imagePixelsMax),
    ],
    [
      'pixels of a WebP',
      () => flat(5_001, 5_000).webp({ effort: 0 }).toBuffer(),
      refused('pixels', 25_005_000, imageWholePixelsMax),
    ],
  ] as const)('%s', async ([, make, message], { open }) => {
    const images = open()
    expect(await messageOf(images.remake(await make()))).toMatch(message)
  })

  test('and one of just as many frames is not', async ({ open }) => {
    expect(await open().remake(gif(imageFramesMax))).toMatchObject({ width: 1, height: 1 })
  })
})

test('a picture that is cut off is told apart from one that is too large', async ({ open }) => {
  const whole = await picture('png', { width: 300, height: 300 })
  const images = open()
  const broken = 'UNSUPPORTED_MEDIA The image cannot be read: the file is damaged or truncated.'
  expect(await messageOf(images.remake(whole.subarray(0, whole.byteLength / 2)))).toBe(broken)
  expect(await messageOf(images.remake(Buffer.from('no picture')))).toBe(broken)
})

test('libvips itself reads nothing but the formats that are allowed', async ({ open }) => {
  const images = open()
  const tiff = await flat(9, 9).tiff().toBuffer()
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  for (const bytes of [tiff, svg]) expect(await messageOf(images.remake(bytes))).toMatch(/^UNSUPPORTED_MEDIA /)
})

/** The processes that decode for this one. */
function decoders(): string[] {
  const lines = execFileSync('ps', ['-ww', '-A', '-o', 'pid=,ppid=,args=']).toString().split('\n')
  const ours = lines.map((line) => line.trim().split(/\s+/)).filter(([, parent]) => parent === String(process.pid))
  return ours.filter((words) => words.some((word) => word.endsWith('re-encoding.ts'))).map(([pid = '']) => pid)
}

/** 25 megapixels in some kilobytes, which take seconds of a core. */
const slowPicture = () => flat(5_000, 5_000).webp({ effort: 0 }).toBuffer()

describe('the process that decodes', { timeout: 120_000 }, () => {
  test.for([
    ['takes too long', { imageMs: 150 }, /^UNSUPPORTED_MEDIA .* takes more than 0\.15 s/],
    ['takes too much memory', { imageMemoryBytesMax: 150_000_000 }, /^UNSUPPORTED_MEDIA .* more than 150000000 bytes/],
  ] as const)('is ended by a picture that %s, and another serves the next', async ([, bounds, message], { open }) => {
    const images = open(bounds)
    expect(await messageOf(images.remake(await slowPicture()))).toMatch(message)
    await expect.poll(decoders).toEqual([])
    // on a machine that is busy a small one may take its time too
    const small = await picture('png')
    await expect.poll(() => messageOf(images.remake(small))).toBe('it was made')
  })

  test('knows no secrets, and ends with its server', async ({ open }) => {
    const images = open()
    await images.remake(await picture('png'))
    const [pid] = decoders()
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    expect(environment.split('\0').map((entry) => entry.split('=')[0])).not.toContain('PATH')
    expect(environment).not.toMatch(/postgres|kabar|home/i)
    images.close()
    await expect.poll(decoders).toEqual([])
  })
})

test('one user, or one address, never has all processes, and others come before what waits of theirs', async ({
  open,
}) => {
  const images = open()
  const slow = await slowPicture()
  const small = await picture('png')
  const order: string[] = []
  const make = (name: string, bytes: Buffer, from: { userId: string; address: string }) =>
    images.remake(bytes, from).then(() => order.push(name))
  const [ada, bob] = [
    { userId: 'ada', address: '10.0.0.1' },
    { userId: 'bob', address: '10.0.0.2' },
  ]
  const all = [
    make('slow', slow, ada),
    make('second', slow, ada),
    make('neighbour', slow, { userId: 'guest of ada', address: '10.0.0.1' }),
    make('bob', small, bob),
  ]
  await Promise.all(all)
  // one address has one process at a time: these take several times as long as the start of the other process
  for (const waited of ['second', 'neighbour']) expect(order.indexOf('bob')).toBeLessThan(order.indexOf(waited))
})

test('of one user so many pictures wait and not more', async ({ open }) => {
  const images = open()
  const { atOnceMax, waitingMax } = imagePlaces.user
  const bytes = await picture('png')
  const answers = await Promise.all(
    Array.from({ length: atOnceMax + waitingMax + 1 }, () => messageOf(images.remake(bytes))),
  )
  expect(answers.filter((answer) => answer !== 'it was made')).toEqual([expect.stringMatching(/^RATE_LIMITED /)])
})
