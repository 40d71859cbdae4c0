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
  }: { name?: string; mutate: Mutate; putFile: PutFile },
): Upload {
  const state = createSource<UploadState>({ status: 'uploading', progress: 0, error: null, media: null })
  let result = pending()
  let controller = new AbortController()

  async function attempt(signal: AbortSignal): Promise<Media> {
    const input = { name, mimeType: file.type || 'application/octet-stream', bytes: file.size }
    const { result: announced } = await mutate(createUploadMutation, input)
    const { media, uploadUrl } = announced as { media: Media; uploadUrl: string }
    const progress = (sent: number) => state.set({ ...state.getSnapshot(), progress: sent / (file.size || 1) })
    await putFile({ url: uploadUrl, file, progress, signal })
    return media
  }

  async function run(): Promise<void> {
    const { signal } = controller
    const backoff = createBackoff()
    state.set({ status: 'uploading', progress: 0, error: null, media: null })
    for (;;) {
      try {
        const media = await attempt(signal)
        state.set({ status: 'done', progress: 1, error: null, media })
        result.resolve(media)
        return
      } catch (thrown) {
        const error = signal.aborted ? cancelled('the upload') : toKabarError(thrown, '')
        if (isTemporary(error) && backoff.tries < bounds.uploadTriesMax) await backoff.wait(error.retryAfterMs)
        else return failed(error)
      }
      if (signal.aborted) return failed(cancelled('the upload'))
    }
  }

  function failed(error: KabarError): void {
    const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    state.set({ ...state.getSnapshot(), status, error, media: null })
    result.reject(error)
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
    cancel() {
      controller.abort()
      if (state.getSnapshot().status === 'failed') failed(cancelled('the upload'))
    },
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
