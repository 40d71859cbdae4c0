// Receives uploads: counts the bytes into a file, detects its type, re-encodes images, stores it, and makes the media usable.

import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Claimant, createFairSemaphore } from '../../concurrency/fair-semaphore.ts'
import type { Config } from '../../config/config.ts'
import { type MediaConfig, mediaLimits } from '../../config/media.ts'
import type { Db } from '../../database/client.ts'
import { fileMode } from '../../database/private-files.ts'
import { type Sql, sqlOfPrisma } from '../../database/sql.ts'
import { AppError, badInput, notFound, unavailable } from '../../errors.ts'
import type { Feed } from '../../feed/feed.ts'
import type { Media } from '../../generated/prisma/client.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { findType } from '../file-types.ts'
import type { MediaFiles } from '../files.ts'
import { type Accepted, acceptBytes, readMedia, reserveFiles, sumMediaBytes } from '../queries.ts'
import { newStorageKey } from '../storage/storage.ts'

/** The request of an upload. */
export interface Arrival {
  readonly mediaId: string
  readonly body: Readable
  /** The Content-Length header; null when there was none. */
  readonly contentLength: number | null
  /** The network address of the client. */
  readonly address: string
}

/** Receives the bytes of one upload. */
export type ReceiveUpload = (arrival: Arrival) => Promise<void>

/** The parts of the server that receiving needs. */
export interface ReceiverParts {
  readonly files: MediaFiles
  readonly db: Db
  readonly sql: Sql
  readonly feed: Pick<Feed, 'write'>
  readonly config: Pick<Config, 'media'>
  readonly metrics: Pick<Metrics, 'counts'>
}

/**
 * Creates the receiver of uploads: a bounded number at once, shared fairly.
 *
 * A media is uploaded once and completely. A failed upload stores nothing, and can be tried again.
 *
 * It throws AppError NOT_FOUND, CONFLICT when the media is already uploaded, UPLOAD_TOO_LARGE or BAD_USER_INPUT when the
 * size differs from the announced one, UPLOAD_TOO_LARGE when a re-encoded image exceeds the total of its owner,
 * UNSUPPORTED_MEDIA, RATE_LIMITED, SERVICE_UNAVAILABLE, also when the bytes arrive too slowly.
 */
export function createUploadReceiver(parts: ReceiverParts): ReceiveUpload {
  const { files, sql, config } = parts
  const { uploadWaitMs: waitMs } = config.media
  const acquire = createFairSemaphore({ ...mediaLimits.uploadPlaces, waitMs })
  return async ({ mediaId, body, contentLength, address }) => {
    const [media] = await readMedia(sql, [mediaId])
    if (!media) throw notFound('media')
    if (media.uploadedAt) throw hasBytes()
    if (contentLength !== null) assertLength(contentLength, media.bytes)
    const disconnected = new AbortController()
    const abort = () => disconnected.abort()
    body.once('close', abort)
    const claimant = { userId: media.ownerId, address, signal: disconnected.signal }
    await acquire(claimant, async () => {
      body.off('close', abort)
      const paths = { source: files.newPath(), file: files.newPath(), thumbnail: files.newPath() }
      try {
        await receive(body, paths.source, { bytesExpected: media.bytes, ...config.media })
        parts.metrics.counts.media_bytes_total.received += media.bytes
        await accept(media, { paths, claimant }, parts)
      } finally {
        for (const path of Object.values(paths)) await rm(path, { force: true })
      }
    })
  }
}

interface Receiving extends Pick<MediaConfig, 'uploadBytesPerSecondMin' | 'uploadWindowMs'> {
  readonly bytesExpected: number
}

/** Writes a body to a file. Does not destroy the body on refusal, because the client still gets an answer. */
async function receive(body: Readable, path: string, bounds: Receiving): Promise<void> {
  const { bytesExpected, uploadBytesPerSecondMin: bytesPerSecond, uploadWindowMs: windowMs } = bounds
  let bytes = 0
  let bytesAtCheck = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength
      if (bytes > bytesExpected) done(tooLong(bytesExpected))
      else done(null, chunk)
    },
  })
  const speedTimer = setInterval(() => {
    // the last window of a file may have few bytes
    const least = Math.min(bytesExpected - bytesAtCheck, (bytesPerSecond * windowMs) / 1_000)
    if (bytes - bytesAtCheck < least) count.destroy(tooSlow(bytesPerSecond))
    bytesAtCheck = bytes
  }, windowMs)
  const breakOff = () => {
    if (!body.readableEnded) count.destroy(new Error('the client aborted the upload'))
  }
  body.on('error', breakOff).on('close', breakOff)
  if (body.destroyed) breakOff()
  body.pipe(count)
  try {
    await pipeline(count, createWriteStream(path, { flags: 'wx', mode: fileMode }))
  } finally {
    clearInterval(speedTimer)
    body.off('close', breakOff)
  }
  assertLength(bytes, bytesExpected)
}

type Paths = Record<'source' | 'file' | 'thumbnail', string>

interface Accepting {
  readonly paths: Paths
  readonly claimant: Claimant
}

async function accept(media: Media, { paths, claimant }: Accepting, parts: ReceiverParts): Promise<void> {
  const { files, db, feed, config } = parts
  const { storage, images } = files
  const { bytesPerUserMax } = config.media
  const found = await findType(paths.source, media)
  let accepted: Accepted = {
    ...found,
    bytes: media.bytes,
    width: null,
    height: null,
    storageKey: newStorageKey(),
    thumbnailKey: null,
  }
  if (found.kind === 'IMAGE')
    accepted = { ...accepted, ...(await images.remake(paths, claimant)), thumbnailKey: newStorageKey() }
  const { storageKey, thumbnailKey } = accepted
  const keys = thumbnailKey === null ? [storageKey] : [storageKey, thumbnailKey]
  // if the server crashes from here on, a sweep finds the files
  await reserveFiles(db, keys, new Date(Date.now() + mediaLimits.incomingAgeMaxMs))
  await storage.put(storageKey, thumbnailKey === null ? paths.source : paths.file)
  if (thumbnailKey !== null) await storage.put(thumbnailKey, paths.thumbnail)
  // under the lock of the user, like createUpload: a re-encoded image may have more bytes than before
  const refusal = await feed.write([media.ownerId], async ({ tx }) => {
    const more = accepted.bytes - media.bytes
    const most = bytesPerUserMax - more
    if (more > 0 && (await sumMediaBytes(tx, media.ownerId)) > most) return tooMuch(bytesPerUserMax)
    return (await acceptBytes(sqlOfPrisma(tx), media.id, accepted)) ? null : hasBytes()
  })
  if (!refusal) return
  await storage.remove(keys)
  throw refusal
}

function assertLength(bytes: number, expected: number): void {
  if (bytes > expected) throw tooLong(expected)
  if (bytes < expected) throw badInput('bytes', `the file has ${bytes} bytes, but ${expected} were announced`)
}

const tooLong = (expected: number) =>
  new AppError('UPLOAD_TOO_LARGE', `The file has more than the ${expected} bytes that were announced.`)

const tooSlow = (bytesPerSecond: number) =>
  unavailable(`The upload is too slow: less than ${bytesPerSecond} bytes per second. Nothing was stored: try again.`)

const tooMuch = (most: number) =>
  new AppError('UPLOAD_TOO_LARGE', `Your files may have ${most} bytes in total, and this image would exceed that.`)

const hasBytes = () =>
  new AppError('CONFLICT', 'This media is already uploaded, or no longer exists. Create a new upload.')
