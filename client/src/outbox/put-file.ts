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

/** Makes `putFile`. Progress is told where there is XMLHttpRequest; elsewhere only the end of it. */
export function createPutFile({
  fetch,
  absoluteUrl,
}: {
  fetch: typeof globalThis.fetch
  absoluteUrl(path: string): string
}): PutFile {
  const hasXhr = typeof XMLHttpRequest === 'function'
  return async ({ url: path, file, progress, signal }) => {
    const url = absoluteUrl(path)
    const { status, text } = hasXhr
      ? await putByXhr(url, file, { progress, signal })
      : await putByFetch(url, file, { fetch, signal })
    if (status < 200 || status > 299) throw errorOfPut(url, status, text)
    progress(file.size)
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

async function putByFetch(
  url: string,
  file: Blob,
  { fetch, signal }: { fetch: typeof globalThis.fetch; signal: AbortSignal | undefined },
): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'PUT', body: file, ...(signal && { signal }) })
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    throw signal?.aborted ? cancelled('the upload', cause) : unreachable(url, cause)
  }
}

function putByXhr(
  url: string,
  file: Blob,
  { progress, signal }: { progress(sent: number): void; signal: AbortSignal | undefined },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    request.upload.onprogress = ({ loaded }) => progress(loaded)
    request.onload = () => resolve({ status: request.status, text: request.responseText })
    request.onerror = () => reject(unreachable(url))
    request.onabort = () => reject(cancelled('the upload'))
    signal?.addEventListener('abort', () => request.abort(), { once: true })
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
