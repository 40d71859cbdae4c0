// Re-encodes images, which removes everything else in the file, such as locations and scripts, and makes their thumbnails.
// The program of the processes of worker.ts: isolated from the server, and without secrets.

import { readFile, writeFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import sharp, { type Sharp } from 'sharp'
import { fileMode } from '../../database/private-files.ts'
import { type AnimatedPng, stripAnimatedPng } from './animated-png.ts'
import type { DecoderReport, ImageFault, ImageJob, MadeImage } from './worker.ts'

// before the threads of libvips, which inherit it: an image takes only the time that the server leaves
setPriority(constants.priority.PRIORITY_LOW)

/** The allowed image loaders. All others of libvips, such as SVG and PDF, are blocked. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}`)

interface Format {
  readonly mimeType: string
  /** True if libvips decodes the whole image at once; otherwise row by row, or frame by frame. */
  readonly isWhole: boolean
  write(image: Sharp): Sharp
}

const asWebp = (image: Sharp) => image.webp({ quality: 85, effort: 2 })

/** AVIF becomes WebP, because AVIF takes many times as long to encode. */
const formats: Readonly<Record<string, Format>> = {
  jpeg: { mimeType: 'image/jpeg', isWhole: false, write: (image) => image.jpeg({ quality: 85 }) },
  png: { mimeType: 'image/png', isWhole: false, write: (image) => image.png() },
  gif: { mimeType: 'image/gif', isWhole: false, write: (image) => image.gif({ effort: 3 }) },
  webp: { mimeType: 'image/webp', isWhole: true, write: asWebp },
  heif: { mimeType: 'image/webp', isWhole: true, write: asWebp },
}

/** The interval at which the memory use is checked. */
const memoryCheckMs = 20

async function decode({ paths, bounds, thumbnailSizeMax: size }: ImageJob): Promise<MadeImage | ImageFault> {
  const { source, file, thumbnail } = paths
  // reads only the header: its values are checked before a pixel is decoded
  const header = await sharp(source, { limitInputPixels: false }).metadata()
  const animation = header.format === 'png' ? stripAnimatedPng(await readFile(source)) : null
  const { pages = animation?.frames ?? 1, width: headerWidth, height: headerHeight } = header
  const format = Object.hasOwn(formats, header.format) ? formats[header.format] : undefined
  if (!format) return { fault: 'format', format: header.format }
  if (pages > bounds.framesMax) return { fault: 'frames', found: pages, most: bounds.framesMax }
  const pixels = headerWidth * headerHeight * pages
  const pixelsMax = format.isWhole ? bounds.wholePixelsMax : bounds.pixelsMax
  if (pixels > pixelsMax) return { fault: 'pixels', found: pixels, most: pixelsMax }
  const read = (animated: boolean) => sharp(source, { animated, limitInputPixels: pixelsMax, failOn: 'error' })
  // libvips stacks the frames of an animation vertically, so that they cannot be rotated
  const image = pages > 1 ? read(true) : read(false).autoOrient()
  const made = animation ? await writeAnimation(animation, file) : await format.write(image).toFile(file)
  await read(false)
    .autoOrient()
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 75, effort: 2 })
    .toFile(thumbnail)
  const { size: bytes, width, height, pageHeight = height } = made
  return { mimeType: format.mimeType, bytes, width, height: pageHeight }
}

interface Written {
  readonly size: number
  readonly width: number
  readonly height: number
  readonly pageHeight?: number
}

/** Writes an animated PNG. Whether its first image can be decoded shows when the thumbnail is made. */
async function writeAnimation({ bytes, width, height }: AnimatedPng, file: string): Promise<Written> {
  await writeFile(file, bytes, { flag: 'wx', mode: fileMode })
  return { size: bytes.byteLength, width, height }
}

function report(message: DecoderReport, onSent = () => {}): void {
  process.send?.(message, onSent)
}

/** Kills this process at once, because a normal exit would wait for libvips. */
const end = () => process.kill(process.pid, 'SIGKILL')

function work(job: ImageJob): void {
  const memoryTimer = setInterval(() => {
    if (process.memoryUsage.rss() <= job.bounds.memoryBytesMax) return
    clearInterval(memoryTimer)
    report({ outcome: { fault: 'memory', most: job.bounds.memoryBytesMax }, memoryBytes: null }, end)
  }, memoryCheckMs)
  void decode(job)
    .catch((error: unknown): ImageFault => ({ fault: 'broken', reason: String(error) }))
    .then((outcome) => {
      clearInterval(memoryTimer)
      report({ outcome, memoryBytes: process.memoryUsage.rss() })
    })
}

sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: loaders })
sharp.cache(false)
sharp.concurrency(1)
process.on('message', (job) => work(job as ImageJob))
// the server process has ended
process.on('disconnect', end)
report('ready')
