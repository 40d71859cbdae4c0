import { bounds } from '../config.ts'
import { KabarError, type KabarErrorCode } from '../errors.ts'
import { cancelled, notKabar, unreachable } from '../transport/answers.ts'

/** Sends the bytes of a file to the URL that was announced for it. */
export type PutFile = (upload: {
  readonly url: string
  readonly file: Blob
  /** Is told how many bytes are on their way. */
  progress(sent: number): void
  readonly signal?: AbortSignal
}) => Promise<void>

/**
 * Makes `putFile`. Progress is told where there is XMLHttpRequest; elsewhere only the end of it.
 *
 * Throws NETWORK where nothing moves for a time: a dead connection must not hold up what waits behind the upload.
 */
export function createPutFile({
  fetch,
  absoluteUrl,
  closing,
  silentMs = bounds.uploadSilentMs,
}: {
  fetch: typeof globalThis.fetch
  absoluteUrl(path: string): string
  /** Ends all uploads. */
  closing?: AbortSignal
  silentMs?: number
}): PutFile {
  const hasXhr = typeof XMLHttpRequest === 'function'
  return async ({ url: path, file, progress, signal }) => {
    const url = absoluteUrl(path)
    const wantMs = hasXhr ? silentMs : silentMs + (1_000 * file.size) / bounds.uploadBytesPerSecondMin
    const watch = watchSilence(wantMs, [signal, closing])
    const moved = (sent: number) => {
      watch.moved()
      progress(sent)
    }
    try {
      if (watch.isCancelled()) throw cancelled('the upload')
      const { status, text } = hasXhr
        ? await putByXhr(url, file, { progress: moved, signal: watch.signal })
        : await fetch(url, { method: 'PUT', body: file, signal: watch.signal }).then(readAnswer)
      if (status < 200 || status > 299) throw errorOfPut(url, status, text)
      progress(file.size)
    } catch (cause) {
      if (watch.isCancelled()) throw cancelled('the upload', cause)
      throw cause instanceof KabarError ? cause : unreachable(url, cause)
    } finally {
      watch.end()
    }
  }
}

/** Makes a signal that aborts with others, and when nothing has moved for a time. */
function watchSilence(silentMs: number, signals: readonly (AbortSignal | undefined)[]) {
  const controller = new AbortController()
  const abort = () => controller.abort()
  let timer = setTimeout(abort, silentMs)
  for (const signal of signals) signal?.addEventListener('abort', abort)
  return {
    signal: controller.signal,
    isCancelled: () => signals.some((signal) => signal?.aborted),
    moved() {
      clearTimeout(timer)
      timer = setTimeout(abort, silentMs)
    },
    end() {
      clearTimeout(timer)
      for (const signal of signals) signal?.removeEventListener('abort', abort)
    },
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

const readAnswer = async (response: Response): Promise<Answer> => {
  return { status: response.status, text: await response.text() }
}

function putByXhr(
  url: string,
  file: Blob,
  { progress, signal }: { progress(sent: number): void; signal: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    request.upload.onprogress = ({ loaded }) => progress(loaded)
    request.onload = () => resolve({ status: request.status, text: request.responseText })
    request.onerror = () => reject(unreachable(url))
    request.onabort = () => reject(unreachable(url))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}

function errorOfPut(url: string, status: number, text: string): KabarError {
  try {
    const { code, error } = JSON.parse(text) as { code: KabarErrorCode; error: string }
    if (code) return new KabarError(code, error)
  } catch {
    // a bucket answers with XML
  }
  if (status === 403 || status === 404 || status === 410)
    return new KabarError('NOT_FOUND', `${url} takes no bytes now.`)
  return status >= 500 || status === 408 || status === 429
    ? unreachable(url)
    : notKabar(url, `it answered an upload with status ${status}`)
}
