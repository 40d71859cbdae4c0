import type { KabarError } from '../errors.ts'
import type { Media } from './entities.ts'
import type { Live } from './live.ts'

/** How far an upload is. */
export interface UploadState {
  readonly status: 'uploading' | 'done' | 'failed' | 'cancelled'
  /** From 0 to 1. */
  readonly progress: number
  readonly error: KabarError | null
  readonly media: Media | null
}

/** A file on its way. */
export interface Upload extends Live<UploadState> {
  /** Resolves with the media when it is uploaded. Throws a KabarError; after `retry` it is another promise. */
  readonly done: Promise<Media>
  retry(): void
  cancel(): void
}
