import type { Readable } from 'node:stream'
import { newUuid } from '../../database/uuid.ts'

/** A part of a file: both ends are included, as in HTTP. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** How a browser is to take a file. */
export interface Presentation {
  readonly contentType: string
  readonly contentDisposition: string
}

/** Where the bytes of files are kept: on disk or in S3, alike from the outside. One contract test runs over both. */
export interface MediaStorage {
  /** Takes over a file of this machine. It is kept whole or not at all; the same key is written again with no harm. */
  put(key: string, path: string): Promise<void>
  /** The bytes of a file; null when there is none. */
  size(key: string): Promise<number | null>
  /** Reads a file or a part of it; null when there is none. The caller destroys what it does not read to the end. */
  read(key: string, range?: ByteRange): Promise<Readable | null>
  /** Deletes files. Those that do not exist are no fault. */
  remove(keys: readonly string[]): Promise<void>
  /** A URL at which clients read a file without this server; null where there is none. */
  directUrl(key: string, presentation: Presentation & { seconds: number }): Promise<string | null>
  close(): void
}

/** Makes a key that no file has had. Its folder is of the random part of the UUID, so that all folders fill alike. */
export function newStorageKey(): string {
  const id = newUuid()
  return `${id.slice(-2)}/${id}`
}
