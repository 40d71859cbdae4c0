// Makes images from the pixels of others: what else their bytes hold, such as a place or a script, is gone.

import { type Claimant, createFairSemaphore } from '../concurrency/fair-semaphore.ts'
import { type MediaConfig, mediaLimits } from '../config/media.ts'
import { type AppError, unavailable } from '../errors.ts'
import { unsupported } from './file-types.ts'
import {
  createImageWorker,
  type ImageFault,
  type ImagePaths,
  type ImageWorker,
  type MadeImage,
} from './image-worker.ts'

/** Makes images, a few at a time: see `createImages`. */
export interface Images {
  /**
   * Writes an image and its thumbnail from the pixels of another.
   *
   * @throws AppError UNSUPPORTED_MEDIA when it cannot be read or is past a bound, RATE_LIMITED when too many of the
   * claimant's wait, SERVICE_UNAVAILABLE when too many of all do.
   */
  remake(paths: ImagePaths, claimant: Claimant): Promise<MadeImage>
  /** Ends its processes. */
  close(): void
}

/** Makes the decoder of a server. Each image that it works on at the same time has a process. */
export function createImages({
  imageMs,
  imageMemoryBytesMax,
}: Pick<MediaConfig, 'imageMs' | 'imageMemoryBytesMax'>): Images {
  const { imagePlaces, thumbnailSizeMax } = mediaLimits
  const life = {
    startMs: mediaLimits.imageStartMs,
    idleMs: mediaLimits.imageIdleMs,
    keptBytesMax: mediaLimits.imageKeptBytesMax,
  }
  const takePlace = createFairSemaphore(imagePlaces)
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
    // the one that worked last is warm
    const worker = idle.pop()
    if (!worker) throw unavailable('The server has no process for images. Nothing was stored: try again.')
    try {
      const outcome = await worker.run({ paths, bounds, thumbnailSizeMax })
      if ('fault' in outcome) throw refusalOf(outcome)
      return outcome
    } finally {
      idle.push(worker)
    }
  }

  return {
    remake: (paths, claimant) => takePlace(claimant, () => run(paths)),
    close() {
      for (const worker of workers) worker.close()
    },
  }
}

/** Says which bound an image has passed, or that it cannot be read. */
function refusalOf(fault: ImageFault): AppError {
  switch (fault.fault) {
    case 'pixels':
      return unsupported(
        `The image has ${fault.found} pixels over all frames, and images of its format may have ${fault.most}.`,
      )
    case 'frames':
      return unsupported(`The image has ${fault.found} frames, and may have ${fault.most}.`)
    case 'memory':
      return unsupported(`Decoding the image takes more than ${fault.most} bytes of memory. Send a smaller one.`)
    case 'time':
      return unsupported(`Decoding the image takes more than ${fault.most / 1_000} s. Send a smaller one.`)
    case 'format':
      return unsupported(`Images of the format ${fault.format} are not allowed.`)
    case 'broken':
      return unsupported('The image cannot be read: its file is damaged or cut off.', new Error(fault.reason))
    case 'ended':
      return unavailable('The image could not be decoded. Nothing was stored: try again.', new Error(fault.reason))
  }
}
