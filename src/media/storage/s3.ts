import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { mediaLimits, type S3Config } from '../../config/media.ts'
import { invariant, unavailable } from '../../errors.ts'
import type { MediaStorage } from './storage.ts'

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/** Stores files in a bucket of S3 or a compatible storage. Clients download them from there. */
export function createS3Storage({ bucket, region, endpoint, credentials }: S3Config): MediaStorage {
  const client = new S3Client({
    region,
    ...(endpoint !== null && { endpoint }),
    // storages at a custom endpoint rarely have a host name for each bucket
    forcePathStyle: endpoint !== null,
    ...(credentials && { credentials }),
    // storages other than Amazon's do not support its newer checksums
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // failures become our own errors, with their cause, and are logged once
    logger: silent,
    // the stream of a file cannot be sent twice: the client retries the upload
    maxAttempts: 3,
    requestHandler: { connectionTimeout: mediaLimits.s3ConnectMs, requestTimeout: mediaLimits.s3SilenceMs },
  })
  const at = (key: string) => ({ Bucket: bucket, Key: key })
  return {
    async put(key, path) {
      const { size } = await stat(path)
      const command = new PutObjectCommand({ ...at(key), Body: createReadStream(path), ContentLength: size })
      await client.send(command).catch(refuse)
    },
    async size(key) {
      const found = await client.send(new HeadObjectCommand(at(key))).catch(nullIfMissing)
      return found && (found.ContentLength ?? 0)
    },
    async read(key, range) {
      const command = new GetObjectCommand({ ...at(key), ...(range && { Range: `bytes=${range.start}-${range.end}` }) })
      const found = await client.send(command).catch(nullIfMissing)
      if (!found) return null
      invariant(found.Body instanceof Readable, 'the SDK returns streams of Node.js')
      return found.Body
    },
    async remove(keys) {
      // one by one, because deleting many at once needs a checksum that not all storages support
      for (const key of keys) await client.send(new DeleteObjectCommand(at(key))).catch(nullIfMissing)
    },
    directUrl(key, { contentType, contentDisposition, seconds }) {
      const command = new GetObjectCommand({
        ...at(key),
        ResponseContentType: contentType,
        ResponseContentDisposition: contentDisposition,
        ResponseCacheControl: `private, max-age=${seconds}, immutable`,
      })
      return getSignedUrl(client, command, { expiresIn: Math.max(1, seconds) })
    },
    close: () => client.destroy(),
  }
}

function nullIfMissing(error: unknown): null {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
  if (status === 404) return null
  return refuse(error)
}

/** @throws AppError SERVICE_UNAVAILABLE, because a fault of the storage is never the client's. */
function refuse(error: unknown): never {
  throw unavailable('The file storage failed. Nothing was stored: try again.', error)
}
