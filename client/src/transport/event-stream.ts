import { bounds } from '../config.ts'
import type { KabarError } from '../errors.ts'
import { dataOf, notKabar, toKabarError, unreachable } from './answers.ts'
import { createBackoff } from './retry.ts'
import type { SourceState, StreamPayload, StreamSink, StreamSource } from './source.ts'

/** The parts of the client that event streams use. */
export interface EventStreamParts {
  readonly url: string
  readonly fetch: typeof fetch
  accessToken(options: { fresh: boolean }): Promise<string | null>
  report(state: SourceState): void
}

/** A stream that is silent for longer than the server's signs of life is dead. */
const silentMsMax = 3 * bounds.pingMs

/** Makes a source over Server-Sent Events: one request for each subscription. */
export function createEventStreamSource({ url, fetch, accessToken, report }: EventStreamParts): StreamSource {
  const open = new Set<AbortController>()
  const running = new Set<object>()
  const waits = new Set<ReturnType<typeof createBackoff>>()
  let error: KabarError | null = null

  function tell(): void {
    const [wait] = waits
    if (open.size > 0) report({ phase: 'open', error: null, retryAt: null })
    else if (wait) report({ phase: 'waiting', error, retryAt: wait.until })
    else report({ phase: running.size > 0 ? 'connecting' : 'idle', error, retryAt: null })
  }

  /** Opens a response and reads it to its end. Gives whether the server has completed it. */
  async function read(payload: StreamPayload, sink: StreamSink, controller: AbortController): Promise<boolean> {
    const token = await accessToken({ fresh: error?.code === 'UNAUTHENTICATED' })
    const headers = {
      ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
      ...(token && { authorization: `Bearer ${token}` }),
    }
    const body = JSON.stringify(payload)
    const response = await fetch(url, { method: 'POST', headers, body, signal: controller.signal })
    const type = response.headers.get('content-type') ?? ''
    if (/\bjson\b/.test(type)) dataOf(await response.json(), url)
    if (!response.body || !type.startsWith('text/event-stream')) {
      throw response.status >= 500 ? unreachable(url) : notKabar(url, `it answered a subscription with ${type}`)
    }
    open.add(controller)
    error = null
    tell()
    return await readEvents(response.body, sink, controller)
  }

  async function run(payload: StreamPayload, sink: StreamSink, ending: AbortController): Promise<void> {
    const backoff = createBackoff(tell)
    waits.add(backoff)
    running.add(ending)
    try {
      while (!ending.signal.aborted) {
        const controller = new AbortController()
        const stop = () => controller.abort()
        ending.signal.addEventListener('abort', stop, { once: true })
        try {
          if (await read(payload, sink, controller)) return sink.complete()
          backoff.reset()
        } catch (thrown) {
          if (ending.signal.aborted) return
          error = toKabarError(thrown, url)
          if (error.code !== 'NETWORK' && error.code !== 'UNAUTHENTICATED') return sink.error(error)
        } finally {
          open.delete(controller)
          ending.signal.removeEventListener('abort', stop)
        }
        if (!ending.signal.aborted) await backoff.wait()
      }
    } finally {
      waits.delete(backoff)
      running.delete(ending)
      tell()
    }
  }

  const endings = new Map<AbortController, () => void>()
  return {
    subscribe(payload, sink) {
      const ending = new AbortController()
      const stop = () => {
        ending.abort()
        endings.delete(ending)
        for (const backoff of waits) backoff.hurry()
      }
      endings.set(ending, stop)
      void run(payload, sink, ending)
      return stop
    },
    hurry() {
      for (const backoff of waits) backoff.hurry()
    },
    close() {
      for (const stop of [...endings.values()]) stop()
    },
  }
}

/** Reads events as `distinct connections mode` of GraphQL over SSE has them. True when one of them is `complete`. */
async function readEvents(
  body: ReadableStream<Uint8Array>,
  sink: StreamSink,
  controller: AbortController,
): Promise<boolean> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let text = ''
  for (;;) {
    const timer = setTimeout(() => controller.abort(), silentMsMax)
    const { done, value } = await reader.read().finally(() => clearTimeout(timer))
    if (done) return false
    const blocks = (text + value).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = /^event: ?(.*)$/m.exec(block)?.[1]
      const data = /^data: ?(.*)$/m.exec(block)?.[1]
      if (event === 'complete') return true
      if (event === 'next' && data) sink.next(JSON.parse(data))
    }
  }
}
