// The program of the process that decodes images: see image-worker.ts. It knows nothing of the server, and has no secrets.

import sharp, { type Sharp } from 'sharp'
import type { DecoderReport, ImageFault, ImageJob, MadeImage } from './image-worker.ts'

/** Only these read files: whatever else libvips could, SVG and PDF among it, it may not. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}`)

interface Format {
  readonly mimeType: string
  /** Whether libvips decodes it as a whole; otherwise row by row, or frame by frame. */
  readonly isWhole: boolean
  write(image: Sharp): Sharp
}

const asWebp = (image: Sharp) => image.webp({ quality: 85, effort: 2 })

/** AVIF becomes WebP, because it takes many times as long to write. */
const formats: Readonly<Record<string, Format>> = {
  jpeg: { mimeType: 'image/jpeg', isWhole: false, write: (image) => image.jpeg({ quality: 85 }) },
  png: { mimeType: 'image/png', isWhole: false, write: (image) => image.png() },
  gif: { mimeType: 'image/gif', isWhole: false, write: (image) => image.gif({ effort: 3 }) },
  webp: { mimeType: 'image/webp', isWhole: true, write: asWebp },
  heif: { mimeType: 'image/webp', isWhole: true, write: asWebp },
}

/** Its memory is looked at this often. */
const lookMs = 20

async function decode({ paths, bounds, thumbnailSizeMax: size }: ImageJob): Promise<MadeImage | ImageFault> {
  const { source, file, thumbnail } = paths
  // of the header alone: what it says is judged before a pixel is decoded
  const header = await sharp(source, { limitInputPixels: false }).metadata()
  const { pages = 1, width: headerWidth, height: headerHeight } = header
  const format = Object.hasOwn(formats, header.format) ? formats[header.format] : undefined
  if (!format) return { fault: 'format', format: header.format }
  if (pages > bounds.framesMax) return { fault: 'frames', found: pages, most: bounds.framesMax }
  const pixels = headerWidth * headerHeight * pages
  const pixelsMax = format.isWhole ? bounds.wholePixelsMax : bounds.pixelsMax
  if (pixels > pixelsMax) return { fault: 'pixels', found: pixels, most: pixelsMax }
  const read = (animated: boolean) => sharp(source, { animated, limitInputPixels: pixelsMax, failOn: 'error' })
  // frames that stand below each other cannot be turned
  const image = pages > 1 ? read(true) : read(false).autoOrient()
  const made = await format.write(image).toFile(file)
  await read(false)
    .autoOrient()
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 75, effort: 2 })
    .toFile(thumbnail)
  const { size: bytes, width, height, pageHeight = height } = made
  return { mimeType: format.mimeType, bytes, width, height: pageHeight }
}

function tell(report: DecoderReport, told = () => {}): void {
  process.send?.(report, told)
}

/** Ends at once: an exit would wait for what libvips is doing. */
const end = () => process.kill(process.pid, 'SIGKILL')

function work(job: ImageJob): void {
  const looking = setInterval(() => {
    if (process.memoryUsage.rss() <= job.bounds.memoryBytesMax) return
    clearInterval(looking)
    tell({ outcome: { fault: 'memory', most: job.bounds.memoryBytesMax }, memoryBytes: null }, end)
  }, lookMs)
  void decode(job)
    .catch((error: unknown): ImageFault => ({ fault: 'broken', reason: String(error) }))
    .then((outcome) => {
      clearInterval(looking)
      tell({ outcome, memoryBytes: process.memoryUsage.rss() })
    })
}

sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: loaders })
sharp.cache(false)
sharp.concurrency(1)
process.on('message', (job) => work(job as ImageJob))
// the server has gone
process.on('disconnect', end)
tell('ready')
