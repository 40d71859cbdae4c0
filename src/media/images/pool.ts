// Decides how many images are processed at once, and refuses those that exceed a limit. re-encoding.ts does it, in the
// processes of worker.ts.

import { type Claimant, createFairSemaphore } from '../../concurrency/fair-semaphore.ts'
import type { QueueFigures } from '../../concurrency/semaphore.ts'
import { type MediaConfig, mediaLimits } from '../../config/media.ts'
import { type AppError, unavailable } from '../../errors.ts'
import { unsupported } from '../file-types.ts'
import { createImageWorker, type ImageFault, type ImagePaths, type ImageWorker, type MadeImage } from './worker.ts'

/** Re-encodes images, a few at a time: see `createImagePool`. */
export interface Images {
  /**
   * Re-encodes an image and makes its thumbnail.
   *
   * @throws AppError UNSUPPORTED_MEDIA when it cannot be read or exceeds a limit, RATE_LIMITED when too many images of the
   * claimant wait, SERVICE_UNAVAILABLE when too many wait in all.
   */
  remake(paths: ImagePaths, claimant: Claimant): Promise<MadeImage>
  /** The images at this moment. */
  figures(): QueueFigures
  /** Kills its processes. */
  close(): void
}

/** Creates the image processing of one server. Each image in progress has a process. */
export function createImagePool({
  imageMs,
  imageMemoryBytesMax,
}: Pick<MediaConfig, 'imageMs' | 'imageMemoryBytesMax'>): Images {
  const { imagePlaces, thumbnailSizeMax } = mediaLimits
  const life = {
    startMs: mediaLimits.imageStartMs,
    idleMs: mediaLimits.imageIdleMs,
    keptBytesMax: mediaLimits.imageKeptBytesMax,
  }
  const acquire = createFairSemaphore(imagePlaces)
  const workers = Array.from({ length: imagePlaces.atOnceMax }, () => createImageWorker(life))
  const idle: ImageWorker[] = [...workers]
  const bounds = {
    pixelsMax: mediaLimits.imagePixelsMax,
    wholePixelsMax: mediaLimits.imageWholePixelsMax,
    framesMax: mediaLimits.imageFramesMax,
    memoryBytesMax: imageMemoryBytesMax,
    ms: imageMs,
  }

  async function run(paths: ImagePaths): Promise<MadeImage> {
    // the most recently used worker is warm
    const worker = idle.pop()
    if (!worker) throw unavailable('The server has no free process for images. Nothing was stored: try again.')
    try {
      const outcome = await worker.run({ paths, bounds, thumbnailSizeMax })
      if ('fault' in outcome) throw refusalOf(outcome)
      return outcome
    } finally {
      idle.push(worker)
    }
  }

  return {
    remake: (paths, claimant) => acquire(claimant, () => run(paths)),
    figures: acquire.figures,
    close() {
      for (const worker of workers) worker.close()
    },
  }
}

/** Converts a fault to an error that names the exceeded limit. */
function refusalOf(fault: ImageFault): AppError {
  switch (fault.fault) {
    case 'pixels':
      return unsupported(
        `The image has ${fault.found} pixels over all frames; the limit of its format is ${fault.most}.`,
      )
    case 'frames':
      return unsupported(`The image has ${fault.found} frames; the limit is ${fault.most}.`)
    case 'memory':
      return unsupported(`Decoding the image takes more than ${fault.most} bytes of memory. Send a smaller one.`)
    case 'time':
      return unsupported(`Decoding the image takes more than ${fault.most / 1_000} s. Send a smaller one.`)
    case 'format':
      return unsupported(`Images of the format ${fault.format} are not allowed.`)
    case 'broken':
      return unsupported('The image cannot be read: the file is damaged or truncated.', new Error(fault.reason))
    case 'ended':
      return unavailable('The image could not be decoded. Nothing was stored: try again.', new Error(fault.reason))
  }
}
