// Settings and limits of uploaded files. A part of config.ts.

import { z } from 'zod'
import { publicUrl } from './origins.ts'
import { integer } from './variable-types.ts'

/** The environment variables of uploaded files. */
export const mediaVariables = {
  PUBLIC_URL: {
    schema: publicUrl.optional(),
    default: '',
    description:
      'The URL where clients reach the server: file URLs begin with it. Without it they are paths, `/media/…`; upload URLs then begin with the address that the request was sent to.',
  },
  UPLOAD_BYTES_MAX: {
    schema: integer(1_024, 1_073_741_824),
    default: '26214400',
    description: 'Maximum size of an uploaded file in bytes.',
  },
  MEDIA_BYTES_PER_USER_MAX: {
    schema: integer(1_024, 1_125_899_906_842_624),
    default: '1073741824',
    description: 'Total bytes of all files of a user, attached or not; thumbnails and exports do not count.',
  },
  MEDIA_S3_BUCKET: {
    schema: z.string().min(3).max(63).optional(),
    default: '',
    description: 'Stores files in this bucket of S3, or of an S3-compatible storage, instead of `KABAR_DATA`.',
  },
  MEDIA_S3_ENDPOINT: {
    schema: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
    default: '',
    description: 'The URL of the storage, for the server and for clients. Default: Amazon S3.',
    needs: 'MEDIA_S3_BUCKET',
  },
  MEDIA_S3_REGION: {
    schema: z.string().min(1),
    default: 'us-east-1',
    description: 'The region of the bucket.',
  },
  MEDIA_S3_ACCESS_KEY_ID: {
    schema: z.string().min(1).optional(),
    default: '',
    description: 'The access key. Without it the AWS SDK looks for credentials in its usual places.',
    needs: 'MEDIA_S3_SECRET_ACCESS_KEY',
  },
  MEDIA_S3_SECRET_ACCESS_KEY: {
    schema: z.string().min(1).optional(),
    default: '',
    description: 'The secret of `MEDIA_S3_ACCESS_KEY_ID`: set both or neither.',
    needs: 'MEDIA_S3_ACCESS_KEY_ID',
    isSecret: true,
  },
} as const

/** Limits of files, and of the uploads of a user. */
export const fileLimits = {
  mediaNameLengthMax: 255,
  mimeTypeLengthMax: 127,
  /** Pending uploads of one user: created, but not yet received. */
  uploadsPendingMax: 20,
  /** Uploads of one user that are neither an attachment nor an avatar. */
  uploadsUnusedMax: 100,
} as const

/** Times and limits of uploaded files. */
export const mediaLimits = {
  /** Lifetime of an upload URL. */
  uploadUrlMs: 60 * 60_000,
  /** Time during which download URLs of a file stay the same; each is valid for one to two times that. */
  urlWindowMs: 60 * 60_000,
  /** Time between publishing a new URL key and signing with it. */
  keyPublishedMs: 5 * 60_000,
  /** Interval at which URL keys are reloaded. */
  keyReloadMs: 60_000,
  /** Minimum interval of reloads that a signature with an unknown key causes. */
  keyReloadMinMs: 1_000,
  /** Time after which an unused upload is deleted. */
  unusedMs: 86_400_000,
  /** Interval of the search for leftover files. */
  sweepMs: 10 * 60_000,
  /** Maximum number of files that one sweep deletes at a time. */
  sweepMax: 500,
  /** Age from which a partial upload counts as abandoned by a stopped server. */
  incomingAgeMaxMs: 60 * 60_000,
  /** Uploads that a server receives at once, and uploads that wait. One user or address never takes all slots. */
  uploadPlaces: {
    atOnceMax: 128,
    waitingMax: 256,
    user: { atOnceMax: 16, waitingMax: 16 },
    address: { atOnceMax: 32, waitingMax: 64 },
  },
  /** Time to keep reading a refused body, so that the client receives the response. */
  refusedBodyMs: 5_000,
  /** Pixels of an image, over all frames. */
  imagePixelsMax: 50_000_000,
  /** Pixels of a WebP or AVIF, which is decoded as a whole: this takes up to 20 bytes per pixel. */
  imageWholePixelsMax: 25_000_000,
  imageFramesMax: 1_000,
  /** Images that a server decodes at once, each in a process, and images that wait. One user never takes all processes. */
  imagePlaces: {
    atOnceMax: 2,
    waitingMax: 128,
    waitMs: 60_000,
    user: { atOnceMax: 1, waitingMax: 16 },
    address: { atOnceMax: 1, waitingMax: 32 },
  },
  /** Time in which an image process must start. */
  imageStartMs: 30_000,
  /** An image process is ended after this idle time, or when it holds more than `imageKeptBytesMax` after an image. */
  imageIdleMs: 60_000,
  imageKeptBytesMax: 201_326_592,
  /** Pixels of the longer side of a thumbnail. */
  thumbnailSizeMax: 320,
  /** Connect timeout and idle timeout of requests to S3. */
  s3ConnectMs: 5_000,
  s3SilenceMs: 30_000,
  /** Bytes at the beginning of a file from which its type is detected. */
  headBytes: 4_096,
} as const

/** Times and limits that tests shorten; operators have no reason to. */
const mediaDefaults = {
  /** Minimum bytes per second of an upload, over each window; a slower one is dropped. */
  uploadBytesPerSecondMin: 4_096,
  uploadWindowMs: 10_000,
  /** Time that an upload waits for a slot: longer than it takes to drop slow ones. */
  uploadWaitMs: 20_000,
  /** Time to decode an image, after which it is refused and its process is ended. */
  imageMs: 15_000,
  /** The same for memory: images take at most `imagePlaces.atOnceMax` times this. */
  imageMemoryBytesMax: 671_088_640,
} as const

/** The settings of uploaded files. */
export interface MediaConfig extends Readonly<Record<keyof typeof mediaDefaults, number>> {
  /** Prefix of file URLs; empty for paths. */
  readonly publicUrl: string
  readonly uploadBytesMax: number
  readonly bytesPerUserMax: number
  /** Null stores files in the data directory. */
  readonly s3: S3Config | null
}

/** A bucket that stores files. */
export interface S3Config {
  readonly bucket: string
  readonly region: string
  /** Null for Amazon S3. */
  readonly endpoint: string | null
  /** Null lets the AWS SDK find them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null
}

type Values = { [K in keyof typeof mediaVariables]: z.output<(typeof mediaVariables)[K]['schema']> }

/** Reads the settings of uploaded files. */
export function readMediaConfig(values: Values): MediaConfig {
  return {
    ...mediaDefaults,
    publicUrl: (values.PUBLIC_URL ?? '').replace(/\/+$/, ''),
    uploadBytesMax: values.UPLOAD_BYTES_MAX,
    bytesPerUserMax: values.MEDIA_BYTES_PER_USER_MAX,
    s3: readS3Config(values),
  }
}

function readS3Config(values: Values): S3Config | null {
  const { MEDIA_S3_BUCKET: bucket, MEDIA_S3_ACCESS_KEY_ID: accessKeyId } = values
  const secretAccessKey = values.MEDIA_S3_SECRET_ACCESS_KEY
  if (bucket === undefined) return null
  return {
    bucket,
    region: values.MEDIA_S3_REGION,
    endpoint: values.MEDIA_S3_ENDPOINT ?? null,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null,
  }
}
