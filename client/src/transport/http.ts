import { bounds } from '../config.ts'
import { cancelled, dataOf, notKabar, unreachable } from './answers.ts'

/** One operation over HTTP. */
export interface HttpOperation {
  readonly query: string
  readonly variables?: unknown
  readonly token: string | null
  readonly signal?: AbortSignal | undefined
}

/** Sends operations over HTTP. */
export interface Http {
  /** Gives the data of an answer. Throws a KabarError. */
  post(operation: HttpOperation): Promise<Record<string, unknown>>
}

/** Makes the HTTP side of a client. */
export function createHttp({ url, fetch }: { url: string; fetch: typeof globalThis.fetch }): Http {
  async function send({ query, variables, token, signal }: HttpOperation): Promise<Response> {
    const timeout = AbortSignal.timeout(bounds.requestMs)
    try {
      return await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json',
          ...(token && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
        signal: signal ? anyOf(signal, timeout) : timeout,
      })
    } catch (cause) {
      if (signal?.aborted) throw cancelled('the request', cause)
      throw unreachable(url, cause)
    }
  }

  return {
    async post(operation) {
      const response = await send(operation)
      return dataOf(await readJson(response, url), url)
    },
  }
}

/** Reads JSON, or says what came in its place. */
async function readJson(response: Response, url: string): Promise<unknown> {
  const { status, headers } = response
  const type = headers.get('content-type') ?? ''
  if (!/\bjson\b/.test(type)) {
    // what a proxy says while the server is away
    if (status === 429 || status >= 500) throw unreachable(url, undefined, retryAfterOf(headers))
    throw notKabar(url, `it answered with ${type || 'nothing'} and status ${status}`)
  }
  try {
    return await response.json()
  } catch (cause) {
    if (cause instanceof SyntaxError) throw notKabar(url, 'it answered with broken JSON', cause)
    throw unreachable(url, cause)
  }
}

function retryAfterOf(headers: Headers): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1_000 : null
}

/** AbortSignal.any, which browsers of 2023 do not have. */
function anyOf(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  }
  return controller.signal
}
