import type { Readable } from 'node:stream'
import { newUuid } from '../../database/uuid.ts'

/** A byte range of a file. Both ends are included, as in HTTP. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The response headers of a file. */
export interface Presentation {
  readonly contentType: string
  readonly contentDisposition: string
}

/** The storage of file contents: on disk or in S3. One contract test runs over both. */
export interface MediaStorage {
  /** Stores a local file, completely or not at all. Storing the same key again is safe. */
  put(key: string, path: string): Promise<void>
  /** Returns the size of a file in bytes; null when there is none. */
  size(key: string): Promise<number | null>
  /** Reads a file or a range of it; null when there is none. The caller destroys streams that it does not read to the end. */
  read(key: string, range?: ByteRange): Promise<Readable | null>
  /** Deletes files. Ignores missing ones. */
  remove(keys: readonly string[]): Promise<void>
  /** Returns a URL for downloads without this server; null when the storage has none. */
  directUrl(key: string, presentation: Presentation & { seconds: number }): Promise<string | null>
  close(): void
}

/** Creates a unique key. Its folder comes from the random part of the UUID, so that all folders fill evenly. */
export function newStorageKey(): string {
  const id = newUuid()
  return `${id.slice(-2)}/${id}`
}
