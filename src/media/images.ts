// Makes images anew from their pixels: what else their bytes hold, such as a place or a script, is gone.

import sharp, { type Sharp } from 'sharp'
import { createSemaphore } from '../concurrency/semaphore.ts'
import { mediaLimits } from '../config/media.ts'
import { unsupported } from './file-types.ts'

/** Where an image comes from and where it goes. */
export interface ImagePaths {
  source: string
  file: string
  thumbnail: string
}

/** An image that was made anew. */
export interface MadeImage {
  readonly mimeType: string
  readonly bytes: number
  /** Pixels, after turning it upright; of one frame. */
  readonly width: number
  readonly height: number
}

/** Makes images anew, a few at a time: see `createImages`. */
export interface Images {
  /**
   * Writes an image and its thumbnail from the pixels of another.
   *
   * @throws AppError UNSUPPORTED_MEDIA when it cannot be read or is too large, SERVICE_UNAVAILABLE when too many wait.
   */
  remake(paths: ImagePaths): Promise<MadeImage>
}

/** Only these read files: whatever else libvips could, SVG and PDF among it, it may not. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}`)

/** AVIF becomes WebP, because it takes many times as long to write. */
const writers: Readonly<Record<string, { mimeType: string; write(image: Sharp): Sharp }>> = {
  jpeg: { mimeType: 'image/jpeg', write: (image) => image.jpeg({ quality: 85 }) },
  png: { mimeType: 'image/png', write: (image) => image.png() },
  webp: { mimeType: 'image/webp', write: (image) => image.webp({ quality: 85, effort: 2 }) },
  gif: { mimeType: 'image/gif', write: (image) => image.gif({ effort: 3 }) },
  heif: { mimeType: 'image/webp', write: (image) => image.webp({ quality: 85, effort: 2 }) },
}

/** Sets libvips up for a server that does other things too. Few images at once, one thread each. */
export function createImages(): Images {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: loaders })
  sharp.cache(false)
  sharp.concurrency(1)
  const { imagesAtOnceMax: atOnce, imagesQueuedMax: waitingMax } = mediaLimits
  const takeTurn = createSemaphore({ atOnce, waitingMax })
  return { remake: (paths) => takeTurn(() => remake(paths)) }
}

async function remake({ source, file, thumbnail }: ImagePaths): Promise<MadeImage> {
  try {
    const { format, pages = 1 } = await read(source, true).metadata()
    const writer = Object.hasOwn(writers, format) ? writers[format] : undefined
    if (!writer) throw unsupported(`Images of the format ${format} are not allowed.`)
    // frames that stand below each other cannot be turned
    const image = pages > 1 ? read(source, true) : read(source, false).autoOrient()
    const made = await writer.write(image).toFile(file)
    const size = mediaLimits.thumbnailSizeMax
    await read(file, false)
      .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 75, effort: 2 })
      .toFile(thumbnail)
    const { size: bytes, width, height, pageHeight = height } = made
    return { mimeType: writer.mimeType, bytes, width, height: pageHeight }
  } catch (error) {
    throw unsupported('The image cannot be read, or has too many pixels.', error)
  }
}

function read(path: string, animated: boolean): Sharp {
  const { imagePixelsMax, imageSeconds } = mediaLimits
  return sharp(path, { animated, limitInputPixels: imagePixelsMax, failOn: 'error' }).timeout({ seconds: imageSeconds })
}
