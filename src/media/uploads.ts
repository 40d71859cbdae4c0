// How bytes arrive: counted into a file, looked at, made anew where they are an image, stored, and only then usable.

import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Config } from '../config/config.ts'
import { mediaLimits } from '../config/media.ts'
import { type Sql, sqlOfPrisma } from '../database/sql.ts'
import { AppError, badInput, notFound, unavailable } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Media } from '../generated/prisma/client.ts'
import { findType } from './file-types.ts'
import type { MediaFiles } from './files.ts'
import { type Accepted, acceptBytes, readMedia, reserveFiles, sumMediaBytes } from './queries.ts'
import { newStorageKey } from './storage/storage.ts'

/** The bytes of a file on their way. */
export interface Arrival {
  readonly mediaId: string
  readonly body: Readable
  /** What the sender says; null when nothing. */
  readonly contentLength: number | null
  /** The network address of the sender. */
  readonly address: string
}

/** Receives the bytes of one upload. */
export type ReceiveUpload = (arrival: Arrival) => Promise<void>

/** The parts of the server that receiving needs. */
export interface ReceiverParts {
  readonly files: MediaFiles
  readonly sql: Sql
  readonly feed: Pick<Feed, 'write'>
  readonly config: Pick<Config, 'media'>
}

/**
 * Makes the function that receives uploads, a bounded number at once.
 *
 * A media gets its bytes once, and whole: whatever goes wrong leaves it waiting, and nothing behind.
 *
 * It throws AppError NOT_FOUND, CONFLICT when the media has its bytes, UPLOAD_TOO_LARGE or BAD_USER_INPUT when they are not
 * as many as were announced, UPLOAD_TOO_LARGE when what is made of an image is more than its owner may have,
 * UNSUPPORTED_MEDIA, RATE_LIMITED, SERVICE_UNAVAILABLE.
 */
export function createUploadReceiver(parts: ReceiverParts): ReceiveUpload {
  const { files, sql } = parts
  let running = 0
  /** By owner and by address. */
  const runningOf = new Map<string, number>()
  const assertBelow = (key: string, most: number) => {
    if ((runningOf.get(key) ?? 0) < most) return
    const message = `You may send ${most} files at once. Send the next when one is done.`
    throw new AppError('RATE_LIMITED', message, { retryAfterMs: 1_000 })
  }
  const count = (key: string, change: number) => {
    const now = (runningOf.get(key) ?? 0) + change
    if (now > 0) runningOf.set(key, now)
    else runningOf.delete(key)
  }
  return async (arrival) => {
    const [media] = await readMedia(sql, [arrival.mediaId])
    if (!media) throw notFound('media')
    if (media.uploadedAt) throw hasBytes()
    if (arrival.contentLength !== null) assertLength(arrival.contentLength, media.bytes)
    if (running >= mediaLimits.uploadsAtOnceMax) {
      throw unavailable('The server receives as many uploads as it can. Nothing was stored: try again.')
    }
    const [owner, address] = [`user ${media.ownerId}`, `address ${arrival.address}`]
    assertBelow(owner, mediaLimits.uploadsAtOncePerUserMax)
    // with many accounts one could keep everybody else from sending
    assertBelow(address, mediaLimits.uploadsAtOncePerAddressMax)
    running += 1
    for (const key of [owner, address]) count(key, 1)
    const paths = { source: files.newPath(), file: files.newPath(), thumbnail: files.newPath() }
    try {
      await receive(arrival.body, paths.source, media.bytes)
      await accept(media, paths, parts)
    } finally {
      running -= 1
      for (const key of [owner, address]) count(key, -1)
      for (const path of Object.values(paths)) await rm(path, { force: true })
    }
  }
}

async function receive(body: Readable, path: string, bytesExpected: number): Promise<void> {
  let bytes = 0
  const silence = setTimeout(
    () => body.destroy(new Error('the sender was silent for too long')),
    mediaLimits.uploadSilenceMs,
  )
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength
      silence.refresh()
      if (bytes > bytesExpected) done(tooLong(bytesExpected))
      else done(null, chunk)
    },
  })
  // the body is not destroyed when it is too long: its sender is still to get an answer
  await pipeline(body.iterator({ destroyOnReturn: false }), count, createWriteStream(path, { flags: 'wx' })).finally(
    () => clearTimeout(silence),
  )
  assertLength(bytes, bytesExpected)
}

type Paths = Record<'source' | 'file' | 'thumbnail', string>

async function accept(media: Media, paths: Paths, { files, sql, feed, config }: ReceiverParts): Promise<void> {
  const { storage, images } = files
  const { bytesPerUserMax } = config.media
  const mimeType = await findType(paths.source, media)
  let accepted: Accepted = {
    mimeType,
    bytes: media.bytes,
    width: null,
    height: null,
    storageKey: newStorageKey(),
    thumbnailKey: null,
  }
  if (media.kind === 'IMAGE') accepted = { ...accepted, ...(await images.remake(paths)), thumbnailKey: newStorageKey() }
  const { storageKey, thumbnailKey } = accepted
  const keys = thumbnailKey === null ? [storageKey] : [storageKey, thumbnailKey]
  // a server that dies from here on leaves files that a sweep finds
  await reserveFiles(sql, keys, new Date(Date.now() + mediaLimits.incomingAgeMaxMs))
  await storage.put(storageKey, thumbnailKey === null ? paths.source : paths.file)
  if (thumbnailKey !== null) await storage.put(thumbnailKey, paths.thumbnail)
  // under the lock of the user, as it was announced: an image that is made anew may have more bytes than before
  const refusal = await feed.write([media.ownerId], async ({ tx }) => {
    const more = accepted.bytes - media.bytes
    const most = bytesPerUserMax - more
    if (more > 0 && (await sumMediaBytes(sqlOfPrisma(tx), media.ownerId)) > most) return tooMuch(bytesPerUserMax)
    return (await acceptBytes(sqlOfPrisma(tx), media.id, accepted)) ? null : hasBytes()
  })
  if (!refusal) return
  await storage.remove(keys)
  throw refusal
}

function assertLength(bytes: number, expected: number): void {
  if (bytes > expected) throw tooLong(expected)
  if (bytes < expected) throw badInput('bytes', `the file has ${bytes} bytes, and ${expected} were announced`)
}

const tooLong = (expected: number) =>
  new AppError('UPLOAD_TOO_LARGE', `The file has more than the ${expected} bytes that were announced.`)

const tooMuch = (most: number) =>
  new AppError(
    'UPLOAD_TOO_LARGE',
    `Your files may have ${most} bytes together, and with this image they would have more.`,
  )

const hasBytes = () => new AppError('CONFLICT', 'This media has its bytes already, or is gone. Create a new upload.')
