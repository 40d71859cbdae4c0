import type { Media } from './api/entities.ts'
import type { Upload, UploadState } from './api/upload.ts'
import { bounds } from './config.ts'
import type { KabarError } from './errors.ts'
import { createSource } from './live.ts'
import { createUploadMutation } from './operations/upload.ts'
import type { Mutate } from './outbox/perform.ts'
import type { PutFile } from './outbox/put-file.ts'
import { cancelled, toKabarError } from './transport/answers.ts'
import { createBackoff, isTemporary } from './transport/retry.ts'

/** Begins an upload of a file. What may succeed later is tried some times. */
export function startUpload(
  file: Blob,
  {
    name = 'name' in file ? String(file.name) : 'file',
    mutate,
    putFile,
    closing,
  }: {
    name?: string
    mutate: Mutate
    putFile: PutFile
    /** Cancels it, because the client is closed. */
    closing: AbortSignal
  },
): Upload {
  const state = createSource<UploadState>({ status: 'uploading', progress: 0, error: null, media: null })
  let result = pending()
  let controller = new AbortController()

  async function attempt(signal: AbortSignal): Promise<Media> {
    const input = { name, mimeType: file.type || 'application/octet-stream', bytes: file.size }
    const { result: announced } = await mutate(createUploadMutation, input)
    const { media, uploadUrl } = announced as { media: Media; uploadUrl: string }
    if (signal.aborted) throw cancelled('the upload')
    const progress = (sent: number) => {
      if (!signal.aborted) state.set({ ...state.getSnapshot(), progress: sent / (file.size || 1) })
    }
    await putFile({ url: uploadUrl, file, progress, signal })
    return media
  }

  async function run(): Promise<void> {
    const { signal } = controller
    const backoff = createBackoff()
    signal.addEventListener('abort', backoff.hurry)
    if (closing.aborted) return failed(cancelled('the upload'))
    closing.addEventListener('abort', cancel)
    state.set({ status: 'uploading', progress: 0, error: null, media: null })
    for (;;) {
      try {
        const media = await attempt(signal)
        if (signal.aborted) return
        closing.removeEventListener('abort', cancel)
        state.set({ status: 'done', progress: 1, error: null, media })
        result.resolve(media)
        return
      } catch (thrown) {
        if (signal.aborted) return
        const error = toKabarError(thrown, '')
        if (isTemporary(error) && backoff.tries < bounds.uploadTriesMax) await backoff.wait(error.retryAfterMs)
        else return failed(error)
      }
      if (signal.aborted) return
    }
  }

  function failed(error: KabarError): void {
    closing.removeEventListener('abort', cancel)
    const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    state.set({ ...state.getSnapshot(), status, error, media: null })
    result.reject(error)
  }

  /** Shown at once: what is under way stops when it can, and its end is not told. */
  function cancel(): void {
    controller.abort()
    if (!['uploading', 'failed'].includes(state.getSnapshot().status)) return
    failed(cancelled('the upload'))
  }

  void run()
  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    get done() {
      return result.promise
    },
    retry() {
      if (state.getSnapshot().status === 'uploading') return
      controller = new AbortController()
      result = pending()
      void run()
    },
    cancel,
  }
}

function pending(): { promise: Promise<Media>; resolve(media: Media): void; reject(error: unknown): void } {
  let resolve: (media: Media) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<Media>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  promise.catch(() => {}) // who does not await it follows the state
  return { promise, resolve, reject }
}
