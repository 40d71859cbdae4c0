// The settings and bounds of uploaded files: a part of config.ts.

import { z } from 'zod'
import { publicUrl } from './origins.ts'
import { integer } from './variable-types.ts'

/** The environment variables of uploaded files. */
export const mediaVariables = {
  PUBLIC_URL: {
    schema: publicUrl.optional(),
    default: '',
    description: 'Where clients reach the server: URLs of files begin with it. Without it they are paths, `/media/…`.',
  },
  UPLOAD_BYTES_MAX: {
    schema: integer(1_024, 1_073_741_824),
    default: '26214400',
    description: 'Bytes that an uploaded file may have.',
  },
  MEDIA_BYTES_PER_USER_MAX: {
    schema: integer(1_024, 1_125_899_906_842_624),
    default: '1073741824',
    description:
      'Bytes that all files of a user may have together, attached or not; thumbnails and exports do not count.',
  },
  MEDIA_S3_BUCKET: {
    schema: z.string().min(3).max(63).optional(),
    default: '',
    description: 'Keeps files in this bucket of S3, or of a storage that speaks like it, and not under `KABAR_DATA`.',
  },
  MEDIA_S3_ENDPOINT: {
    schema: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
    default: '',
    description: 'Where the storage is reached, by the server and by clients. Without it: Amazon.',
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
    description: 'Without it credentials come from where the AWS SDK looks for them.',
    needs: 'MEDIA_S3_SECRET_ACCESS_KEY',
  },
  MEDIA_S3_SECRET_ACCESS_KEY: {
    schema: z.string().min(1).optional(),
    default: '',
    description: 'Set with `MEDIA_S3_ACCESS_KEY_ID`, or not at all.',
    needs: 'MEDIA_S3_ACCESS_KEY_ID',
  },
} as const

/** Times and bounds of uploaded files. */
export const mediaLimits = {
  /** The URL of an upload takes bytes for so long. */
  uploadUrlMs: 60 * 60_000,
  /** The URL of a download is the same for so long, and serves for one to two times that. */
  urlWindowMs: 60 * 60_000,
  /** A new key of URLs is known for so long before it signs. */
  keyPublishedMs: 5 * 60_000,
  /** The keys of URLs are read again this often. */
  keyReloadMs: 60_000,
  /** A signature of a key that is not known makes them be read again, at most this often. */
  keyReloadMinMs: 1_000,
  /** An upload that nothing uses is deleted after this. */
  unusedMs: 86_400_000,
  /** Leftovers are looked for this often. */
  sweepMs: 10 * 60_000,
  /** What one sweep deletes at a time. */
  sweepMax: 500,
  /** A half-done upload that is older was broken off by the end of its server. */
  incomingAgeMaxMs: 60 * 60_000,
  /** Uploads that a server receives at once, and those that wait. Files of a user or an address never have all places. */
  uploadPlaces: {
    atOnceMax: 128,
    waitingMax: 256,
    user: { atOnceMax: 16, waitingMax: 16 },
    address: { atOnceMax: 32, waitingMax: 64 },
  },
  /** A body that is refused is read on for so long, so that its sender gets to see the answer. */
  refusedBodyMs: 5_000,
  /** The pixels of an image, over all of its frames. */
  imagePixelsMax: 50_000_000,
  /** The pixels of a WebP or AVIF, which is decoded as a whole: this takes up to 20 bytes a pixel. */
  imageWholePixelsMax: 25_000_000,
  imageFramesMax: 1_000,
  /** Images that a server decodes at once, each in a process, and those that wait. Nobody has all processes. */
  imagePlaces: {
    atOnceMax: 2,
    waitingMax: 128,
    waitMs: 60_000,
    user: { atOnceMax: 1, waitingMax: 16 },
    address: { atOnceMax: 1, waitingMax: 32 },
  },
  /** A process that decodes images can begin within this. */
  imageStartMs: 30_000,
  /** A process that decodes images is ended when it has nothing to do for so long, or holds more memory after one. */
  imageIdleMs: 60_000,
  imageKeptBytesMax: 201_326_592,
  /** Pixels of the longer side of a thumbnail. */
  thumbnailSizeMax: 320,
  /** The storage in S3 must take a connection within this, and not be silent for longer than the other. */
  s3ConnectMs: 5_000,
  s3SilenceMs: 30_000,
  /** The bytes at the beginning of a file that tell its type. */
  headBytes: 4_096,
} as const

/** Numbers that tests shorten; operators have no reason to. */
const mediaDefaults = {
  /** An upload of which fewer bytes a second arrive, over each window, is dropped. */
  uploadBytesPerSecondMin: 4_096,
  uploadWindowMs: 10_000,
  /** An upload waits so long for a place: longer than it takes to drop those that are too slow. */
  uploadWaitMs: 20_000,
  /** An image that takes longer to decode is refused, and the process that decodes it is ended. */
  imageMs: 15_000,
  /** The same for memory: `imagePlaces` times this is what images take of a machine at the most. */
  imageMemoryBytesMax: 671_088_640,
} as const

/** The settings of uploaded files. */
export interface MediaConfig extends Readonly<Record<keyof typeof mediaDefaults, number>> {
  /** What URLs of files begin with; empty for paths alone. */
  readonly publicUrl: string
  readonly uploadBytesMax: number
  readonly bytesPerUserMax: number
  /** Null means: files are kept in the data directory. */
  readonly s3: S3Config | null
}

/** A bucket that files are kept in. */
export interface S3Config {
  readonly bucket: string
  readonly region: string
  /** Null for Amazon's own. */
  readonly endpoint: string | null
  /** Null for what the AWS SDK finds. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null
}

type Values = { [K in keyof typeof mediaVariables]: z.output<(typeof mediaVariables)[K]['schema']> }

/** Makes the settings of uploaded files from the environment variables. */
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
